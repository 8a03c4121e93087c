// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/atomic_write.h"
#include "base/text.h"
#include "host/experiment_work.h"
#include "host/follow_folder.h"
#include "host/mirror.h"
#include "host/remote_feed.h"
#include "host/remote_shell.h"
#include "host/worker_process.h"
#include "rosa/engine.h"
#include "rosa/runs.h"
#include "store/catalogue.h"
#include "store/command_log.h"
#include "store/event_log.h"
#include "store/run_folder.h"
#include "store/run_origin.h"
#include "store/run_queue.h"

namespace rosa {

namespace fs = std::filesystem;

namespace {

/// Follows a run's folder here while what it tells on its host is written into it.
class RemoteSubscription final : public Subscription {
 public:
  RemoteSubscription(std::unique_ptr<host::RemoteFeed> feed, std::unique_ptr<Subscription> folder)
      : feed_(std::move(feed)), folder_(std::move(folder)) {}

  [[nodiscard]] bool ended() const override { return folder_->ended(); }
  [[nodiscard]] std::int64_t newest() const override { return folder_->newest(); }
  [[nodiscard]] std::string lost() const override { return feed_->lost(); }

 private:
  std::unique_ptr<host::RemoteFeed> feed_;
  std::unique_ptr<Subscription> folder_;  ///< last: it asks the feed
};

/// Runs of this machine, and those of hosts that have a folder here.
class LocalRuns final : public Runs {
 public:
  LocalRuns(fs::path program, PlanOf planOf) : program_(std::move(program)), planOf_(std::move(planOf)) {}

  Expected<fs::path> start(const RunConfig& config, const std::string& host) override {
    if (const auto problems = checkConfig(config); !problems.empty()) return Error{joinProblems(problems)};
    if (!host.empty()) return mirrorAfter(host, {"host", "start"}, formatConfig(config));
    ROSA_TRY(const auto folder, store::createRunFolder(config));
    auto status = wait({folder.path, false, {}, configFieldText(config, "device")});
    if (status) status = begun(folder.path);
    return status ? Expected<fs::path>(folder.path) : leaveNothing(folder.path, status.error());
  }

  Expected<fs::path> startExperiment(const ExperimentOrder& order) override {
    RunConfig config;
    config.name = "experiment " + order.name;
    config.model = order.model;
    config.data = order.data;
    ROSA_TRY(const auto folder, store::createRunFolder(config));
    auto status = host::writeExperiment(folder, order);
    if (status) status = wait({folder.path, false, {}, configFieldText(config, "device")});
    if (status) status = begun(folder.path);
    return status ? Expected<fs::path>(folder.path) : leaveNothing(folder.path, status.error());
  }

  Expected<std::optional<ExperimentOrder>> experimentOf(const fs::path& folder) override {
    return host::readExperiment(store::RunFolder{folder});
  }

  Expected<fs::path> adopt(const std::string& host, const std::string& run) override {
    return mirrorAfter(host, {"host", "show", run}, {});
  }

  Status resume(const fs::path& path, const std::string& acceptedChanges) override {
    ROSA_TRY(const auto folder, store::openRunFolder(path));
    ROSA_TRY(const auto origin, store::readRunOrigin(folder));
    if (origin) {
      ROSA_TRY(const auto mirror,
               mirrorAfter(origin->host, {"host", "resume", origin->folder.string()}, acceptedChanges));
      static_cast<void>(mirror);
      return {};
    }
    if (store::isLocked(folder)) {
      return Error{fmt::format("{} is being trained already.", base::printable(folder.path.native()))};
    }
    ROSA_TRY(const auto config, configOf(folder));
    ROSA_CHECK(wait({folder.path, true, acceptedChanges, configFieldText(config, "device")}));
    return begun(folder.path);
  }

  Expected<Attached> attach(const fs::path& path, std::int64_t from, EventSink& sink) override {
    ROSA_TRY(const auto folder, store::openRunFolder(path));
    ROSA_TRY(const auto origin, store::readRunOrigin(folder));
    if (!origin) return host::followFolder(folder, from, sink);
    ROSA_TRY(auto shell, host::RemoteShell::at(origin->host));
    auto feed = std::make_unique<host::RemoteFeed>(folder, *origin, std::move(shell));
    ROSA_TRY(auto attached, host::followFolder(folder, from, sink, [feed = feed.get()] { return !feed->over(); }));
    attached.subscription = std::make_unique<RemoteSubscription>(std::move(feed), std::move(attached.subscription));
    return attached;
  }

  Status send(const fs::path& path, const Command& command) override {
    ROSA_TRY(const auto folder, store::openRunFolder(path));
    ROSA_TRY(const auto origin, store::readRunOrigin(folder));
    if (origin) {
      ROSA_TRY(const auto shell, host::RemoteShell::at(origin->host));
      ROSA_TRY(const auto said, shell.ask({"host", "send", origin->folder.string()}, toJson(command)));
      static_cast<void>(said);
      return {};
    }
    if (!store::isLocked(folder)) {
      return Error{
          fmt::format("{} is not being trained, so there is nobody to read a command. Continue it first: rosa "
                      "resume {}",
                      base::printable(folder.path.native()), base::printable(folder.path.native()))};
    }
    return store::appendCommand(folder, command);
  }

  std::string hostOf(const fs::path& path) override {
    const auto origin = store::readRunOrigin(store::RunFolder{path});
    return origin && *origin ? (*origin)->host : std::string();
  }

  Expected<RunPlan> planAt(const std::string& host, const RunConfig& config) override {
    ROSA_TRY(const auto shell, host::RemoteShell::at(host));
    ROSA_TRY(const auto printed, shell.ask({"host", "plan"}, formatConfig(config)));
    return host::planOf(shell, printed);
  }

  Expected<std::vector<QueuedRun>> queue() override {
    ROSA_TRY(const auto queue, store::RunQueue::open(rosaHome()));
    std::vector<QueuedRun> waiting;
    for (const auto& entry : queue.entries()) waiting.push_back({entry.folder, entry.resume, entry.device});
    return waiting;
  }

  Status move(const fs::path& folder, std::size_t place) override {
    ROSA_TRY(auto queue, store::RunQueue::open(rosaHome()));
    ROSA_TRY(const bool moved, queue.move(folder, place));
    return moved ? Status{} : notWaiting(folder);
  }

  Status withdraw(const fs::path& folder) override {
    ROSA_TRY(const auto origin, store::readRunOrigin(store::RunFolder{folder}));
    if (origin) {
      ROSA_TRY(const auto said, askHost(origin->host, {"queue", "remove", origin->folder.string()}));
      static_cast<void>(said);
      return {};
    }
    ROSA_TRY(auto queue, store::RunQueue::open(rosaHome()));
    ROSA_TRY(const bool removed, queue.remove(folder));
    return removed ? Status{} : notWaiting(folder);
  }

  Status startWaiting() override {
    ROSA_TRY(const auto refusals, beginWaiting());
    return refusals.empty() ? Status{} : refusals.front().reason;
  }

  AtOnce atOnce() override { return store::severalAtOnce(rosaHome()) ? AtOnce::AsMemoryAllows : AtOnce::One; }

  Status setAtOnce(AtOnce atOnce) override {
    ROSA_CHECK(store::setSeveralAtOnce(rosaHome(), atOnce == AtOnce::AsMemoryAllows));
    return startWaiting();
  }

 private:
  /// The reason why a run could not start is the one to tell.
  Error leaveNothing(const fs::path& folder, const Error& reason) {
    static_cast<void>(withdraw(folder));
    static_cast<void>(base::removeFolder(base::FileSystem::real(), folder));
    return reason;
  }

  /// Lets a host do something with a run and finds the run's folder here.
  static Expected<fs::path> mirrorAfter(const std::string& host, const std::vector<std::string>& arguments,
                                        const std::string& input) {
    ROSA_TRY(const auto shell, host::RemoteShell::at(host));
    ROSA_TRY(const auto printed, shell.ask(arguments, input));
    ROSA_TRY(const auto answer, host::answerOf(shell, printed));
    ROSA_TRY(const auto folder, host::mirrorOf(host, answer));
    return folder.path;
  }

  struct Refusal {
    fs::path folder;
    Error reason;
  };

  /// Begins what can begin. A run that cannot leaves the queue, so that those behind it have their turn.
  Expected<std::vector<Refusal>> beginWaiting() {
    // Before the queue is held: to read a model and its data takes a while.
    ROSA_TRY(const auto needs, needsOfAll());
    ROSA_TRY(auto queue, store::RunQueue::open(rosaHome()));
    std::vector<Refusal> refusals;
    std::vector<std::string> full;
    for (const auto& entry : queue.entries()) {
      if (std::ranges::find(full, entry.device) != full.end()) continue;
      if (!mayBegin(entry, needs)) {
        // Those behind it wait too, smaller ones as well: it would never have its turn.
        full.push_back(entry.device);
        continue;
      }
      ROSA_TRY(const auto device, store::tryTakeDevice(rosaHome(), entry.device, entry.folder));
      if (!device) {
        full.push_back(entry.device);
        continue;
      }
      const auto status = begin(entry, device->descriptor());
      ROSA_TRY(const bool removed, queue.remove(entry.folder));
      static_cast<void>(removed);
      if (!status) refusals.push_back({entry.folder, status.error()});
    }
    return refusals;
  }

  /// What a run is expected to take at its peak, and what its device has; 0 = not known.
  struct Need {
    std::int64_t bytes = 0, limitBytes = 0;
  };
  /// By the run's folder.
  using Needs = std::map<fs::path, Need>;

  /// Of those that wait and of those that train, where more than one may train; without the queue while it reckons.
  Expected<Needs> needsOfAll() {
    Needs needs;
    if (!planOf_ || !store::severalAtOnce(rosaHome())) return needs;
    std::vector<fs::path> folders;
    {
      ROSA_TRY(const auto queue, store::RunQueue::open(rosaHome()));
      for (const auto& entry : queue.entries()) folders.push_back(entry.folder);
      for (const auto& run : store::trainingRuns(rosaHome())) folders.push_back(run.folder);
    }
    for (const auto& folder : folders) {
      const auto config = configOf(store::RunFolder{folder});
      if (!config) continue;
      const RunPlan plan = planOf_(*config);
      needs[folder] = {plan.memory.totalBytes(), plan.memoryLimitBytes};
    }
    return needs;
  }

  /// While the queue is held. A run that has its device for itself begins, whatever it takes.
  static bool mayBegin(const store::QueueEntry& entry, const Needs& needs) {
    constexpr double kShare = 0.9;
    const auto training = store::trainingRuns(rosaHome());
    if (std::ranges::find(training, entry.device, &store::TrainingRun::device) == training.end()) return true;
    const auto own = needs.find(entry.folder);
    if (own == needs.end() || own->second.bytes <= 0) return false;
    std::int64_t sum = own->second.bytes;
    for (const auto& run : training) {
      const auto need = needs.find(run.folder);
      if (need == needs.end() || need->second.bytes <= 0) return false;
      sum += need->second.bytes;
    }
    return static_cast<double>(sum) <= kShare * static_cast<double>(own->second.limitBytes);
  }

  /// Begins what can begin; an error where `folder` could not.
  Status begun(const fs::path& folder) {
    ROSA_TRY(const auto refusals, beginWaiting());
    const auto found = std::ranges::find(refusals, folder, &Refusal::folder);
    return found == refusals.end() ? Status{} : found->reason;
  }

  static constexpr std::uint64_t kLargestConfig = std::uint64_t{1} << 20;

  static Expected<RunConfig> configOf(const store::RunFolder& folder) {
    RunConfig config;
    ROSA_TRY(const auto yaml, base::readFile(base::FileSystem::real(), folder.configFile(), kLargestConfig));
    static_cast<void>(parseConfig(yaml, folder.path, config));
    return config;
  }

  static Error notWaiting(const fs::path& folder) {
    return Error{fmt::format("{} does not wait in the queue.", base::printable(folder.native()))};
  }

  static Status wait(const store::QueueEntry& entry) {
    ROSA_TRY(auto queue, store::RunQueue::open(rosaHome()));
    ROSA_TRY(const bool again, queue.remove(entry.folder));
    static_cast<void>(again);
    ROSA_CHECK(queue.append(entry));
    // A run outside the home is listed from now on; that it cannot be is no reason not to train.
    if (auto catalogue = store::Catalogue::open(rosaHome())) {
      static_cast<void>(catalogue->registerRun(store::RunFolder{entry.folder}));
    }
    return {};
  }

  Status begin(const store::QueueEntry& entry, int device) {
    const store::RunFolder folder{entry.folder};
    ROSA_TRY(const auto lock, store::RunLock::take(folder));
    WorkRequest request;
    request.runDirectory = folder.path;
    request.resume = entry.resume;
    request.acceptedChanges = entry.acceptedChanges;
    request.commandsFrom = store::commandBytes(folder);
    return host::spawnWorker(program_, request, lock, device);
  }

  fs::path program_;
  PlanOf planOf_;
};

}  // namespace

std::unique_ptr<Runs> localRuns(const fs::path& program, PlanOf planOf) {
  return std::make_unique<LocalRuns>(program, std::move(planOf));
}

Expected<std::string> askHost(const std::string& host, const std::vector<std::string>& arguments) {
  ROSA_TRY(const auto shell, host::RemoteShell::at(host));
  return shell.ask(arguments);
}

}  // namespace rosa
