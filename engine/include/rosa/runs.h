// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rosa/command.h"
#include "rosa/config.h"
#include "rosa/estimate.h"
#include "rosa/events.h"
#include "rosa/expected.h"
#include "rosa/services.h"

/// Runs as processes of their own: the engine answers questions, `Runs` runs.
///
/// A run's folder is the only channel to it. Its events are read from events.jsonl, commands are appended to
/// commands.jsonl, so that a window which is opened again, a second window and a terminal all see and steer the same
/// run, and none of them can take it along when it ends.
namespace rosa {

/// Follows a run. Destroyed, it stops following; the run goes on.
class Subscription {
 public:
  virtual ~Subscription() = default;
  /// True once the run's process is gone and the sink has got its last event.
  [[nodiscard]] virtual bool ended() const = 0;
};

struct Attached {
  std::vector<Event> past;  ///< that led to where the run was when it was attached to, oldest first
  std::unique_ptr<Subscription> subscription;
};

/// A run that waits for its turn.
struct QueuedRun {
  std::filesystem::path folder;
  bool resume = false;  ///< goes on from its newest checkpoint
  std::string device;   ///< as configured: runs of one device take turns
};

/// How many runs of a device train at once: one, or as many, in the queue's order, as are expected to fit into nine
/// tenths of its memory together.
enum class AtOnce { One, AsMemoryAllows };

/// What a run would take: `Engine::plan`.
using PlanOf = std::function<RunPlan(const RunConfig& config)>;

/// All members may be called from any thread; they read and write files, and block for as long as that takes.
class Runs {
 public:
  virtual ~Runs() = default;

  /// Makes the run's folder and puts it at the end of the queue; where nothing trains on its device, it begins at once.
  /// What is wrong with model or data is told by the run itself, as RunRefused.
  [[nodiscard]] virtual Expected<std::filesystem::path> start(const RunConfig& config) = 0;
  /// Likewise for a run that is to go on. `acceptedChanges`: what RunRefused told of its data and a person agreed to.
  [[nodiscard]] virtual Status resume(const std::filesystem::path& folder, const std::string& acceptedChanges) = 0;
  /// Events from now on go to `sink`, on a thread of the subscription, which must not outlive the sink.
  [[nodiscard]] virtual Expected<Attached> attach(const std::filesystem::path& folder, EventSink& sink) = 0;
  /// Refused where the run neither trains nor is about to.
  [[nodiscard]] virtual Status send(const std::filesystem::path& folder, const Command& command) = 0;

  /// The runs that wait, the next one first.
  [[nodiscard]] virtual Expected<std::vector<QueuedRun>> queue() = 0;
  /// Moves a waiting run to a place, from 0; beyond the end is the end.
  [[nodiscard]] virtual Status move(const std::filesystem::path& folder, std::size_t place) = 0;
  /// Takes a waiting run out of the queue; its folder stays.
  [[nodiscard]] virtual Status withdraw(const std::filesystem::path& folder) = 0;
  /// Starts what can start: after a reboot nothing else does.
  [[nodiscard]] virtual Status startWaiting() = 0;

  /// Kept beside the queue, for whoever starts runs of it. One where nobody has said otherwise.
  [[nodiscard]] virtual AtOnce atOnce() = 0;
  /// Starts what can start from now on.
  [[nodiscard]] virtual Status setAtOnce(AtOnce atOnce) = 0;
};

/// Runs on this machine, each a process of `program`, which is `rosa`. `planOf` is asked, from any thread, where more
/// than one may train at once; without it none does beside another.
[[nodiscard]] std::unique_ptr<Runs> localRuns(const std::filesystem::path& program, PlanOf planOf = {});

/// The process that a worker is: `rosa worker FOLDER`.
struct WorkerOrder {
  WorkRequest request;
  int deviceDescriptor = -1;  ///< that holds the right to the device; -1 = none
  bool detach = false;        ///< goes on in a child, so that whoever waits for this process knows that it has begun
};

/// Before a worker does anything else: goes on in two processes. The child trains; its exit code is what `train`
/// returns. The parent waits for it, writes into the run how it ended if it did not say so itself, gives up what is
/// locked, and calls `afterwards`. Returns the process's exit code.
[[nodiscard]] int superviseRun(const WorkerOrder& order, const std::function<int()>& train,
                               const std::function<void()>& afterwards);

}  // namespace rosa
