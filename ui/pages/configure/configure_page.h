// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QString>
#include <QStringList>
#include <QTimer>
#include <QWidget>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pages/configure/config_draft.h"
#include "pages/configure/pace.h"
#include "rosa/engine.h"
#include "rosa/runs.h"

class QLabel;
class QPushButton;
class QScrollArea;

namespace rosa::ui {

class DataCard;
class JobPool;
class LatestJob;
class MethodCard;
class ModelCard;
class Preferences;
class ReviewCard;
class Theme;
class UsualValues;

/// Where a run is put together: model, data, method, review, Start.
///
/// GUI thread only; engine calls that read or compute go through `pool`, and of several only the newest counts. Engine,
/// pool, theme and preferences must outlive the page.
class ConfigurePage : public QWidget {
  Q_OBJECT

 public:
  ConfigurePage(Engine& engine, JobPool& pool, const Theme& theme, Preferences& preferences, QWidget* parent = nullptr);

  /// Other settings altogether; `origin` completes the title ("from the sample project"). `following`: of these nobody
  /// chose the value (see UsualValues).
  void load(const RunConfig& config, const QString& origin, const QStringList& following = {});
  /// Reads a YAML file over the defaults; false and a message at the page where it cannot.
  bool loadFile(const std::filesystem::path& file, const QString& origin = {}, const QStringList& following = {});
  /// Looks for models below these folders, on a worker.
  void findModelsIn(const std::vector<std::filesystem::path>& roots);

  [[nodiscard]] const RunConfig& config() const;
  /// The settings that follow what is usual.
  [[nodiscard]] QStringList following() const;

  /// A setting of new runs was chosen elsewhere: the run on the page takes it unless it has a value of its own.
  void setOfNewRuns(const QString& key, const QString& text);

  /// Why nothing can be started now (a run trains); empty when it can.
  void setBlocked(const QString& reason);
  /// The other machines that can be chosen, each of which `runs` asks for its plan.
  void setHosts(Runs& runs, const QStringList& hosts);
  /// Another run is training: a start waits for its end.
  void setQueueing(bool queueing, AtOnce atOnce);
  void setStartFailure(const QString& sentence);

 public Q_SLOTS:
  /// What the Start button does; nothing while it is disabled.
  void start();

 Q_SIGNALS:
  /// `host` is empty for this machine.
  void startRequested(const rosa::RunConfig& config, const QString& host);
  /// Runs that are to be put into the queue.
  void sweepRequested(const std::vector<rosa::RunConfig>& configs, const QString& host);

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  /// A model's folder or GGUF file becomes the model, a YAML file the settings, anything else the data.
  void dropEvent(QDropEvent* event) override;

 private:
  void openConfig();
  void saveConfig();
  void showCommand();
  void chooseSweep();
  void measure();
  void showPace();
  /// Back to what was loaded; once more, and what was typed is there again.
  void reset();
  void showReset();
  void draftChanged();
  void plan();
  void planAt(const QString& host);
  void planAnew();
  void showPlan(const RunPlan& plan);
  void goTo(const QString& key);
  [[nodiscard]] QString suggestedFile() const;
  void say(const QString& title, const QString& text);

  Engine& engine_;
  JobPool& pool_;
  Runs* runs_ = nullptr;  ///< of the hosts; null while there is none
  Preferences& preferences_;
  ConfigDraft* draft_;
  UsualValues* usual_;
  LatestJob* planning_;
  LatestJob* measuring_;
  std::map<std::string, Pace> paces_;  ///< by the settings that they depend on
  LatestJob* finding_;
  QTimer planDelay_;
  QLabel* origin_;
  ModelCard* model_;
  DataCard* data_;
  MethodCard* method_;
  ReviewCard* review_;
  QScrollArea* scroll_;
  QPushButton* reset_;
  RunConfig loaded_;             ///< what Reset goes back to
  QStringList loadedFollowing_;  ///< with it
  struct Before {
    ConfigDraft::Typed typed;
    QStringList following;
  };
  std::optional<Before> beforeReset_;  ///< until something else is typed
  QString loadedFrom_;
  QHash<QString, QString> ofNewRuns_;  ///< of the settings that the config left open: what they were set to
};

}  // namespace rosa::ui
