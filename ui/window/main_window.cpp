// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QMessageBox>
#include <QPointer>
#include <QPushButton>
#include <QScreen>
#include <QShortcut>
#include <QStackedWidget>
#include <QTimer>
#include <algorithm>
#include <optional>
#include <utility>

#include "bridge/run_controller.h"
#include "jobs/job_pool.h"
#include "jobs/latest_job.h"
#include "pages/configure/configure_page.h"
#include "pages/configure/usual_values.h"
#include "pages/history/history_page.h"
#include "pages/run/run_page.h"
#include "pages/settings/settings_page.h"
#include "pages/try/try_page.h"
#include "rosa/curves.h"
#include "settings/preferences.h"
#include "widgets/format.h"
#include "widgets/labels.h"
#include "window/footer_bar.h"
#include "window/help_dialog.h"
#include "window/navigation_rail.h"
#include "window/recovery_bar.h"

namespace rosa::ui {
namespace {

constexpr QSize kFirstSize(1280, 800);

QString machineLine(const MachineReport& report) {
  QStringList parts = {plural(report.cores, QObject::tr("core"), QObject::tr("cores")),
                       formatBytes(report.memoryBytes)};
  parts << (report.cudaUsable ? toQString(report.cudaDevice) : QObject::tr("no GPU"));
  return parts.join(QStringLiteral(" · "));
}

}  // namespace

MainWindow::MainWindow(Engine& engine, Runs& runs, JobPool& pool, Theme& theme, Preferences& preferences, Places places,
                       QWidget* parent)
    : QMainWindow(parent),
      engine_(engine),
      runs_(runs),
      pool_(pool),
      theme_(theme),
      preferences_(preferences),
      places_(std::move(places)),
      controller_(new RunController(engine, runs, pool, this)),
      reading_(new LatestJob(pool, this)),
      machine_(new LatestJob(pool, this)),
      recalling_(new LatestJob(pool, this)),
      following_(new LatestJob(pool, this)),
      rail_(new NavigationRail(theme)),
      pages_(new QStackedWidget),
      footers_(new QStackedWidget),
      configure_(new ConfigurePage(engine, pool, theme, preferences)),
      run_(new RunPage(*controller_, theme)),
      history_(new HistoryPage(engine, runs, pool, theme, preferences, places_.home)),
      try_(new TryPage(engine, pool, theme, preferences, places_.modelRoots)),
      settings_(new SettingsPage(theme, preferences, places_.home, places_.homeIsFixed)),
      recovery_(new RecoveryBar(theme)),
      ready_(makeLabel(tr("Ready"))),
      machineLine_(makeLabel({}, TextSize::Small, Tone::Muted)) {
  setWindowTitle(tr("ROSA Studio"));
  buildFrame();
  buildShortcuts();
  connectPages();
  resize(kFirstSize);
  restoreGeometry(preferences_.windowGeometry());
  fitToScreen();
  loadFirstConfig();
  readMachine();
  // After a reboot nobody else does.
  pool_.run([&runs = runs_]() -> std::function<void()> {
    static_cast<void>(runs.startWaiting());
    return [] {};
  });
  recallLastRun();
  go(Configure);
}

MainWindow::~MainWindow() = default;

void MainWindow::buildFrame() {
  rail_->addPlace(QStringLiteral("configure"), tr("Configure"), tr("Put a run together (Ctrl+1)"));
  rail_->addPlace(QStringLiteral("run"), tr("Run"), tr("Watch it train (Ctrl+2)"));
  rail_->addPlace(QStringLiteral("history"), tr("History"), tr("All runs on this machine (Ctrl+3)"));
  rail_->addPlace(QStringLiteral("try"), tr("Try"), tr("Ask a model, and its base beside it (Ctrl+4)"));
  rail_->addStretch();
  rail_->addPlace(QStringLiteral("settings"), tr("Settings"), tr("Look, defaults, this machine"));

  auto* configureFooter = new QWidget;
  auto* row = new QHBoxLayout(configureFooter);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(ready_);
  row->addStretch();
  row->addWidget(machineLine_);
  auto* settingsFooter = makeLabel(tr("Changes apply at once."), TextSize::Small, Tone::Muted);
  for (QWidget* page : std::initializer_list<QWidget*>{configure_, run_, history_, try_, settings_})
    pages_->addWidget(page);
  for (QWidget* footer :
       {configureFooter, run_->footer(), history_->footer(), try_->footer(), static_cast<QWidget*>(settingsFooter)}) {
    footers_->addWidget(footer);
  }

  auto* column = new QVBoxLayout;
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(recovery_);
  column->addWidget(pages_, 1);
  column->addWidget(new FooterBar(footers_));
  auto* content = new QWidget;
  auto* frame = new QHBoxLayout(content);
  frame->setContentsMargins(0, 0, 0, 0);
  frame->setSpacing(0);
  frame->addWidget(rail_);
  frame->addLayout(column, 1);
  setCentralWidget(content);
}

void MainWindow::buildShortcuts() {
  const auto on = [this](const QKeySequence& keys, auto action) {
    connect(new QShortcut(keys, this), &QShortcut::activated, this, action);
  };
  on(QKeySequence(Qt::CTRL | Qt::Key_1), [this] { go(Configure); });
  on(QKeySequence(Qt::CTRL | Qt::Key_2), [this] { go(Run); });
  on(QKeySequence(Qt::CTRL | Qt::Key_3), [this] { go(History); });
  on(QKeySequence(Qt::CTRL | Qt::Key_4), [this] { go(Try); });
  on(QKeySequence(Qt::CTRL | Qt::Key_Return), [this] {
    if (place() == Configure) configure_->start();
    if (place() == Try) try_->send();
  });
  on(QKeySequence(Qt::CTRL | Qt::Key_P), [this] { run_->togglePause(); });
  on(QKeySequence(Qt::CTRL | Qt::Key_S), [this] { controller_->saveNow(); });
  on(QKeySequence(Qt::Key_F1), [this] { showHelp(); });
}

void MainWindow::connectPages() {
  connect(rail_, &NavigationRail::currentChanged, this, &MainWindow::showPlace);
  connect(configure_, &ConfigurePage::startRequested, this, &MainWindow::start);
  connect(configure_, &ConfigurePage::sweepRequested, this, &MainWindow::startAll);
  connect(settings_, &SettingsPage::ofNewRunsChanged, configure_, &ConfigurePage::setOfNewRuns);
  configure_->setHosts(runs_, preferences_.hosts());
  connect(settings_, &SettingsPage::hostsChanged, this,
          [this](const QStringList& hosts) { configure_->setHosts(runs_, hosts); });
  atOnce_ = runs_.atOnce();
  settings_->setAtOnce(atOnce_);
  connect(settings_, &SettingsPage::atOnceChosen, this, &MainWindow::setAtOnce);
  connect(run_, &RunPage::configureRequested, this, [this] { go(Configure); });
  connect(run_, &RunPage::exportRequested, history_, &HistoryPage::exportRun);
  connect(run_, &RunPage::continueRequested, this,
          [this](const std::filesystem::path& directory) { resume(directory); });
  connect(run_, &RunPage::failed, this, &MainWindow::say);
  connect(run_, &RunPage::figuresWanted, this, [this](const std::filesystem::path& directory, const QString& file) {
    pool_.run([self = QPointer<MainWindow>(this), directory, file]() -> std::function<void()> {
      const Status status = writeCurves(directory, CurvesForm::Csv, toPath(file));
      return [self, status] {
        if (self && !status) self->say(tr("The figures were not saved"), toQString(status.error().message));
      };
    });
  });
  connect(history_, &HistoryPage::openRequested, this, &MainWindow::openRun);
  connect(history_, &HistoryPage::resumeRequested, this, [this](const RunRecord& record) { resume(record.directory); });
  connect(history_, &HistoryPage::duplicateRequested, this, [this](const RunConfig& config, const QString& name) {
    configure_->load(config, tr("from %1").arg(name));
    go(Configure);
  });
  connect(history_, &HistoryPage::tryRequested, this, [this](const RunRecord& record) {
    try_->tryRun(record);
    go(Try);
  });
  connect(controller_, &RunController::started, this, [this] {
    if (!std::exchange(looking_, false)) go(Run);
  });
  connect(controller_, &RunController::opening, this,
          [this](const QString& phase) { configure_->setBlocked(tr("Starting: %1 …").arg(phase)); });
  connect(controller_, &RunController::queued, this, [this] {
    configure_->setStartFailure({});
    history_->refresh();
    go(History);
  });
  connect(controller_, &RunController::commandFailed, this,
          [this](const QString& sentence) { say(tr("The run was not told"), sentence); });
  connect(controller_, &RunController::followedNoLonger, this,
          [this](const QString& sentence) { recovery_->tellLost(controller_->directory(), sentence); });
  connect(controller_, &RunController::refused, this, &MainWindow::refused);
  connect(controller_, &RunController::dataChanged, this, &MainWindow::askAboutChangedData);
  connect(controller_, &RunController::stateChanged, this, &MainWindow::showTraining);
  connect(controller_, &RunController::ended, this, [this] {
    history_->refresh();
    // Asks for attention in the desktop's way, where the window is not the one in front.
    QApplication::alert(this);
    Q_EMIT runEnded(run_->liveTitle(), run_->liveOutcome());
    // The next one of the queue takes a moment to begin.
    constexpr int kMoment = 1500;
    QTimer::singleShot(kMoment, this, &MainWindow::followWhatRuns);
  });
  connect(recovery_, &RecoveryBar::continueRequested, this, [this](const RunRecord& record) {
    recovery_->hide();
    resume(record.directory);
  });
  connect(recovery_, &RecoveryBar::followRequested, this, [this](const RunRecord& record) {
    recovery_->hide();
    controller_->attach(record.directory);
  });
  connect(recovery_, &RecoveryBar::lookRequested, this, [this](const RunRecord& record) {
    recovery_->hide();
    openRun(record);
  });
  connect(recovery_, &RecoveryBar::dismissed, this, [this](const RunRecord& record) {
    recovery_->hide();
    preferences_.setDismissedRun(toQString(record.directory));
  });
}

void MainWindow::fitToScreen() {
  // The title bar stands on the window's own height; how high it is the window system tells only later.
  const int titleBar = fontMetrics().height() + 20;
  const QSize room = screen()->availableSize() - QSize(0, titleBar);
  if (width() <= room.width() && height() <= room.height()) return;
  resize(size().boundedTo(room));
  setWindowState(windowState() | Qt::WindowMaximized);
}

void MainWindow::loadFirstConfig() {
  configure_->findModelsIn(places_.modelRoots);
  RunConfig config;
  const QString last = preferences_.lastConfig();
  // Settings of another version that no longer read are not worth a message: there is the sample project.
  if (!last.isEmpty() && parseConfig(last.toStdString(), {}, config).empty()) {
    configure_->load(config, tr("as started last"), preferences_.lastFollowing());
  } else if (!places_.sampleConfig.empty()) {
    configure_->loadFile(places_.sampleConfig, tr("from the sample project"), UsualValues::keys());
  } else {
    configure_->load({}, {}, UsualValues::keys());
  }
}

void MainWindow::readMachine() {
  machine_->ask([&engine = engine_] { return engine.doctor(); },
                [this](const MachineReport& report) {
                  settings_->setMachine(report);
                  machineLine_->setText(machineLine(report));
                });
}

void MainWindow::recallLastRun() {
  struct LastRun {
    int runs = 0;
    std::optional<RunRecord> record;
    std::vector<Event> events;
  };
  recalling_->ask(
      [&engine = engine_] {
        LastRun last;
        auto runs = engine.runs();
        if (runs) std::erase_if(*runs, [](const RunRecord& run) { return run.isExperiment(); });
        if (!runs || runs->empty()) return last;
        last.runs = static_cast<int>(runs->size());
        // Times in ISO 8601 sort as text.
        const auto newest = std::max_element(
            runs->begin(), runs->end(),
            [](const RunRecord& one, const RunRecord& other) { return one.startedAt < other.startedAt; });
        // What cannot be read is told when it is opened; nobody has asked for it yet.
        if (auto events = engine.runEvents(newest->directory)) {
          last.record = *newest;
          last.events = *std::move(events);
        }
        return last;
      },
      [this](const LastRun& last) {
        run_->setKnownRuns(last.runs);
        if (!last.record || controller_->active() || !run_->directory().empty()) return;
        if (last.record->status == "running") {
          looking_ = true;
          controller_->attach(last.record->directory);
          return;
        }
        run_->showStored(*last.record, last.events);
        const bool dismissed = preferences_.dismissedRun() == toQString(last.record->directory);
        if (last.record->status != "interrupted" || dismissed) return;
        std::optional<std::int64_t> saved;
        for (const Event& event : last.events) {
          if (const auto* checkpoint = std::get_if<CheckpointSaved>(&event)) saved = checkpoint->step;
        }
        recovery_->offer(*last.record, saved);
      });
}

void MainWindow::followWhatRuns() {
  if (controller_->active()) return;
  following_->ask(
      [&engine = engine_] {
        std::optional<RunRecord> running;
        const auto runs = engine.runs();
        if (!runs) return running;
        // Of one on another machine that is all that is known here until somebody asks.
        const auto found =
            std::ranges::find_if(*runs, [](const RunRecord& run) { return run.trainsHere() && !run.isExperiment(); });
        if (found != runs->end()) running = *found;
        return running;
      },
      [this](const std::optional<RunRecord>& running) {
        if (!running || controller_->active()) return;
        looking_ = true;
        controller_->attach(running->directory);
        history_->refresh();
      });
}

void MainWindow::go(Place place) {
  rail_->setCurrent(place);
}

MainWindow::Place MainWindow::place() const {
  return static_cast<Place>(rail_->current());
}

void MainWindow::showPlace(int index) {
  // Hidden with its page, the focused widget would pass the focus on as if Tab had been pressed.
  if (pages_->isAncestorOf(QApplication::focusWidget())) pages_->setFocus();
  pages_->setCurrentIndex(index);
  footers_->setCurrentIndex(index);
}

void MainWindow::start(const RunConfig& config, const QString& host) {
  resuming_ = false;
  configure_->setStartFailure({});
  preferences_.setLastConfig(QString::fromStdString(formatConfig(config)), configure_->following());
  controller_->start(config, host.toStdString());
}

void MainWindow::startAll(const std::vector<RunConfig>& configs, const QString& host) {
  configure_->setStartFailure({});
  pool_.run([self = QPointer<MainWindow>(this), &runs = runs_, configs,
             host = host.toStdString()]() -> std::function<void()> {
    QString refusal;
    for (const RunConfig& config : configs) {
      const auto folder = runs.start(config, host);
      if (!folder) {
        refusal = toQString(folder.error().message);
        break;
      }
    }
    return [self, refusal] {
      if (!self) return;
      if (!refusal.isEmpty()) self->say(tr("Not all of these runs were put into the queue"), refusal);
      self->go(History);
      self->history_->refresh();
      self->followWhatRuns();
    };
  });
}

void MainWindow::setAtOnce(AtOnce atOnce) {
  pool_.run([self = QPointer<MainWindow>(this), &runs = runs_, atOnce]() -> std::function<void()> {
    const Status status = runs.setAtOnce(atOnce);
    return [self, &runs, status] {
      if (!self) return;
      self->atOnce_ = runs.atOnce();
      self->settings_->setAtOnce(self->atOnce_);
      self->showTraining();
      if (!status) self->say(tr("The queue was not changed"), toQString(status.error().message));
      self->history_->refresh();
      self->followWhatRuns();
    };
  });
}

void MainWindow::resume(const std::filesystem::path& directory, const QString& acceptedChanges) {
  resuming_ = true;
  controller_->resume(directory, acceptedChanges);
}

void MainWindow::askAboutChangedData(const std::filesystem::path& directory, const QString& changes) {
  QMessageBox box(QMessageBox::Question, tr("The data have changed"),
                  tr("The data are not those that this run began with. Continue with them?"), QMessageBox::NoButton,
                  this);
  box.setInformativeText(tr("%1.\n\nThe run would go on with what is there now, and keeps a note of it. To go on as it "
                            "began, leave it and put the original data back first.")
                             .arg(changes));
  QPushButton* go = box.addButton(tr("Continue anyway"), QMessageBox::AcceptRole);
  QPushButton* leave = box.addButton(tr("Leave it"), QMessageBox::RejectRole);
  box.setDefaultButton(leave);
  box.setEscapeButton(leave);
  box.exec();
  // Asked while this box was open, the window closes.
  if (box.clickedButton() == go && !closing_) resume(directory, changes);
}

void MainWindow::refused(const QString& sentence) {
  looking_ = false;
  if (closing_) return;
  if (resuming_) {
    say(tr("The run was not continued"), sentence);
  } else {
    configure_->setStartFailure(sentence);
    history_->refresh();
    go(Configure);
  }
}

void MainWindow::openRun(const RunRecord& record) {
  if (record.isExperiment()) {
    history_->showExperiment(record);
    return;
  }
  if (record.directory == controller_->directory()) {
    run_->showLive();
    go(Run);
    return;
  }
  if (record.status == "running" || (record.status == "queued" && !record.host.empty())) {
    controller_->attach(record.directory);
    return;
  }
  reading_->ask([&engine = engine_, directory = record.directory] { return engine.runEvents(directory); },
                [this, record](const Expected<std::vector<Event>>& events) {
                  if (!events) {
                    say(tr("The run was not opened"), toQString(events.error().message));
                    return;
                  }
                  run_->showStored(record, *events);
                  go(Run);
                });
}

void MainWindow::showTraining() {
  const bool active = controller_->active();
  history_->setTraining(active);
  history_->setPaused(controller_->state() == RunController::State::Paused ? controller_->directory()
                                                                           : std::filesystem::path());
  if (active) recovery_->hide();
  const bool starting = controller_->state() == RunController::State::Starting;
  configure_->setBlocked(starting ? tr("Starting …") : QString());
  configure_->setQueueing(active && !starting, atOnce_);
  ready_->setText(active ? tr("A run is training") : tr("Ready"));
}

void MainWindow::showHelp() {
  HelpDialog(this).exec();
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!controller_->active() || closing_) {
    preferences_.setWindowGeometry(saveGeometry());
    event->accept();
    return;
  }
  event->ignore();
  QMessageBox box(this);
  box.setIcon(QMessageBox::Question);
  box.setWindowTitle(tr("Close"));
  box.setText(tr("A run is training. Does it go on without the window?"));
  box.setInformativeText(
      tr("In the background it trains to its end, and the next window shows it. Stopped and saved, it "
         "can be continued from History."));
  QPushButton* background = box.addButton(tr("Go on in the background"), QMessageBox::AcceptRole);
  QPushButton* save = box.addButton(tr("Stop and save"), QMessageBox::DestructiveRole);
  QPushButton* discard = box.addButton(tr("Stop without saving"), QMessageBox::DestructiveRole);
  QPushButton* stay = box.addButton(tr("Cancel"), QMessageBox::RejectRole);
  box.setDefaultButton(background);
  box.setEscapeButton(stay);
  box.exec();
  if (box.clickedButton() == save) stopAndClose(StopMode::Save);
  if (box.clickedButton() == discard) stopAndClose(StopMode::Discard);
  // Asked to quit while this box was open, it does not wait for the answer; nor for a run that has ended meanwhile.
  const bool stays = box.clickedButton() == stay && !closing_;
  const bool stops = (box.clickedButton() == save || box.clickedButton() == discard) && controller_->active();
  if (stays || stops) return;
  closing_ = true;
  preferences_.setWindowGeometry(saveGeometry());
  event->accept();
}

void MainWindow::stopAndClose(StopMode mode) {
  closing_ = true;
  connect(controller_, &RunController::ended, this, &QWidget::close);
  connect(controller_, &RunController::refused, this, &QWidget::close);
  controller_->stop(mode);
}

void MainWindow::quit() {
  closing_ = true;
  close();
  Q_EMIT readyToQuit();
}

void MainWindow::say(const QString& title, const QString& text) {
  QMessageBox box(QMessageBox::Warning, title, title, QMessageBox::Ok, this);
  box.setInformativeText(text);
  box.exec();
}

}  // namespace rosa::ui
