// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/atomic_write.h"
#include "base/text.h"
#include "host/follow_folder.h"
#include "host/worker_process.h"
#include "rosa/engine.h"
#include "rosa/runs.h"
#include "store/catalogue.h"
#include "store/command_log.h"
#include "store/event_log.h"
#include "store/run_folder.h"
#include "store/run_queue.h"

namespace rosa {

namespace fs = std::filesystem;

namespace {

class LocalRuns final : public Runs {
 public:
  explicit LocalRuns(fs::path program) : program_(std::move(program)) {}

  Expected<fs::path> start(const RunConfig& config) override {
    if (const auto problems = checkConfig(config); !problems.empty()) return Error{joinProblems(problems)};
    ROSA_TRY(const auto folder, store::createRunFolder(config));
    auto status = wait({folder.path, false, {}, configFieldText(config, "device")});
    if (status) status = begun(folder.path);
    if (!status) {
      // The reason why it could not start is the one to tell.
      static_cast<void>(withdraw(folder.path));
      static_cast<void>(base::removeFolder(base::FileSystem::real(), folder.path));
      return status.error();
    }
    return folder.path;
  }

  Status resume(const fs::path& path, const std::string& acceptedChanges) override {
    ROSA_TRY(const auto folder, store::openRunFolder(path));
    if (store::isLocked(folder)) {
      return Error{fmt::format("{} is being trained already.", base::printable(folder.path.native()))};
    }
    RunConfig config;
    ROSA_TRY(const auto yaml, base::readFile(base::FileSystem::real(), folder.configFile(), kLargestConfig));
    static_cast<void>(parseConfig(yaml, folder.path, config));
    ROSA_CHECK(wait({folder.path, true, acceptedChanges, configFieldText(config, "device")}));
    return begun(folder.path);
  }

  Expected<Attached> attach(const fs::path& path, EventSink& sink) override {
    ROSA_TRY(const auto folder, store::openRunFolder(path));
    return host::followFolder(folder, sink);
  }

  Status send(const fs::path& path, const Command& command) override {
    ROSA_TRY(const auto folder, store::openRunFolder(path));
    if (!store::isLocked(folder)) {
      return Error{
          fmt::format("{} is not being trained, so there is nobody to read a command. Continue it first: rosa "
                      "resume {}",
                      base::printable(folder.path.native()), base::printable(folder.path.native()))};
    }
    return store::appendCommand(folder, command);
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
    ROSA_TRY(auto queue, store::RunQueue::open(rosaHome()));
    ROSA_TRY(const bool removed, queue.remove(folder));
    return removed ? Status{} : notWaiting(folder);
  }

  Status startWaiting() override {
    ROSA_TRY(const auto refusals, beginWaiting());
    return refusals.empty() ? Status{} : refusals.front().reason;
  }

 private:
  struct Refusal {
    fs::path folder;
    Error reason;
  };

  /// Begins what can begin. A run that cannot leaves the queue, so that those behind it have their turn.
  Expected<std::vector<Refusal>> beginWaiting() {
    ROSA_TRY(auto queue, store::RunQueue::open(rosaHome()));
    std::vector<Refusal> refusals;
    std::vector<std::string> busy;
    for (const auto& entry : queue.entries()) {
      if (std::ranges::find(busy, entry.device) != busy.end()) continue;
      ROSA_TRY(const auto device, store::tryTakeDevice(rosaHome(), entry.device));
      if (device) {
        const auto status = begin(entry, device->descriptor());
        ROSA_TRY(const bool removed, queue.remove(entry.folder));
        static_cast<void>(removed);
        if (!status) refusals.push_back({entry.folder, status.error()});
        if (!status) continue;
      }
      // By another run, or by this one from now on.
      busy.push_back(entry.device);
    }
    return refusals;
  }

  /// Begins what can begin; an error where `folder` could not.
  Status begun(const fs::path& folder) {
    ROSA_TRY(const auto refusals, beginWaiting());
    const auto found = std::ranges::find(refusals, folder, &Refusal::folder);
    return found == refusals.end() ? Status{} : found->reason;
  }

  static constexpr std::uint64_t kLargestConfig = std::uint64_t{1} << 20;

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
};

}  // namespace

std::unique_ptr<Runs> localRuns(const fs::path& program) {
  return std::make_unique<LocalRuns>(program);
}

}  // namespace rosa
