// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rosa/engine.h"
#include "rosa/runs.h"

namespace rosa::ui {

class JobPool;
class Mailbox;

/// The run that the window follows: starts it or attaches to one that goes on, passes commands on, and hands over its
/// events 30 times a second. The run is a process of its own, which neither the controller nor the window can end by
/// going away.
///
/// GUI thread only, and never blocks it: starting, reading a run's past and writing commands happen on the pool.
/// Engine, runs and pool must outlive it.
class RunController : public QObject {
  Q_OBJECT

 public:
  enum class State { Idle, Starting, Training, Pausing, Paused, Stopping };

  RunController(Engine& engine, Runs& runs, JobPool& pool, QObject* parent = nullptr);
  ~RunController() override;

  /// Begins, or waits in the queue: then `queued` is emitted, and whatever is followed stays followed. Nothing happens
  /// while another is just starting. `host`: the other machine that it is to train on; empty for this one.
  void start(const RunConfig& config, const std::string& host = {});
  /// The run's stored events come first, so that its curves go on where they ended. `acceptedChanges`: what
  /// `dataChanged` told and a person agreed to; where something else has changed by now, it is told again.
  void resume(const std::filesystem::path& runDirectory, const QString& acceptedChanges = {});
  /// Follows a run that goes on, whoever started it. One that is followed already is left to itself.
  void attach(const std::filesystem::path& runDirectory);

  void pause();
  void unpause();
  void saveNow();
  /// Text for `prompt`; empty = for the run's own prompts.
  void sampleNow(const std::string& prompt = {});
  void stop(StopMode mode);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool active() const { return state_ != State::Idle; }
  /// Of the present or last run; empty before the first.
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

 Q_SIGNALS:
  void stateChanged();
  /// What a run does before its first step: "opening model and data".
  void opening(const QString& phase);
  /// A run is about to send its events. `again`: those after the ones that it has sent already; else whatever was shown
  /// of the last one can go.
  void started(bool again);
  void refused(const QString& sentence);
  /// Waits for its turn, or trains beside the run that is followed.
  void queued(const std::filesystem::path& runDirectory);
  /// In place of `refused`: the run can go on if someone agrees to what has changed in its data.
  void dataChanged(const std::filesystem::path& runDirectory, const QString& changes);
  void eventsArrived(const std::vector<rosa::Event>& events);
  void commandFailed(const QString& sentence);
  /// Just before `ended`: the run may go on, on a host that is out of reach.
  void followedNoLonger(const QString& sentence);
  /// The run's process is gone; another run may be started.
  void ended();

 private:
  struct Launch {
    std::filesystem::path folder;
    Expected<Attached> attached = Attached{};
    bool fresh = false;  ///< its folder is as new as itself
    bool again = false;  ///< only what has come since it was followed last
    bool waits = false;
  };
  void launch(std::function<Launch(EventSink&)> work);
  /// From where a run's events are wanted: all, or those after what was handed over of the same run.
  [[nodiscard]] std::int64_t from(const std::filesystem::path& runDirectory) const;
  void take(Launch& launched, const std::shared_ptr<Mailbox>& mailbox);
  void leave();
  void deliver();
  /// Events of a run that has not begun; the number of them. Begins with the first that says so.
  std::size_t open(const std::vector<Event>& events);
  void begin();
  void follow(const Event& event);
  void finish();
  void forget();
  void refuse();
  void send(const Command& command);
  void flush();
  void setState(State state);

  Engine& engine_;
  Runs& runs_;
  JobPool& pool_;
  QTimer timer_;
  std::shared_ptr<Mailbox> mailbox_;            ///< outlives the subscription
  std::unique_ptr<Subscription> subscription_;  ///< null while nothing is followed
  std::vector<Event> past_;                     ///< until the run has begun
  std::vector<Command> outbox_;                 ///< in the order they were given
  bool sending_ = false;
  bool fresh_ = false;
  bool again_ = false;
  bool begun_ = false;       ///< it has got beyond its opening
  std::int64_t newest_ = 0;  ///< sequence of the newest event of `directory_` that was handed over; 0 = none
  bool told_ = false;        ///< that it has ended, by the run itself
  RunRefused refusal_;
  std::int64_t step_ = 0;
  std::optional<StopMode> stopWhenStarted_;
  std::filesystem::path directory_;
  State state_ = State::Idle;
};

}  // namespace rosa::ui
