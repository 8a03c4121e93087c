// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "rosa/events.h"
#include "rosa/run.h"
#include "service/run_opening.h"
#include "store/event_log.h"
#include "store/run_folder.h"
#include "train/event_fan.h"
#include "train/run_control.h"

namespace rosa::service {

/// A run on a thread of its own. That thread alone touches the session; its top frame is the one place where LibTorch's
/// exceptions end, as RunFailed. Asked for something by its owner or by a line of commands.jsonl in its folder.
class RunThread final : public Run {
 public:
  struct Parts {
    store::RunFolder folder;  ///< no path where another process writes it, which leads this one
    std::optional<store::RunLock> lock;
    std::optional<store::EventLog> log;
    std::int64_t commandsFrom = 0;  ///< bytes of commands.jsonl that were asked of earlier sessions
    /// Called first on the run's thread: makes what is trained, or hands over what was made before.
    std::function<Expected<OpenedRun>(Opening&)> open;
  };
  RunThread(Parts parts, EventSink& sink);
  ~RunThread() override;

  void give(const Command& command) override { control_.give(command); }
  void wait() override;
  [[nodiscard]] bool ended() const override { return *ended_; }
  [[nodiscard]] bool succeeded() const override { return *ended_ && succeeded_; }
  [[nodiscard]] std::filesystem::path directory() const override { return parts_.folder.path; }

  /// Becomes true when the run has ended; lives as long as the run.
  [[nodiscard]] std::shared_ptr<const std::atomic<bool>> endedFlag() const { return ended_; }

 private:
  void work();
  /// False where it was refused, which is told.
  [[nodiscard]] bool open(train::EventFan& events);
  [[nodiscard]] Status trainAll(train::EventFan& events);
  /// From the first event to the last.
  void tellAll(EventSink& sink);
  /// Leaves the group, where there is one, on the thread that may have started its processes.
  void leaveGroup(const std::string& failure);
  [[nodiscard]] RunStarted started() const;

  Parts parts_;
  OpenedRun opened_;
  EventSink& sink_;
  train::RunControl control_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
  std::atomic<bool> succeeded_ = false;
  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace rosa::service
