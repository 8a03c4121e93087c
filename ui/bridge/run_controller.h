// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "rosa/engine.h"

namespace rosa::ui {

class JobPool;
class Mailbox;

/// The one run of the window: starts it, passes commands on, and hands over its events 30 times a second.
///
/// GUI thread only, and never blocks it: starting, reading a resumed run's past and waiting for the end of the run's
/// thread happen on the pool. Engine and pool must outlive it. Destroyed while a run trains, it ends that run without a
/// save and waits; the window therefore stops and saves before it closes.
class RunController : public QObject {
  Q_OBJECT

 public:
  enum class State { Idle, Starting, Training, Pausing, Paused, Stopping };

  RunController(Engine& engine, JobPool& pool, QObject* parent = nullptr);
  ~RunController() override;

  /// Nothing happens unless the state is Idle.
  void start(const RunConfig& config);
  /// The run's stored events come first, so that its curves go on where they ended. `acceptedChanges`: what
  /// `dataChanged` told and a person agreed to; where something else has changed by now, it is told again.
  void resume(const std::filesystem::path& runDirectory, const QString& acceptedChanges = {});

  void pause();
  void unpause();
  void saveNow();
  void sampleNow();
  void stop(StopMode mode);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool active() const { return state_ != State::Idle; }
  /// Of the present or last run; empty before the first.
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

 Q_SIGNALS:
  void stateChanged();
  /// A run is about to send its events; whatever was shown of the last one can go.
  void started();
  void refused(const QString& sentence);
  /// In place of `refused`: the run can go on if someone agrees to what has changed in its data.
  void dataChanged(const std::filesystem::path& runDirectory, const QString& changes);
  void eventsArrived(const std::vector<rosa::Event>& events);
  /// The run's thread has ended; another run may be started.
  void ended();

 private:
  struct Launch {
    std::vector<Event> past;
    Expected<std::unique_ptr<Run>> run;
    std::filesystem::path resumed = {};
    std::string refusedChanges = {};  ///< of the resumed run's data, where they are why it was refused
  };
  void launch(std::function<Launch(EventSink&)> work);
  void take(Launch& launched);
  void deliver();
  void follow(const Event& event);
  void release();
  void setState(State state);

  Engine& engine_;
  JobPool& pool_;
  QTimer timer_;
  // Shared with the worker that waits for the run's thread: the sink must outlive the run.
  std::shared_ptr<Mailbox> mailbox_;
  std::shared_ptr<Run> run_;
  std::optional<StopMode> stopWhenStarted_;
  std::filesystem::path directory_;
  State state_ = State::Idle;
};

}  // namespace rosa::ui
