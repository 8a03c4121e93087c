// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/export_dialog.h"

#include <QDesktopServices>
#include <QDir>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QUrl>

#include "jobs/latest_job.h"
#include "widgets/buttons.h"
#include "widgets/combo_box.h"
#include "widgets/field.h"
#include "widgets/format.h"
#include "widgets/icon_label.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

/// A folder that does not exist yet, so that a second export does not meet the first.
std::filesystem::path freeFolder(const std::filesystem::path& folder, const std::string& name) {
  std::error_code error;
  std::filesystem::path free = folder / name;
  for (int i = 2; std::filesystem::exists(free, error); ++i) free = folder / (name + "-" + std::to_string(i));
  return free;
}

}  // namespace

ExportDialog::ExportDialog(Engine& engine, JobPool& pool, const Theme& theme, const RunRecord& record,
                           const std::filesystem::path& folder, QWidget* parent)
    : QDialog(parent),
      engine_(engine),
      runDirectory_(record.directory),
      job_(new LatestJob(pool, this)),
      destination_(new QLineEdit(toQString(freeFolder(folder, record.name)))),
      destinationField_(new Field(tr("New folder"), destination_)),
      checkpoint_(new ComboBox),
      form_(new QWidget),
      progress_(new QProgressBar),
      state_(makeLabel({}, TextSize::Small, Tone::Muted)),
      result_(new QWidget),
      resultIcon_(new IconLabel(theme)),
      resultTitle_(makeLabel({}, TextSize::Section, Tone::Normal, QFont::DemiBold)),
      facts_(new QGridLayout),
      close_(makeButton(tr("Close"))),
      openFolder_(makeButton(tr("Open folder"))),
      export_(makePrimaryButton(tr("Export"))) {
  setWindowTitle(tr("Export %1").arg(toQString(record.name)));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 24, 24, 24);
  column->setSpacing(16);

  auto* form = new QVBoxLayout(form_);
  form->setContentsMargins(0, 0, 0, 0);
  QLabel* intro =
      makeLabel(tr("Writes the merged model as a Hugging Face folder, reads it back and compares it with "
                   "the trained one."));
  intro->setWordWrap(true);
  form->addWidget(intro);
  auto* row = new FieldRow;
  row->add(destinationField_, 20);
  QPushButton* browseButton = makeButton(tr("Browse…"));
  row->addBeside(browseButton, 4);
  form->addWidget(row);
  checkpoint_->setObjectName(QStringLiteral("checkpoint"));
  checkpoint_->addItem(tr("Last"), QStringLiteral("last"));
  checkpoint_->addItem(tr("Best at validation"), QStringLiteral("best"));
  auto* checkpointRow = new FieldRow;
  checkpointRow->add(new Field(tr("Checkpoint"), checkpoint_), 10);
  form->addWidget(checkpointRow);
  column->addWidget(form_);

  progress_->setRange(0, 0);
  progress_->setTextVisible(false);
  progress_->hide();
  column->addWidget(progress_);
  state_->hide();
  column->addWidget(state_);

  auto* result = new QVBoxLayout(result_);
  result->setContentsMargins(0, 0, 0, 0);
  auto* title = new QHBoxLayout;
  title->addWidget(resultIcon_);
  title->addWidget(resultTitle_, 1);
  result->addLayout(title);
  facts_->setHorizontalSpacing(24);
  facts_->setVerticalSpacing(6);
  facts_->setColumnStretch(1, 1);
  result->addLayout(facts_);
  result_->hide();
  column->addWidget(result_, 1);

  auto* buttons = new QHBoxLayout;
  buttons->addStretch();
  buttons->addWidget(close_);
  buttons->addWidget(openFolder_);
  buttons->addWidget(export_);
  column->addLayout(buttons);
  openFolder_->hide();
  export_->setDefault(true);
  resize(fontMetrics().averageCharWidth() * 88, sizeHint().height());

  connect(browseButton, &QPushButton::clicked, this, &ExportDialog::browse);
  connect(export_, &QPushButton::clicked, this, &ExportDialog::start);
  connect(close_, &QPushButton::clicked, this, &ExportDialog::reject);
  connect(openFolder_, &QPushButton::clicked, this,
          [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(written_)); });
}

void ExportDialog::reject() {
  if (!job_->busy()) QDialog::reject();
}

void ExportDialog::browse() {
  const QString folder =
      QFileDialog::getExistingDirectory(this, tr("Put the new folder into"), QFileInfo(destination_->text()).path());
  if (!folder.isEmpty()) destination_->setText(QDir(folder).filePath(QFileInfo(destination_->text()).fileName()));
}

void ExportDialog::start() {
  const QString destination = QDir::cleanPath(destination_->text().trimmed());
  if (destination_->text().trimmed().isEmpty() || QDir::isRelativePath(destination)) {
    destinationField_->setProblem(tr("Name the new folder with its whole path, such as /home/me/models/tuned."));
    return;
  }
  destinationField_->setProblem({});
  form_->setEnabled(false);
  export_->setEnabled(false);
  close_->setEnabled(false);
  result_->hide();
  progress_->show();
  state_->setText(tr("Writing the model, reading it back and comparing logits …"));
  state_->show();
  const ExportRequest request{.runDirectory = runDirectory_,
                              .destination = toPath(destination),
                              .checkpoint = checkpoint_->currentData().toString().toStdString()};
  job_->ask([&engine = engine_, request] { return engine.exportRun(request); },
            [this](const Expected<ExportReport>& report) { finish(report); });
}

void ExportDialog::finish(const Expected<ExportReport>& report) {
  progress_->hide();
  state_->hide();
  close_->setEnabled(true);
  if (report) {
    showReport(*report);
    Q_EMIT exported(*report);
    return;
  }
  form_->setEnabled(true);
  export_->setEnabled(true);
  destinationField_->setProblem(toQString(report.error().message));
}

void ExportDialog::showReport(const ExportReport& report) {
  written_ = toQString(report.directory);
  form_->hide();
  export_->hide();
  openFolder_->show();
  resultIcon_->setIcon(QStringLiteral("good"), &ThemeColors::good);
  resultTitle_->setText(tr("Exported and checked"));
  QStringList files;
  for (const std::string& file : report.files) files << toQString(file);
  addFact(tr("Largest logit difference"),
          tr("%1 over %2 logits, read back from disk")
              .arg(formatRate(report.largestLogitDifference), formatCount(report.comparedLogits)));
  addFact(tr("Folder"), written_);
  addFact(tr("Checkpoint"), tr("step %1").arg(formatCount(report.step)));
  addFact(tr("Size"), formatBytes(report.bytes));
  addFact(tr("Files"), files.join(QStringLiteral(", ")));
  result_->show();
  openFolder_->setFocus();
}

void ExportDialog::addFact(const QString& name, const QString& value) {
  const int row = facts_->rowCount();
  facts_->addWidget(makeLabel(name, TextSize::Body, Tone::Muted), row, 0, Qt::AlignTop);
  QLabel* label = makeLabel(value);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  facts_->addWidget(label, row, 1);
}

}  // namespace rosa::ui
