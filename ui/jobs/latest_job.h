// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <atomic>
#include <functional>
#include <memory>
#include <type_traits>
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
  ~LatestJob() override;

  /// True as soon as the answer would be dropped.
  using GiveUp = std::function<bool()>;

  /// `work()`, or `work(giveUp)`, runs on a worker and may block; `done(result)` runs on the GUI thread.
  template <typename Work, typename Done>
  void ask(Work work, Done done) {
    start([work = std::move(work), done = std::move(done)](const GiveUp& giveUp) -> std::function<void()> {
      const auto answer = [&] {
        if constexpr (std::is_invocable_v<const Work&, const GiveUp&>) {
          return work(giveUp);
        } else {
          return work();
        }
      };
      // std::function wants copyable state, results need not be copyable.
      auto result = std::make_shared<decltype(answer())>(answer());
      return [result, done] { done(std::move(*result)); };
    });
  }
  /// Drops what is asked and not yet answered.
  void cancel();

  [[nodiscard]] bool busy() const { return running_ && (!stale_ || next_); }

 Q_SIGNALS:
  void busyChanged(bool busy);
  /// The work threw: there is no answer.
  void failed(const QString& sentence);

 private:
  using Task = std::function<std::function<void()>(const GiveUp&)>;
  void start(Task task);
  void launch(Task task);
  void finish(const std::function<void()>& deliver);
  void makeStale();

  JobPool& pool_;
  bool running_ = false;
  bool stale_ = false;                           ///< the running question's answer is no longer wanted
  std::shared_ptr<std::atomic<bool>> unwanted_;  ///< the same, for the worker to read
  Task next_;
};

}  // namespace rosa::ui
