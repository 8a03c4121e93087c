// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/run_page.h"

#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QSaveFile>
#include <QStackedLayout>
#include <utility>

#include <QScrollArea>
#include "pages/run/direction_map.h"
#include "pages/run/journal_card.h"
#include "pages/run/metric_strip.h"
#include "pages/run/resample_list.h"
#include "pages/run/run_footer.h"
#include "pages/run/run_state.h"
#include "pages/run/run_status.h"
#include "plots/run_plots.h"
#include "widgets/buttons.h"
#include "widgets/format.h"
#include "widgets/icon_label.h"
#include "widgets/labels.h"
#include "widgets/pill.h"
#include "widgets/scroll.h"

namespace rosa::ui {

RunPage::RunPage(RunController& controller, const Theme& theme, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      theme_(theme),
      pages_(new QStackedLayout(this)),
      title_(new ElidedLabel),
      status_(new Pill(theme)),
      phase_(makeLabel({}, TextSize::Body, Tone::Muted)),
      emptyTitle_(makeLabel({}, TextSize::Title, Tone::Normal, QFont::DemiBold)),
      emptyText_(makeLabel({}, TextSize::Body, Tone::Muted)),
      pause_(makeButton(tr("Pause"))),
      save_(makeButton(tr("Save now"))),
      sample_(makeButton(tr("Sample now"))),
      stop_(makeButton(tr("Stop…"))),
      back_(makeButton(tr("Show the run that is training"))),
      continue_(makeButton(tr("Continue"))),
      export_(makePrimaryButton(tr("Export…"))),
      failure_(new QWidget),
      failureText_(makeLabel({})),
      strip_(new MetricStrip(theme)),
      plots_(new RunPlots(theme)),
      resamples_(new ResampleList(theme)),
      directions_(new DirectionMap(theme)),
      journal_(new JournalCard(theme)),
      footer_(new RunFooter(this)) {
  footer_->hide();
  title_->setFont(textFont(TextSize::Title, QFont::DemiBold));
  auto* content = new QWidget;
  auto* page = new QVBoxLayout(content);
  page->setContentsMargins(24, 16, 24, 16);
  page->setSpacing(12);
  page->addWidget(makeHeader());
  page->addWidget(failure_);
  page->addWidget(strip_);
  auto* side = new QVBoxLayout;
  side->setSpacing(12);
  side->addWidget(resamples_, 3);
  side->addWidget(directions_, 3);
  side->addWidget(journal_, 4);
  auto* body = new QWidget;
  auto* columns = new QHBoxLayout(body);
  columns->setContentsMargins(0, 0, 0, 0);
  columns->setSpacing(12);
  columns->addWidget(plots_, 18);
  columns->addLayout(side, 7);
  page->addWidget(makeScroll(body), 1);
  pages_->addWidget(makeEmpty());
  pages_->addWidget(content);

  connect(&controller_, &RunController::started, this, &RunPage::beginLive);
  connect(&controller_, &RunController::eventsArrived, this, &RunPage::take);
  connect(&controller_, &RunController::followedNoLonger, this, [this] {
    if (live_ == nullptr) return;
    live_->lost = true;
    refresh();
  });
  connect(&controller_, &RunController::stateChanged, this, &RunPage::refreshActions);
  connect(plots_, &RunPlots::resampleHovered, this, &RunPage::highlight);
  connect(plots_, &RunPlots::pictureWanted, this, &RunPage::savePicture);
  connect(plots_, &RunPlots::figuresWanted, this, &RunPage::saveFigures);
  connect(plots_, &RunPlots::smoothingChanged, this, &RunPage::refresh);
  connect(resamples_, &ResampleList::hovered, this, &RunPage::highlight);
  connect(pause_, &QPushButton::clicked, this, &RunPage::togglePause);
  connect(save_, &QPushButton::clicked, &controller_, &RunController::saveNow);
  connect(sample_, &QPushButton::clicked, &controller_, [this] { controller_.sampleNow(); });
  connect(journal_, &JournalCard::sampleWanted, &controller_,
          [this](const QString& prompt) { controller_.sampleNow(prompt.toStdString()); });
  connect(stop_, &QPushButton::clicked, this, &RunPage::askStop);
  connect(back_, &QPushButton::clicked, this, &RunPage::showLive);
  connect(continue_, &QPushButton::clicked, this, [this] { Q_EMIT continueRequested(directory()); });
  connect(export_, &QPushButton::clicked, this, [this] {
    RunRecord record = record_;
    if (showsLive() && live_->started) {
      record = {};
      // As it is known here: a run of another machine tells its folder there.
      record.directory = controller_.directory();
      record.name = live_->started->name;
      record.method = live_->started->method;
      record.task = live_->started->task;
    }
    Q_EMIT exportRequested(record);
  });
  setKnownRuns(0);
  display(nullptr);
}

RunPage::~RunPage() = default;

QWidget* RunPage::makeHeader() {
  auto* header = new QWidget;
  auto* row = new QHBoxLayout(header);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(8);
  row->addWidget(title_);
  row->addSpacing(4);
  row->addWidget(status_, 0, Qt::AlignVCenter);
  row->addWidget(phase_, 0, Qt::AlignVCenter);
  row->addStretch();
  pause_->setToolTip(tr("Keeps everything in memory; Resume continues from the same step (Ctrl+P)"));
  save_->setToolTip(tr("Writes a checkpoint at the end of this step (Ctrl+S)"));
  sample_->setToolTip(tr("Lets the model write to the run's own prompts"));
  continue_->setToolTip(tr("Continues training from the last checkpoint"));
  for (QPushButton* button : {pause_, save_, sample_, stop_, back_, continue_, export_}) row->addWidget(button);

  auto* failureRow = new QHBoxLayout(failure_);
  failureRow->setContentsMargins(0, 0, 0, 0);
  failureRow->setSpacing(8);
  auto* icon = new IconLabel(theme_);
  icon->setIcon(QStringLiteral("missing"), &ThemeColors::bad);
  failureRow->addWidget(icon, 0, Qt::AlignTop);
  failureText_->setWordWrap(true);
  failureText_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  // A path that cannot be broken must not widen the window.
  QSizePolicy policy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  policy.setHeightForWidth(true);
  failureText_->setSizePolicy(policy);
  failureRow->addWidget(failureText_, 1);
  return header;
}

QWidget* RunPage::makeEmpty() {
  auto* empty = new QWidget;
  auto* column = new QVBoxLayout(empty);
  column->setSpacing(8);
  column->addStretch(2);
  column->addWidget(emptyTitle_, 0, Qt::AlignHCenter);
  column->addWidget(emptyText_, 0, Qt::AlignHCenter);
  column->addSpacing(8);
  QPushButton* configure = makeButton(tr("Go to Configure"));
  connect(configure, &QPushButton::clicked, this, &RunPage::configureRequested);
  column->addWidget(configure, 0, Qt::AlignHCenter);
  column->addStretch(3);
  return empty;
}

void RunPage::setKnownRuns(int count) {
  emptyTitle_->setText(count > 0 ? tr("No run is open") : tr("No run yet"));
  emptyText_->setText(count > 0 ? tr("Open one in History, or start one in Configure.")
                                : tr("Start one in Configure. Its loss, memory use and resamples are drawn here."));
}

std::filesystem::path RunPage::directory() const {
  if (shown_ == nullptr) return {};
  return showsLive() ? controller_.directory() : record_.directory;
}

QWidget* RunPage::footer() const {
  return footer_;
}

void RunPage::beginLive(bool again) {
  if (again && live_ != nullptr) {
    live_->lost = false;
    display(live_);
    return;
  }
  auto state = std::make_shared<RunState>();
  display(state);
  live_ = std::move(state);
  refresh();
}

void RunPage::take(const std::vector<Event>& events) {
  if (live_ == nullptr) return;
  for (const Event& event : events) live_->take(event);
  if (showsLive()) refresh();
}

void RunPage::showStored(const RunRecord& record, const std::vector<Event>& events) {
  auto state = std::make_shared<RunState>();
  for (const Event& event : events) state->take(event);
  state->cutOff = record.status == "interrupted";
  // The run may have been renamed since.
  if (state->started && !record.name.empty()) state->started->name = record.name;
  record_ = record;
  display(std::move(state));
}

void RunPage::showLive() {
  if (live_ != nullptr) display(live_);
}

void RunPage::display(std::shared_ptr<RunState> state) {
  // The old state stays until nothing looks at it any more.
  const auto old = std::exchange(shown_, std::move(state));
  plots_->setCurves(shown_ != nullptr ? &shown_->curves : nullptr);
  journal_->reset();
  resamples_->clear();
  directions_->clear();
  highlight(-1);
  pages_->setCurrentIndex(shown_ != nullptr ? 1 : 0);
  refresh();
}

void RunPage::refresh() {
  refreshActions();
  footer_->setState(shown_.get());
  if (shown_ == nullptr || !isVisible()) return;
  strip_->setState(*shown_);
  plots_->refresh();
  journal_->setState(*shown_);
  const bool rosa = !shown_->started || shown_->started->method == "rosa";
  resamples_->setVisible(rosa);
  directions_->setVisible(rosa);
  resamples_->setState(*shown_);
  directions_->setCurves(shown_->curves);
}

void RunPage::refreshActions() {
  if (shown_ == nullptr) return;
  const RunState& state = *shown_;
  const bool training = showsTraining();
  const auto controllerState = controller_.state();
  const RunStatus status = training ? runStatus(controllerState, state) : storedStatus(state, record_, showsLive());
  title_->setText(runTitle(state, record_));
  status_->setText(status.word);
  status_->setDot(status.color);
  phase_->setText(status.detail);
  plots_->setGrowing(training);

  const bool stopping = controllerState == RunController::State::Stopping;
  const bool paused =
      controllerState == RunController::State::Paused || controllerState == RunController::State::Pausing;
  for (QPushButton* button : {pause_, save_, stop_}) {
    button->setVisible(training);
    button->setEnabled(!stopping);
  }
  sample_->setVisible(training && state.generatesText());
  sample_->setEnabled(!stopping);
  journal_->setAsking(sample_->isVisibleTo(this) && !stopping);
  pause_->setText(paused ? tr("Resume") : tr("Pause"));
  const bool canBeExported = !training && (state.saved() || (!showsLive() && record_.resumable));
  back_->setVisible(!showsLive() && controller_.active());
  continue_->setVisible(canBeExported && !controller_.active() && status.unfinished);
  export_->setVisible(!training);
  export_->setEnabled(canBeExported);
  failure_->setVisible(!training && (state.failed || state.crashed));
  if (state.failed || state.crashed) {
    failureText_->setText(toQString(state.failed ? state.failed->message : state.crashed->reason));
    failureText_->setToolTip(failureText_->text());
  }
}

QString RunPage::liveTitle() const {
  return live_ == nullptr ? QString() : runTitle(*live_, {});
}

QString RunPage::liveOutcome() const {
  if (live_ == nullptr) return {};
  const RunStatus status = storedStatus(*live_, {}, true);
  return status.detail.isEmpty() ? status.word : status.word + QLatin1Char(' ') + status.detail;
}

void RunPage::highlight(qint64 cycle) {
  const auto wanted = cycle < 0 ? std::nullopt : std::optional<std::int64_t>(cycle);
  plots_->highlight(wanted);
  resamples_->highlight(wanted);
  directions_->highlight(wanted);
}

QString RunPage::chooseFile(const QString& title, const QString& ending) {
  QString name = shown_ != nullptr ? runTitle(*shown_, record_) : QString();
  name.replace(QLatin1Char('/'), QLatin1Char('-'));
  const QString start = QDir::home().filePath(name + QLatin1Char('.') + ending);
  QString file = QFileDialog::getSaveFileName(this, title, start, QStringLiteral("*.%1").arg(ending));
  if (!file.isEmpty() && !file.endsWith(QLatin1Char('.') + ending)) file += QLatin1Char('.') + ending;
  return file;
}

void RunPage::savePicture(RunPlots::PictureForm form) {
  const bool vectors = form == RunPlots::PictureForm::Svg;
  const QString file =
      chooseFile(tr("Save the curves' picture"), vectors ? QStringLiteral("svg") : QStringLiteral("png"));
  if (file.isEmpty()) return;
  const QByteArray bytes = plots_->picture(form);
  QSaveFile out(file);
  if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size() || !out.commit()) {
    Q_EMIT failed(tr("The picture was not saved"), tr("%1 cannot be written: %2").arg(file, out.errorString()));
  }
}

void RunPage::saveFigures() {
  const QString file = chooseFile(tr("Save the run's figures"), QStringLiteral("csv"));
  if (!file.isEmpty()) Q_EMIT figuresWanted(directory(), file);
}

void RunPage::togglePause() {
  if (!showsTraining()) return;
  if (controller_.state() == RunController::State::Training) {
    controller_.pause();
  } else {
    controller_.unpause();
  }
}

void RunPage::askStop() {
  if (!showsTraining() || controller_.state() == RunController::State::Stopping) return;
  QMessageBox box(this);
  box.setIcon(QMessageBox::Question);
  box.setWindowTitle(tr("Stop"));
  box.setText(tr("Stop this run?"));
  box.setInformativeText(
      tr("Saved, it can be exported and continued later. Without saving, everything since its last checkpoint is "
         "lost."));
  QPushButton* save = box.addButton(tr("Stop and save"), QMessageBox::AcceptRole);
  QPushButton* discard = box.addButton(tr("Stop without saving"), QMessageBox::DestructiveRole);
  QPushButton* keep = box.addButton(tr("Keep training"), QMessageBox::RejectRole);
  box.setDefaultButton(save);
  box.setEscapeButton(keep);
  box.exec();
  if (box.clickedButton() == save) controller_.stop(StopMode::Save);
  if (box.clickedButton() == discard) controller_.stop(StopMode::Discard);
}

void RunPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

}  // namespace rosa::ui
