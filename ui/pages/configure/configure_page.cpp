// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/configure_page.h"

#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSaveFile>
#include <QUrl>

#include <QScrollArea>
#include <algorithm>
#include <utility>
#include "jobs/latest_job.h"
#include "models/model_finder.h"
#include "pages/configure/command_dialog.h"
#include "pages/configure/data_card.h"
#include "pages/configure/method_card.h"
#include "pages/configure/model_card.h"
#include "pages/configure/review_card.h"
#include "pages/configure/sweep_dialog.h"
#include "pages/configure/usual_values.h"
#include "settings/preferences.h"
#include "widgets/buttons.h"
#include "widgets/field.h"
#include "widgets/format.h"
#include "widgets/labels.h"
#include "widgets/scroll.h"

namespace rosa::ui {
namespace {

/// Long enough that a typed number is planned once, short enough to feel live.
constexpr int kPlanDelayMs = 50;
constexpr int kHostPlanDelayMs = 500;

/// A YAML configuration is a page or two; anything far larger is another kind of file.
constexpr qint64 kLargestConfig = qint64{1} << 20;

}  // namespace

ConfigurePage::ConfigurePage(Engine& engine, JobPool& pool, const Theme& theme, Preferences& preferences,
                             QWidget* parent)
    : QWidget(parent),
      engine_(engine),
      pool_(pool),
      preferences_(preferences),
      draft_(new ConfigDraft(this)),
      usual_(new UsualValues(*draft_, this)),
      planning_(new LatestJob(pool, this)),
      measuring_(new LatestJob(pool, this)),
      finding_(new LatestJob(pool, this)),
      origin_(makeLabel({}, TextSize::Body, Tone::Muted)),
      model_(new ModelCard(*draft_, engine, pool, preferences, theme)),
      data_(new DataCard(*draft_, engine, pool, preferences, theme)),
      method_(new MethodCard(*draft_, *usual_)),
      review_(new ReviewCard(*draft_, theme)),
      reset_(makeButton({})) {
  auto* header = new QHBoxLayout;
  header->setSpacing(8);
  header->addWidget(makeLabel(tr("New run"), TextSize::Title, Tone::Normal, QFont::DemiBold), 0, Qt::AlignBaseline);
  header->addWidget(origin_, 0, Qt::AlignBaseline);
  header->addStretch();
  QPushButton* loadButton = makeButton(tr("Load config…"));
  QPushButton* saveButton = makeButton(tr("Save config…"));
  QPushButton* commandButton = makeButton(tr("Show command"));
  QPushButton* sweepButton = makeButton(tr("Several runs…"));
  sweepButton->setToolTip(tr("Compares the methods, or tries several values of any setting, one run after the other"));
  for (QPushButton* button : {reset_, loadButton, saveButton, commandButton, sweepButton}) {
    header->addWidget(button);
  }

  auto* steps = new QWidget;
  auto* stepsColumn = new QVBoxLayout(steps);
  stepsColumn->setContentsMargins(0, 0, 0, 0);
  stepsColumn->setSpacing(12);
  stepsColumn->addWidget(model_);
  // What height there is shows more of the data.
  stepsColumn->addWidget(data_, 1);
  stepsColumn->addWidget(method_);

  auto* columns = new QHBoxLayout;
  columns->setSpacing(12);
  scroll_ = makeScroll(steps);
  columns->addWidget(scroll_, 18);
  columns->addWidget(review_, 7);
  auto* page = new QVBoxLayout(this);
  page->setContentsMargins(24, 16, 24, 16);
  page->setSpacing(12);
  page->addLayout(header);
  page->addLayout(columns, 1);

  planDelay_.setSingleShot(true);
  planDelay_.setInterval(kPlanDelayMs);
  connect(&planDelay_, &QTimer::timeout, this, &ConfigurePage::plan);
  connect(draft_, &ConfigDraft::changed, this, &ConfigurePage::draftChanged);
  connect(model_, &ModelCard::modelRead, data_, &DataCard::setModel);
  connect(data_, &DataCard::validationFileFound, method_, &MethodCard::setValidationFile);
  connect(review_, &ReviewCard::measureClicked, this, &ConfigurePage::measure);
  connect(review_, &ReviewCard::hostChosen, this, &ConfigurePage::planAnew);
  connect(planning_, &LatestJob::failed, this, &ConfigurePage::setStartFailure);
  connect(review_, &ReviewCard::settingRequested, this, &ConfigurePage::goTo);
  connect(review_, &ReviewCard::startClicked, this, &ConfigurePage::start);
  connect(reset_, &QPushButton::clicked, this, &ConfigurePage::reset);
  connect(loadButton, &QPushButton::clicked, this, &ConfigurePage::openConfig);
  connect(saveButton, &QPushButton::clicked, this, &ConfigurePage::saveConfig);
  connect(commandButton, &QPushButton::clicked, this, &ConfigurePage::showCommand);
  connect(sweepButton, &QPushButton::clicked, this, &ConfigurePage::chooseSweep);
  setAcceptDrops(true);
  showReset();
}

const RunConfig& ConfigurePage::config() const {
  return draft_->config();
}

QStringList ConfigurePage::following() const {
  return usual_->following();
}

void ConfigurePage::load(const RunConfig& config, const QString& origin, const QStringList& following) {
  loaded_ = config;
  // The presets' paths are written relative to their file.
  loaded_.model = loaded_.model.lexically_normal();
  loaded_.data = loaded_.data.lexically_normal();
  ofNewRuns_.clear();
  const RunConfig usual;
  for (const std::string_view key : Preferences::kOfNewRuns) {
    if (configFieldText(loaded_, key) != configFieldText(usual, key)) continue;
    // What cannot be read is as if it had not been set.
    static_cast<void>(setConfigField(loaded_, key, preferences_.ofNewRuns(key).toStdString()));
    ofNewRuns_[toQString(std::string(key))] = toQString(configFieldText(loaded_, key));
  }
  loadedFrom_ = origin;
  loadedFollowing_ = following;
  beforeReset_.reset();
  draft_->replace(loaded_);
  usual_->begin(loadedFollowing_);
}

bool ConfigurePage::loadFile(const std::filesystem::path& file, const QString& origin, const QStringList& following) {
  QFile in(toQString(file));
  if (!in.open(QIODevice::ReadOnly)) {
    say(tr("The config was not loaded"), tr("%1 cannot be read: %2").arg(in.fileName(), in.errorString()));
    return false;
  }
  if (in.size() > kLargestConfig) {
    say(tr("The config was not loaded"),
        tr("%1 is too large for a config. Choose a YAML file of settings.").arg(in.fileName()));
    return false;
  }
  RunConfig config;
  const auto problems = parseConfig(in.readAll().toStdString(), file.parent_path(), config);
  if (!problems.empty()) {
    say(tr("The config was not loaded"), toQString(joinProblems(problems)));
    return false;
  }
  load(config, origin.isEmpty() ? tr("from %1").arg(pathName(file)) : origin, following);
  return true;
}

void ConfigurePage::findModelsIn(const std::vector<std::filesystem::path>& roots) {
  finding_->ask([roots] { return findModels(roots); },
                [this](const std::vector<std::filesystem::path>& found) {
                  QStringList folders;
                  for (const auto& folder : found) folders << toQString(folder);
                  model_->setFoundModels(folders);
                });
}

void ConfigurePage::setOfNewRuns(const QString& name, const QString& text) {
  const auto chosen = ofNewRuns_.find(name);
  if (chosen == ofNewRuns_.end()) return;
  const std::string key = name.toStdString();
  const bool untouched = draft_->text(key) == *chosen;
  *chosen = text;
  if (setConfigField(loaded_, key, text.toStdString()) && untouched) draft_->put(key, text);
}

void ConfigurePage::goTo(const QString& key) {
  // A setting may have a place on the page for some runs and one in Advanced for others.
  const auto shown = [this, &key]() -> Field* {
    for (Field* field : findChildren<Field*>()) {
      if (field->keys().contains(key) && field->isVisibleTo(this)) return field;
    }
    return nullptr;
  };
  Field* field = shown();
  if (field == nullptr) {
    method_->showAdvanced();
    field = shown();
  }
  if (field == nullptr) return;
  // Fields that were just opened have no place before their layout is done.
  QTimer::singleShot(0, field, [this, field] {
    scroll_->ensureWidgetVisible(field);
    field->editor()->setFocus(Qt::ShortcutFocusReason);
  });
}

void ConfigurePage::setBlocked(const QString& reason) {
  review_->setBlocked(reason);
}

void ConfigurePage::setQueueing(bool queueing, AtOnce atOnce) {
  review_->setQueueing(queueing, atOnce);
}

void ConfigurePage::setStartFailure(const QString& sentence) {
  review_->setFailure(sentence);
}

void ConfigurePage::start() {
  if (review_->canStart()) Q_EMIT startRequested(draft_->effective(), review_->host());
}

void ConfigurePage::openConfig() {
  const QString file =
      QFileDialog::getOpenFileName(this, tr("Load config"), preferences_.lastFolder(), tr("Config (*.yaml *.yml)"));
  if (file.isEmpty()) return;
  preferences_.setLastFolder(file);
  loadFile(toPath(file));
}

QString ConfigurePage::suggestedFile() const {
  const QString last = preferences_.lastFolder();
  const QString folder = QFileInfo(last).isDir() ? last : QFileInfo(last).path();
  return QDir(folder).filePath(review_->runName() + QLatin1String(".yaml"));
}

void ConfigurePage::saveConfig() {
  QString file = QFileDialog::getSaveFileName(this, tr("Save config"), suggestedFile(), tr("Config (*.yaml)"));
  if (file.isEmpty()) return;
  if (!file.endsWith(QLatin1String(".yaml")) && !file.endsWith(QLatin1String(".yml"))) file += QLatin1String(".yaml");
  preferences_.setLastFolder(file);
  QSaveFile out(file);
  const QByteArray yaml = QByteArray::fromStdString(formatConfig(draft_->effective()));
  if (!out.open(QIODevice::WriteOnly) || out.write(yaml) != yaml.size() || !out.commit()) {
    say(tr("The config was not saved"), tr("%1 cannot be written: %2").arg(file, out.errorString()));
  }
}

void ConfigurePage::showCommand() {
  QString command = toQString(configCommand(draft_->effective()));
  if (!review_->host().isEmpty()) command += QStringLiteral(" --host ") + review_->host();
  CommandDialog dialog(command, this);
  dialog.exec();
}

void ConfigurePage::measure() {
  constexpr std::int64_t kSteps = 4;
  RunConfig config = draft_->effective();
  const std::string key = paceKey(config);
  config.steps = kSteps;
  config.epochs.reset();
  review_->setMeasuring(true);
  measuring_->ask([&engine = engine_, config] { return engine.benchTrain(config, 1); },
                  [this, key](const Expected<BenchReport>& report) {
                    review_->setMeasuring(false);
                    if (!report) {
                      setStartFailure(toQString(report.error().message));
                      return;
                    }
                    paces_[key] = {report->stepSeconds, report->resampleSeconds};
                    showPace();
                  });
}

void ConfigurePage::showPace() {
  const auto found = paces_.find(paceKey(draft_->effective()));
  review_->setPace(found == paces_.end() ? std::nullopt : std::optional(found->second));
}

void ConfigurePage::dragEnterEvent(QDragEnterEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (urls.size() == 1 && urls.front().isLocalFile()) event->acceptProposedAction();
}

void ConfigurePage::dropEvent(QDropEvent* event) {
  const QString path = event->mimeData()->urls().value(0).toLocalFile();
  if (path.isEmpty()) return;
  event->acceptProposedAction();
  const QFileInfo file(path);
  const QString ending = file.suffix().toLower();
  const bool isModel = file.isDir() && (QFileInfo::exists(QDir(path).filePath(QStringLiteral("config.json"))) ||
                                        QFileInfo::exists(QDir(path).filePath(QStringLiteral("config.yaml"))));
  if (isModel || ending == QLatin1String("gguf")) {
    model_->choose(path);
  } else if (!file.isDir() && (ending == QLatin1String("yaml") || ending == QLatin1String("yml"))) {
    loadFile(toPath(path));
  } else {
    data_->choose(path);
  }
}

void ConfigurePage::chooseSweep() {
  SweepDialog dialog(engine_, pool_, draft_->effective(), this);
  if (dialog.exec() == QDialog::Accepted) Q_EMIT sweepRequested(dialog.chosen(), review_->host());
}

void ConfigurePage::reset() {
  if (const auto before = std::exchange(beforeReset_, std::nullopt)) {
    draft_->restore(before->typed);
    usual_->begin(before->following);
    return;
  }
  beforeReset_ = {draft_->typed(), usual_->following()};
  draft_->replace(loaded_);
  usual_->begin(loadedFollowing_);
}

void ConfigurePage::showReset() {
  const bool asLoaded = draft_->typed() == ConfigDraft::Typed{loaded_, {}, {}};
  if (!asLoaded) beforeReset_.reset();
  reset_->setText(beforeReset_ ? tr("Undo reset") : tr("Reset"));
  reset_->setToolTip(beforeReset_ ? tr("The settings as they stood before the reset.")
                                  : tr("Back to the settings as they were loaded."));
  reset_->setEnabled(!asLoaded || beforeReset_);
}

void ConfigurePage::draftChanged() {
  showReset();
  const RunConfig& config = draft_->config();
  const bool same = config.model == loaded_.model && config.data == loaded_.data;
  origin_->setText(same ? loadedFrom_ : QString());
  // A name that came with the settings was that of another model or other data. One that was typed stays.
  if (!same && !loaded_.name.empty() && config.name == loaded_.name) {
    draft_->put("name", {});
    return;
  }
  planAnew();
}

void ConfigurePage::planAnew() {
  review_->setPlanning();
  // Another machine is asked by way of ssh: not for every letter.
  planDelay_.setInterval(review_->host().isEmpty() ? kPlanDelayMs : kHostPlanDelayMs);
  planDelay_.start();
}

void ConfigurePage::setHosts(Runs& runs, const QStringList& hosts) {
  runs_ = &runs;
  review_->setHosts(hosts);
}

void ConfigurePage::planAt(const QString& host) {
  planning_->ask(
      [runs = runs_, host = host.toStdString(), config = draft_->effective()] { return runs->planAt(host, config); },
      [this](const Expected<RunPlan>& plan) {
        if (planDelay_.isActive()) return;
        if (plan) {
          showPlan(*plan);
        } else {
          setStartFailure(toQString(plan.error().message));
        }
      });
}

void ConfigurePage::plan() {
  if (!review_->host().isEmpty()) {
    planAt(review_->host());
    return;
  }
  planning_->ask([&engine = engine_, config = draft_->effective()](
                     const LatestJob::GiveUp& giveUp) { return engine.plan(config, giveUp); },
                 [this](const RunPlan& plan) {
                   // Typed on while the engine was planning: the next plan is already on its way.
                   if (!planDelay_.isActive()) showPlan(plan);
                 });
}

void ConfigurePage::showPlan(const RunPlan& plan) {
  // With other values there is another plan, which is on its way.
  if (usual_->setUsual(plan.usual)) return;
  draft_->setPlanProblems(plan.problems);
  data_->setPlan(plan);
  method_->setPlan(plan);
  showPace();
  review_->setPlan(plan);
  const std::int64_t needed = plan.memory.totalBytes();
  const bool unreadable = std::any_of(plan.problems.begin(), plan.problems.end(),
                                      [](const ConfigProblem& problem) { return problem.key == "model"; });
  if (unreadable || needed == 0 || plan.memoryLimitBytes == 0) {
    model_->setFit({}, true);
  } else if (needed <= plan.memoryLimitBytes) {
    model_->setFit(tr("fits"), true);
  } else {
    model_->setFit(tr("too large for this machine"), false);
  }
}

void ConfigurePage::say(const QString& title, const QString& text) {
  QMessageBox box(QMessageBox::Warning, title, title, QMessageBox::Ok, this);
  box.setInformativeText(text);
  box.exec();
}

}  // namespace rosa::ui
