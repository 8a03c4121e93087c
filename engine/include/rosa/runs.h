// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/command.h"
#include "rosa/config.h"
#include "rosa/estimate.h"
#include "rosa/events.h"
#include "rosa/expected.h"
#include "rosa/experiment.h"
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
  /// Sequence of the newest event that has come: from where another subscription goes on.
  [[nodiscard]] virtual std::int64_t newest() const = 0;
  /// Once it has ended: why, where the run may go on all the same, on a host that is out of reach. Else empty.
  [[nodiscard]] virtual std::string lost() const { return {}; }
};

struct Attached {
  /// That led to where the run was when it was attached to, oldest first. Of a course of more than 8,192 steps the
  /// newest come, and of those before them the lowest and the highest loss, learning rate and gradient norm of each of
  /// 1,024 stretches (see StepCompleted::smoothedLoss); of as many memory samples, phases and log lines fewer likewise;
  /// all else.
  std::vector<Event> past;
  std::unique_ptr<Subscription> subscription;
};

/// A run that waits for its turn.
struct QueuedRun {
  std::filesystem::path folder;
  bool resume = false;  ///< goes on from its newest checkpoint
  std::string device;   ///< as configured: runs of one device take turns
};

/// An experiment of the paper, as it stands in the queue: `rosa experiment NAME ARGUMENTS`.
struct ExperimentOrder {
  std::string name;                    ///< "nlu", "nlg", "spectrum", "synthetic", "cost"
  std::vector<std::string> arguments;  ///< those of the command; without --to the report goes into the run's folder
  std::filesystem::path directory;     ///< what paths among them are relative to
  std::filesystem::path model, data;   ///< what lists say it is about; empty where it has none
  std::filesystem::path report;        ///< the folder of its page, tables and figures
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
  ///
  /// With a host ("user@name", as the system's ssh knows it) it trains there, where `rosa` is installed, on that host's
  /// files and in its queue. The folder here then holds what it tells, as far as anybody has followed it, and all
  /// members below take it as they take any other; what lies on the host stays there.
  [[nodiscard]] virtual Expected<std::filesystem::path> start(const RunConfig& config, const std::string& host) = 0;
  /// The folder here of a run that began on a host by other means: its name or folder there.
  [[nodiscard]] virtual Expected<std::filesystem::path> adopt(const std::string& host, const std::string& run) = 0;
  /// Likewise for an experiment, in a folder of its own among the runs'. What is wrong with it is told there.
  [[nodiscard]] virtual Expected<std::filesystem::path> startExperiment(const ExperimentOrder& order) = 0;
  /// The order of an experiment's folder; nothing in that of a run.
  [[nodiscard]] virtual Expected<std::optional<ExperimentOrder>> experimentOf(const std::filesystem::path& folder) = 0;
  /// Likewise for a run that is to go on. `acceptedChanges`: what RunRefused told of its data and a person agreed to.
  [[nodiscard]] virtual Status resume(const std::filesystem::path& folder, const std::string& acceptedChanges) = 0;
  /// Events of sequences above `from` come, 0 for all: those of the past at once, those from now on go to `sink`, on a
  /// thread of the subscription, which must not outlive the sink.
  [[nodiscard]] virtual Expected<Attached> attach(const std::filesystem::path& folder, std::int64_t from,
                                                  EventSink& sink) = 0;
  /// The other machine that a run lies on; empty for this one.
  [[nodiscard]] virtual std::string hostOf(const std::filesystem::path& folder) = 0;
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

  /// `Engine::plan` as the host sees it: its model, its data, its memory. An error where it cannot be asked.
  [[nodiscard]] virtual Expected<RunPlan> planAt(const std::string& host, const RunConfig& config) = 0;
};

/// Runs on this machine, each a process of `program`, which is `rosa`. `planOf` is asked, from any thread, where more
/// than one may train at once; without it none does beside another.
[[nodiscard]] std::unique_ptr<Runs> localRuns(const std::filesystem::path& program, PlanOf planOf = {});

/// An error where the name is none that ssh and a shell take as it is: an optional user, @, then letters, digits and
/// . _ - : alone, neither beginning with a hyphen.
[[nodiscard]] Status checkHostName(std::string_view host);

/// What `rosa ARGUMENTS` prints on another machine.
[[nodiscard]] Expected<std::string> askHost(const std::string& host, const std::vector<std::string>& arguments);

/// Every stored line of a run's events above a sequence, whole and oldest first, then those that come, until nobody
/// trains it. `visit` returns false to stop; so does `leave`, which is asked a few times a second. Blocks.
[[nodiscard]] Status followLines(const std::filesystem::path& folder, std::int64_t from,
                                 const std::function<bool(std::string_view line)>& visit,
                                 const std::function<bool()>& leave);

/// What a program on another machine must tell and take for this one: standard input and output of `rosa host`.
struct HostAnswer {
  std::filesystem::path folder;  ///< on the host
  std::string config;            ///< YAML
  bool waits = false;            ///< in the queue there
};
[[nodiscard]] std::string toJson(const HostAnswer& answer);
[[nodiscard]] Expected<HostAnswer> hostAnswerFromJson(std::string_view line);

/// The process that a worker is: `rosa worker FOLDER`.
struct WorkerOrder {
  WorkRequest request;
  int deviceDescriptor = -1;  ///< that holds the right to the device; -1 = none
  bool detach = false;        ///< goes on in a child, so that whoever waits for this process knows that it has begun
};

/// What a worker does with an experiment: tells its begin, its lines, its progress and its end as events of the run,
/// and ends it where it is told to stop. Returns the exit code.
[[nodiscard]] int workExperiment(const WorkRequest& request, const ExperimentOrder& order, const CarryOut& carryOut);

/// Before a worker does anything else: goes on in two processes. The child trains; its exit code is what `train`
/// returns. The parent waits for it, writes into the run how it ended if it did not say so itself, gives up what is
/// locked, and calls `afterwards`. Returns the process's exit code.
[[nodiscard]] int superviseRun(const WorkerOrder& order, const std::function<int()>& train,
                               const std::function<void()>& afterwards);

}  // namespace rosa
