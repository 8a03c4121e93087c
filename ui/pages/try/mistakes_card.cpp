// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/try/mistakes_card.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include "jobs/latest_job.h"
#include "models/setting_words.h"
#include "pages/try/confusion_matrix.h"
#include "widgets/buttons.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

constexpr std::int64_t kMistakes = 50;

enum Column { Truth, Predicted, Sure, Text, Columns };

}  // namespace

MistakesCard::MistakesCard(Engine& engine, JobPool& pool, const Theme& theme, QWidget* parent)
    : Card(tr("Validation rows"), parent),
      engine_(engine),
      job_(new LatestJob(pool, this)),
      judge_(makeButton(tr("Judge them"))),
      summary_(makeLabel({}, TextSize::Body, Tone::Muted)),
      matrix_(new ConfusionMatrix(theme)),
      mistakes_(new QTableWidget(0, Columns)) {
  judge_->setToolTip(tr("Lets this checkpoint judge the rows that the run held back"));
  summary_->setWordWrap(true);
  header()->addWidget(judge_);
  mistakes_->setAccessibleName(tr("The worst mistakes"));
  mistakes_->setHorizontalHeaderLabels({tr("True"), tr("Taken for"), tr("Sure"), tr("Worst mistakes first")});
  mistakes_->setFrameShape(QFrame::NoFrame);
  mistakes_->setShowGrid(false);
  mistakes_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  mistakes_->setSelectionBehavior(QAbstractItemView::SelectRows);
  mistakes_->setSelectionMode(QAbstractItemView::SingleSelection);
  mistakes_->setTabKeyNavigation(false);
  mistakes_->setWordWrap(false);
  mistakes_->verticalHeader()->hide();
  mistakes_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
  mistakes_->horizontalHeader()->setHighlightSections(false);
  mistakes_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  mistakes_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  mistakes_->horizontalHeader()->setSectionResizeMode(Text, QHeaderView::Stretch);
  auto* row = new QHBoxLayout;
  row->setSpacing(24);
  row->addWidget(matrix_, 0, Qt::AlignTop);
  row->addWidget(mistakes_, 1);
  body()->addWidget(summary_);
  body()->addLayout(row, 1);
  connect(judge_, &QPushButton::clicked, this, &MistakesCard::judge);
  connect(job_, &LatestJob::busyChanged, judge_, [this](bool busy) { judge_->setEnabled(!busy); });
  const auto pick = [this](const QTableWidgetItem* cell) { Q_EMIT picked(mistakes_->item(cell->row(), Text)->text()); };
  connect(mistakes_, &QTableWidget::itemClicked, this, pick);
  connect(mistakes_, &QTableWidget::itemActivated, this, pick);
  forget();
}

void MistakesCard::setSource(const Trial::Source& source) {
  source_ = source;
  job_->cancel();
  forget();
}

void MistakesCard::forget() {
  summary_->setText(tr("Which class is taken for which, and the worst mistakes, on the rows that the run held back."));
  matrix_->hide();
  mistakes_->hide();
  mistakes_->setRowCount(0);
}

void MistakesCard::judge() {
  forget();
  summary_->setText(tr("Judging the validation rows …"));
  EvaluationRequest request;
  request.model = source_.path;
  request.checkpoint = source_.checkpoint;
  request.data.threads = source_.threads;
  request.mistakes = kMistakes;
  job_->ask(
      [&engine = engine_, request](const LatestJob::GiveUp& giveUp) {
        auto asked = request;
        asked.giveUp = giveUp;
        return engine.evaluate(asked);
      },
      [this](const Expected<EvaluationReport>& report) { showReport(report); });
}

void MistakesCard::showReport(const Expected<EvaluationReport>& report) {
  if (!report) return summary_->setText(inWindowWords(toQString(report.error().message)));
  QStringList parts = {plural(report->examples, tr("row"), tr("rows")), tr("loss %1").arg(formatNumber(report->loss))};
  for (const auto& [name, value] : report->metrics) {
    parts << QStringLiteral("%1 %2").arg(toQString(name), formatNumber(value));
  }
  summary_->setText(parts.join(QStringLiteral(" · ")));
  if (!report->review) return;
  matrix_->setReview(*report->review);
  matrix_->show();
  fillMistakes(*report->review);
}

void MistakesCard::fillMistakes(const ClassReview& review) {
  mistakes_->setRowCount(static_cast<int>(review.mistakes.size()));
  for (int line = 0; line < mistakes_->rowCount(); ++line) {
    const auto& mistake = review.mistakes[static_cast<std::size_t>(line)];
    const auto put = [&](Column column, const QString& text) {
      auto* cell = new QTableWidgetItem(text);
      cell->setToolTip(text);
      mistakes_->setItem(line, column, cell);
    };
    put(Truth, toQString(mistake.truth));
    put(Predicted, toQString(mistake.predicted));
    put(Sure, formatShare(mistake.probability));
    put(Text, toQString(mistake.text).simplified());
  }
  mistakes_->setVisible(mistakes_->rowCount() > 0);
}

}  // namespace rosa::ui
