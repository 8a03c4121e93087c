// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/experiment_view.h"

#include <QDesktopServices>
#include <QDir>
#include <QFile>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QScrollBar>
#include <QSplitter>
#include <QTextBrowser>
#include <QTextDocument>
#include <QTextTable>
#include <QUrl>
#include <algorithm>
#include <utility>

#include "jobs/job_pool.h"
#include "jobs/latest_job.h"
#include "widgets/buttons.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

constexpr int kReadAgainMs = 1000;
/// A page of an experiment is a few hundred lines.
constexpr qint64 kLongestPage = qint64{4} << 20;

QString lineOf(const Event& event) {
  if (const auto* line = std::get_if<LogLine>(&event)) return toQString(line->text);
  if (const auto* failed = std::get_if<RunFailed>(&event)) return toQString(failed->message);
  if (const auto* refused = std::get_if<RunRefused>(&event)) return toQString(refused->message);
  if (const auto* ended = std::get_if<WorkerEnded>(&event)) return toQString(ended->reason);
  return {};
}

QString stateOf(const std::vector<Event>& events, bool waits) {
  if (waits) return ExperimentView::tr("waits for its turn");
  std::int64_t finished = 0;
  std::int64_t parts = 0;
  QString state = ExperimentView::tr("training");
  for (const Event& event : events) {
    if (const auto* started = std::get_if<RunStarted>(&event)) {
      parts = started->totalSteps;
      state = ExperimentView::tr("training");
    }
    if (const auto* phase = std::get_if<PhaseChanged>(&event)) finished = phase->step;
    if (const auto* end = std::get_if<RunFinished>(&event)) {
      finished = end->step;
      state = end->outcome == "completed" ? ExperimentView::tr("done") : ExperimentView::tr("stopped");
    }
    if (std::holds_alternative<RunFailed>(event)) state = ExperimentView::tr("failed");
    if (std::holds_alternative<WorkerEnded>(event)) state = ExperimentView::tr("interrupted");
  }
  if (parts == 0) return state;
  return ExperimentView::tr("%1, %2 of %3 parts").arg(state, formatCount(finished), formatCount(parts));
}

bool hasEnded(const std::vector<Event>& events) {
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (std::holds_alternative<RunStarted>(*event)) return false;
    if (std::holds_alternative<RunFinished>(*event) || std::holds_alternative<RunFailed>(*event) ||
        std::holds_alternative<WorkerEnded>(*event)) {
      return true;
    }
  }
  return false;
}

/// Room in the cells, and lines between them alone.
void widenTables(QTextDocument& document) {
  constexpr double kPadding = 5;
  constexpr double kMargin = 12;
  document.setDocumentMargin(kMargin);
  for (QTextFrame* frame : document.rootFrame()->childFrames()) {
    auto* table = qobject_cast<QTextTable*>(frame);
    if (table == nullptr) continue;
    QTextTableFormat format = table->format();
    format.setCellPadding(kPadding);
    format.setCellSpacing(0);
    format.setBorderCollapse(true);
    format.setBottomMargin(kMargin);
    table->setFormat(format);
  }
}

}  // namespace

ExperimentView::ExperimentView(Engine& engine, Runs& runs, JobPool& pool, const RunRecord& record, QWidget* parent)
    : QDialog(parent),
      engine_(engine),
      runs_(runs),
      pool_(pool),
      record_(record),
      reading_(new LatestJob(pool, this)),
      state_(makeLabel({}, TextSize::Body, Tone::Muted)),
      page_(new QTextBrowser),
      lines_(new QPlainTextEdit),
      stop_(makeButton(tr("Stop"))),
      continue_(makeButton(tr("Continue"))) {
  setWindowTitle(toQString(record.name));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 24, 24, 24);
  column->setSpacing(12);
  auto* header = new QHBoxLayout;
  header->setSpacing(8);
  header->addWidget(makeLabel(toQString(record.name), TextSize::Title, Tone::Normal, QFont::DemiBold));
  header->addWidget(state_, 0, Qt::AlignBaseline);
  header->addStretch();
  header->addWidget(stop_);
  header->addWidget(continue_);
  column->addLayout(header);
  page_->setOpenExternalLinks(false);
  page_->setOpenLinks(false);
  page_->setAccessibleName(tr("The experiment's page"));
  lines_->setReadOnly(true);
  lines_->setAccessibleName(tr("What it told"));
  auto* split = new QSplitter(Qt::Vertical);
  split->setChildrenCollapsible(false);
  split->addWidget(page_);
  split->addWidget(lines_);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 1);
  column->addWidget(split, 1);
  auto* buttons = new QHBoxLayout;
  buttons->addStretch();
  QPushButton* folder = makeButton(tr("Open folder"));
  QPushButton* close = makePrimaryButton(tr("Close"));
  buttons->addWidget(folder);
  buttons->addWidget(close);
  column->addLayout(buttons);
  stop_->setToolTip(tr("What is done is kept; Continue goes on with the parts that are missing"));
  continue_->setToolTip(tr("Goes on with the parts that are missing, or waits for its turn"));
  for (QPushButton* button : {stop_, continue_}) button->hide();
  connect(close, &QPushButton::clicked, this, &QDialog::accept);
  connect(folder, &QPushButton::clicked, this,
          [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(toQString(record_.directory))); });
  connect(stop_, &QPushButton::clicked, this, [this] {
    act([directory = record_.directory](Runs& experiments) { return experiments.send(directory, StopRun{true}); });
  });
  connect(continue_, &QPushButton::clicked, this, [this] {
    act([directory = record_.directory](Runs& experiments) { return experiments.resume(directory, {}); });
  });
  again_.setInterval(kReadAgainMs);
  connect(&again_, &QTimer::timeout, this, &ExperimentView::read);
  again_.start();
  read();
  resize(fontMetrics().averageCharWidth() * 150, fontMetrics().height() * 42);
}

void ExperimentView::act(std::function<Status(Runs&)> work) {
  pool_.run([self = QPointer<ExperimentView>(this), &runs = runs_, work = std::move(work)]() -> std::function<void()> {
    const Status status = work(runs);
    return [self, status] {
      if (!self) return;
      if (!status) self->state_->setText(toQString(status.error().message));
      Q_EMIT self->changed();
    };
  });
}

void ExperimentView::read() {
  if (reading_->busy()) return;
  reading_->ask(
      [&engine = engine_, &runs = runs_, directory = record_.directory] {
        Read read;
        if (auto events = engine.runEvents(directory)) read.events = *std::move(events);
        const auto queue = runs.queue();
        read.waits = queue && std::ranges::find(*queue, directory, &QueuedRun::folder) != queue->end();
        const auto order = runs.experimentOf(directory);
        if (!order) read.problem = toQString(order.error().message);
        if (!order || !*order) return read;
        read.report = toQString((*order)->report);
        QFile file(QDir(read.report).filePath(QStringLiteral("README.md")));
        if (file.open(QIODevice::ReadOnly)) read.page = QString::fromUtf8(file.read(kLongestPage));
        return read;
      },
      [this](const Read& read) { display(read); });
}

void ExperimentView::display(const Read& read) {
  state_->setText(read.problem.isEmpty() ? stateOf(read.events, read.waits) : read.problem);
  const bool ended = hasEnded(read.events);
  stop_->setVisible(!ended && !read.waits && !read.events.empty());
  const auto* finished = read.events.empty() ? nullptr : std::get_if<RunFinished>(&read.events.back());
  continue_->setVisible(ended && !read.waits && (finished == nullptr || finished->outcome != "completed"));
  QStringList lines;
  for (const Event& event : read.events) {
    if (const QString line = lineOf(event); !line.isEmpty()) lines << line;
  }
  if (shownLines_ != lines.size()) {
    shownLines_ = static_cast<int>(lines.size());
    lines_->setPlainText(lines.join(QLatin1Char('\n')));
    lines_->verticalScrollBar()->setValue(lines_->verticalScrollBar()->maximum());
  }
  const QString page =
      read.page.isEmpty() ? tr("There is no page yet: it is written after the first part.") : read.page;
  if (page == shownPage_) return;
  shownPage_ = page;
  const int place = page_->verticalScrollBar()->value();
  // Figures stand beside the page.
  page_->setSearchPaths({read.report});
  page_->document()->setBaseUrl(QUrl::fromLocalFile(read.report + QLatin1Char('/')));
  page_->setMarkdown(page);
  widenTables(*page_->document());
  page_->verticalScrollBar()->setValue(place);
}

}  // namespace rosa::ui
