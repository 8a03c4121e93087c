// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <functional>
#include <memory>
#include <utility>

/// One question to the engine at a time, of which only the newest answer counts.
namespace rosa::ui {

class JobPool;

/// GUI thread only. Asked again while a worker is still busy with an older question, it drops the older answer and then
/// works on the newest question; those in between are never started. An answer that arrives after the object is gone is
/// dropped too.
class LatestJob : public QObject {
  Q_OBJECT

 public:
  explicit LatestJob(JobPool& pool, QObject* parent = nullptr);

  /// `work()` runs on a worker and may block; `done(result)` runs on the GUI thread.
  template <typename Work, typename Done>
  void ask(Work work, Done done) {
    start([work = std::move(work), done = std::move(done)]() -> std::function<void()> {
      // std::function wants copyable state, results need not be copyable.
      auto result = std::make_shared<decltype(work())>(work());
      return [result, done] { done(std::move(*result)); };
    });
  }
  /// Drops what is asked and not yet answered.
  void cancel();

  [[nodiscard]] bool busy() const { return running_ && (!stale_ || next_); }

 Q_SIGNALS:
  void busyChanged(bool busy);

 private:
  using Task = std::function<std::function<void()>()>;
  void start(Task task);
  void launch(Task task);
  void finish(const std::function<void()>& deliver);

  JobPool& pool_;
  bool running_ = false;
  bool stale_ = false;  ///< the running question's answer is no longer wanted
  Task next_;
};

}  // namespace rosa::ui
