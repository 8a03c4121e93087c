// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/export_dialog.h"

#include <QDesktopServices>
#include <QDir>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QIntValidator>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QUrl>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "jobs/latest_job.h"
#include "rosa/method_traits.h"
#include "widgets/buttons.h"
#include "widgets/combo_box.h"
#include "widgets/field.h"
#include "widgets/format.h"
#include "widgets/icon_label.h"
#include "widgets/labels.h"
#include "widgets/segmented_control.h"

namespace rosa::ui {
namespace {

/// A folder or file that does not exist yet, so that a second export does not meet the first.
std::filesystem::path freePath(const std::filesystem::path& folder, const std::string& name,
                               const std::string& ending) {
  std::error_code error;
  std::filesystem::path free = folder / (name + ending);
  for (int i = 2; std::filesystem::exists(free, error); ++i) {
    free = folder / (name + "-" + std::to_string(i) + ending);
  }
  return free;
}

Method methodOf(const RunRecord& record) {
  RunConfig config;
  // A method that is not known here exports as a merged model alone.
  if (!setConfigField(config, "method", record.method)) config.method = Method::Head;
  return config.method;
}

/// What a run can be written as, in the order shown.
std::vector<ExportForm> formsOf(const RunRecord& record) {
  const auto method = methodOf(record);
  if (isPrompt(method)) return {ExportForm::Peft};
  if (isBottleneck(method)) return {ExportForm::Merged};
  std::vector<ExportForm> forms = {ExportForm::Merged};
  if (adaptsLayers(method)) forms.push_back(ExportForm::Peft);
  // llama.cpp is given language models only.
  if (record.task == "lm" || record.task == "completion") forms.push_back(ExportForm::Gguf);
  forms.push_back(ExportForm::Delta);
  return forms;
}

QString nameOf(ExportForm form) {
  if (form == ExportForm::Gguf) return QObject::tr("GGUF file");
  if (form == ExportForm::Delta) return QObject::tr("Delta file");
  return form == ExportForm::Peft ? QObject::tr("PEFT adapter") : QObject::tr("Merged model");
}

QString introOf(ExportForm form) {
  switch (form) {
    case ExportForm::Delta:
      return ExportDialog::tr(
          "Writes only what was changed, as one file: with it and the base model, rosa apply makes the merged model "
          "again, byte for byte. It is tried here before the file is kept.");
    case ExportForm::Gguf:
      return ExportDialog::tr(
          "Writes the whole model as one file for llama.cpp, Ollama and LM Studio, with a Modelfile beside it. The "
          "file "
          "is then read back and compared with the trained model, number by number.");
    case ExportForm::Peft:
      return ExportDialog::tr(
          "Writes what was learned as a PEFT adapter for the base model. The adapter is then read back, put into the "
          "base model and compared with the trained model.");
    case ExportForm::Merged:
      break;
  }
  return ExportDialog::tr(
      "Writes the whole model as a Hugging Face folder. The folder is then read back and compared with the trained "
      "model.");
}

struct NumberChoice {
  const char* words;
  GgufType gguf;
};
constexpr std::array kGgufNumbers = {
    NumberChoice{QT_TRANSLATE_NOOP("QObject", "Q4_K_M, the smallest"), GgufType::Q4_K_M},
    NumberChoice{QT_TRANSLATE_NOOP("QObject", "Q8_0, 8 bits"), GgufType::Q8_0},
    NumberChoice{QT_TRANSLATE_NOOP("QObject", "F16"), GgufType::F16},
    NumberChoice{QT_TRANSLATE_NOOP("QObject", "BF16"), GgufType::Bf16},
    NumberChoice{QT_TRANSLATE_NOOP("QObject", "F32, exact"), GgufType::F32},
};
constexpr std::array<std::pair<const char*, ExportDtype>, 4> kDtypes = {{
    {QT_TRANSLATE_NOOP("QObject", "as the base model's"), ExportDtype::Auto},
    {QT_TRANSLATE_NOOP("QObject", "fp32"), ExportDtype::Fp32},
    {QT_TRANSLATE_NOOP("QObject", "bf16"), ExportDtype::Bf16},
    {QT_TRANSLATE_NOOP("QObject", "fp16"), ExportDtype::Fp16},
}};

bool isFile(ExportForm form) {
  return form == ExportForm::Gguf || form == ExportForm::Delta;
}

/// Whether its adapter is a change of weights that a smaller rank can stand for.
bool cutsRank(Method method) {
  return adaptsLayers(method) && method != Method::Ia3;
}

}  // namespace

ExportDialog::ExportDialog(Engine& engine, JobPool& pool, const Theme& theme, const RunRecord& record,
                           const std::filesystem::path& folder, QWidget* parent)
    : QDialog(parent),
      engine_(engine),
      runDirectory_(record.directory),
      folder_(folder),
      name_(record.name),
      forms_(formsOf(record)),
      cutsRank_(cutsRank(methodOf(record))),
      job_(new LatestJob(pool, this)),
      sizeJob_(new LatestJob(pool, this)),
      intro_(makeLabel({})),
      as_(new SegmentedControl),
      rank_(new QLineEdit),
      rankField_(
          new Field(tr("Largest rank"), tr("The most directions of each weight that the adapter holds."), rank_)),
      numbers_(new ComboBox),
      numbersField_(
          new Field(tr("Numbers"),
                    tr("The numbers that the weights are written in; smaller ones make smaller files and are rounded."),
                    numbers_)),
      formRow_(new FieldRow),
      destination_(new QLineEdit),
      destinationField_(new Field(tr("New folder"), tr("Where the export is written: a place that does not exist yet."),
                                  destination_)),
      checkpoint_(new ComboBox),
      size_(makeLabel({}, TextSize::Small, Tone::Muted)),
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
  setWindowTitle(tr("Export %1").arg(shortName(toQString(record.name))));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 24, 24, 24);
  column->setSpacing(16);

  auto* form = new QVBoxLayout(form_);
  form->setContentsMargins(0, 0, 0, 0);
  intro_->setWordWrap(true);
  form->addWidget(intro_);
  for (const ExportForm as : forms_) as_->addSegment(nameOf(as));
  as_->setCurrent(0);
  rank_->setPlaceholderText(tr("as needed"));
  rankField_->setHelp(tr("Empty: nothing is left out"));
  rank_->setValidator(new QIntValidator(1, std::numeric_limits<int>::max(), rank_));
  auto* formField = new Field(
      tr("Form"), tr("The whole model as a folder, what was learned alone as an adapter, or one file for llama.cpp."),
      as_);
  formRow_->add(formField, 14);
  formRow_->add(rankField_, 6);
  formRow_->add(numbersField_, 8);
  formRow_->setFieldVisible(formField, forms_.size() > 1);
  form->addWidget(formRow_);
  auto* row = new FieldRow;
  row->add(destinationField_, 20);
  QPushButton* browseButton = makeButton(tr("Browse…"));
  row->addBeside(browseButton, 4);
  form->addWidget(row);
  checkpoint_->setObjectName(QStringLiteral("checkpoint"));
  checkpoint_->addItem(tr("Last"), QStringLiteral("last"));
  checkpoint_->addItem(tr("Best at validation"), QStringLiteral("best"));
  auto* checkpointRow = new FieldRow;
  checkpointRow->add(new Field(tr("Checkpoint"), tr("Which state of the run is exported."), checkpoint_), 10);
  form->addWidget(checkpointRow);
  size_->setWordWrap(true);
  form->addWidget(size_);
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
  result->addStretch();
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
  showForm();

  connect(as_, &SegmentedControl::currentChanged, this, &ExportDialog::showForm);
  connect(numbers_, &QComboBox::activated, this, &ExportDialog::askSize);
  connect(destination_, &QLineEdit::textChanged, this, &ExportDialog::askSize);
  connect(browseButton, &QPushButton::clicked, this, &ExportDialog::browse);
  connect(export_, &QPushButton::clicked, this, &ExportDialog::start);
  connect(close_, &QPushButton::clicked, this, &ExportDialog::reject);
  connect(openFolder_, &QPushButton::clicked, this,
          [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(written_)); });
}

void ExportDialog::reject() {
  if (!job_->busy()) QDialog::reject();
}

void ExportDialog::showEvent(QShowEvent* event) {
  QDialog::showEvent(event);
  // Until now the rows that are hidden had their room all the same.
  fitHeight();
}

void ExportDialog::browse() {
  if (isFile(chosenForm())) {
    const bool gguf = chosenForm() == ExportForm::Gguf;
    const QString file = QFileDialog::getSaveFileName(
        this, gguf ? tr("Write the GGUF file") : tr("Write the delta file"), destination_->text(),
        gguf ? tr("GGUF (*.gguf);;All files (*)") : tr("Delta (*.delta);;All files (*)"));
    if (!file.isEmpty()) destination_->setText(file);
    return;
  }
  const QString folder =
      QFileDialog::getExistingDirectory(this, tr("Put the new folder into"), QFileInfo(destination_->text()).path());
  if (!folder.isEmpty()) destination_->setText(QDir(folder).filePath(QFileInfo(destination_->text()).fileName()));
}

ExportForm ExportDialog::chosenForm() const {
  return forms_[static_cast<std::size_t>(as_->current())];
}

void ExportDialog::offerNumbers() {
  numbers_->clear();
  if (chosenForm() == ExportForm::Gguf) {
    for (const auto& choice : kGgufNumbers) numbers_->addItem(QObject::tr(choice.words), static_cast<int>(choice.gguf));
  } else {
    for (const auto& [words, dtype] : kDtypes) numbers_->addItem(QObject::tr(words), static_cast<int>(dtype));
  }
}

void ExportDialog::proposeDestination() {
  const bool file = isFile(chosenForm());
  destinationField_->setLabel(file ? tr("New file") : tr("New folder"));
  if (destination_->text() != proposed_) return;
  proposed_ = toQString(freePath(folder_, name_, !file ? "" : chosenForm() == ExportForm::Gguf ? ".gguf" : ".delta"));
  destination_->setText(proposed_);
}

void ExportDialog::showForm() {
  const bool peft = chosenForm() == ExportForm::Peft;
  offerNumbers();
  proposeDestination();
  intro_->setText(introOf(chosenForm()));
  formRow_->setFieldVisible(rankField_, peft && cutsRank_);
  formRow_->setFieldVisible(numbersField_, !peft);
  formRow_->setVisible(forms_.size() > 1 || !peft);
  askSize();
  fitHeight();
}

ExportRequest ExportDialog::request() const {
  const ExportForm as = chosenForm();
  ExportRequest request{.runDirectory = runDirectory_,
                        .destination = toPath(QDir::cleanPath(destination_->text().trimmed())),
                        .checkpoint = checkpoint_->currentData().toString().toStdString(),
                        .as = as,
                        .rank = as == ExportForm::Peft && cutsRank_ ? rank_->text().toLongLong() : 0};
  const int numbers = numbers_->currentData().toInt();
  if (as == ExportForm::Gguf) {
    request.type = static_cast<GgufType>(numbers);
  } else if (as != ExportForm::Peft) {
    request.dtype = static_cast<ExportDtype>(numbers);
  }
  return request;
}

void ExportDialog::askSize() {
  sizeJob_->ask([&engine = engine_, asked = request()] { return engine.exportSize(asked); },
                [this](const Expected<ExportSize>& size) { showSize(size); });
}

/// What is wrong with the run or the destination is told when it is exported.
void ExportDialog::showSize(const Expected<ExportSize>& size) {
  QString text;
  if (size) {
    const QString free = tr("%1 are free on this disk").arg(formatBytes(size->freeBytes));
    text = size->bytes == 0 ? free
           : chosenForm() == ExportForm::Delta
               ? tr("a part of %1, which are needed while it is made; %2").arg(formatBytes(size->bytes), free)
               : tr("about %1; %2").arg(formatBytes(size->bytes), free);
  }
  size_->setText(text);
  setTone(*size_, size && size->bytes > size->freeBytes ? Tone::Bad : Tone::Muted);
  fitHeight();
}

void ExportDialog::start() {
  const QString destination = QDir::cleanPath(destination_->text().trimmed());
  if (destination_->text().trimmed().isEmpty() || QDir::isRelativePath(destination)) {
    destinationField_->setProblem(isFile(chosenForm())
                                      ? tr("Give the whole path of the new file, such as /home/me/models/tuned.gguf.")
                                      : tr("Give the whole path of the new folder, such as /home/me/models/tuned."));
    fitHeight();
    return;
  }
  destinationField_->setProblem({});
  form_->setEnabled(false);
  export_->setEnabled(false);
  close_->setEnabled(false);
  result_->hide();
  progress_->show();
  state_->setText(tr("Writing the files, reading them back and comparing the answers …"));
  state_->show();
  fitHeight();
  job_->ask([&engine = engine_, asked = request()] { return engine.exportRun(asked); },
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
  // Where one tries again; while the form was off, the focus had nowhere to stay.
  destination_->setFocus();
  destination_->selectAll();
  fitHeight();
}

void ExportDialog::fitHeight() {
  // As high as it must be at this width: no field is squeezed by what came, no hole is left by what went.
  layout()->activate();
  const int wanted = layout()->hasHeightForWidth() ? layout()->totalHeightForWidth(width()) : sizeHint().height();
  resize(width(), wanted);
}

void ExportDialog::showReport(const ExportReport& report) {
  const bool gguf = report.as == ExportForm::Gguf;
  written_ = toQString(isFile(report.as) ? report.directory.parent_path() : report.directory);
  form_->hide();
  export_->hide();
  openFolder_->show();
  const bool differs = !report.equal;
  resultIcon_->setIcon(differs ? QStringLiteral("warning") : QStringLiteral("good"),
                       differs ? &ThemeColors::warn : &ThemeColors::good);
  resultTitle_->setText(differs ? tr("Exported, but its answers differ from the trained model")
                                : tr("Exported and checked"));
  QStringList files;
  for (const std::string& file : report.files) files << toQString(file);
  if (gguf) {
    addFact(tr("Read back"), tr("%1 tensors compared; the form rounds %2 % of the numbers")
                                 .arg(formatCount(report.comparedTensors), formatNumber(100 * report.rounding, 2)));
  } else {
    addFact(tr("Largest logit difference"),
            tr("%1 over %2 logits, read back from disk")
                .arg(formatRate(report.largestLogitDifference), formatCount(report.comparedLogits)));
  }
  if (report.as == ExportForm::Peft && cutsRank_) {
    addFact(tr("Adapter"), tr("rank %1; %2 % of the change is left out")
                               .arg(formatCount(report.rank), formatNumber(100 * report.residual, 2)));
  }
  if (differs) addFact(tr("To keep all"), tr("Export again and leave the largest rank empty."));
  for (const std::string& remark : report.remarks) addFact(tr("Note"), toQString(remark));
  addFact(isFile(report.as) ? tr("File") : tr("Folder"), toQString(report.directory));
  addFact(tr("Checkpoint"), tr("step %1").arg(formatCount(report.step)));
  addFact(tr("Size"), report.as == ExportForm::Delta
                          ? tr("%1 in place of %2").arg(formatBytes(report.bytes), formatBytes(report.wholeBytes))
                          : formatBytes(report.bytes));
  if (!files.isEmpty()) addFact(tr("Files"), files.join(QStringLiteral(", ")));
  result_->show();
  fitHeight();
  openFolder_->setFocus();
}

void ExportDialog::addFact(const QString& name, const QString& value) {
  const int row = facts_->rowCount();
  facts_->addWidget(makeLabel(name, TextSize::Body, Tone::Muted), row, 0, Qt::AlignTop);
  QLabel* label = makeLabel(value);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  // A folder of one long word must not widen the dialog.
  QSizePolicy policy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  policy.setHeightForWidth(true);
  label->setSizePolicy(policy);
  label->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  label->setToolTip(value);
  facts_->addWidget(label, row, 1);
}

}  // namespace rosa::ui
