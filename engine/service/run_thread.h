// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "rosa/events.h"
#include "rosa/run.h"
#include "store/event_log.h"
#include "store/run_folder.h"
#include "train/event_fan.h"
#include "train/progress.h"
#include "train/run_control.h"
#include "train/session.h"

namespace rosa::service {

/// A run on a thread of its own. That thread alone touches the session; its top frame is the one place where LibTorch's
/// exceptions end, as RunFailed.
class RunThread final : public Run {
 public:
  struct Parts {
    std::unique_ptr<train::Session> session;
    train::Progress progress;  ///< of the checkpoint a resumed run goes on from
    store::RunFolder folder;
    store::RunLock lock;
    store::EventLog log;
    MemoryParts estimate;
  };
  RunThread(Parts parts, EventSink& sink);
  ~RunThread() override;

  void pause() override { control_.pause(); }
  void unpause() override { control_.unpause(); }
  void saveNow() override { control_.requestSave(); }
  void sampleNow() override { control_.requestSample(); }
  void stop(StopMode mode) override { control_.stop(mode); }
  void wait() override;
  [[nodiscard]] bool ended() const override { return *ended_; }
  [[nodiscard]] bool succeeded() const override { return *ended_ && succeeded_; }
  [[nodiscard]] std::filesystem::path directory() const override { return parts_.folder.path; }

  /// Becomes true when the run has ended; lives as long as the run.
  [[nodiscard]] std::shared_ptr<const std::atomic<bool>> endedFlag() const { return ended_; }

 private:
  void work();
  [[nodiscard]] Status trainAll(train::EventFan& events);
  [[nodiscard]] RunStarted started() const;

  Parts parts_;
  EventSink& sink_;
  train::RunControl control_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
  std::atomic<bool> succeeded_ = false;
  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace rosa::service
