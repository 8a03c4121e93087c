// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/latest_job.h"

#include <QPointer>

#include "jobs/job_pool.h"

namespace rosa::ui {

LatestJob::LatestJob(JobPool& pool, QObject* parent) : QObject(parent), pool_(pool) {}

void LatestJob::start(Task task) {
  const bool wasBusy = busy();
  if (running_) {
    stale_ = true;
    next_ = std::move(task);
  } else {
    launch(std::move(task));
  }
  if (!wasBusy) Q_EMIT busyChanged(true);
}

void LatestJob::launch(Task task) {
  running_ = true;
  stale_ = false;
  pool_.run([self = QPointer<LatestJob>(this), task = std::move(task)]() -> std::function<void()> {
    return [self, deliver = task()] {
      if (self) self->finish(deliver);
    };
  });
}

void LatestJob::finish(const std::function<void()>& deliver) {
  running_ = false;
  if (next_) {
    launch(std::exchange(next_, nullptr));
    return;
  }
  const bool wanted = !std::exchange(stale_, false);
  if (!wanted) return;
  Q_EMIT busyChanged(false);
  deliver();
}

void LatestJob::cancel() {
  const bool wasBusy = busy();
  next_ = nullptr;
  stale_ = running_;
  if (wasBusy) Q_EMIT busyChanged(false);
}

}  // namespace rosa::ui
