// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/latest_job.h"

#include <QPointer>
#include <exception>

#include "jobs/job_pool.h"

namespace rosa::ui {

LatestJob::LatestJob(JobPool& pool, QObject* parent) : QObject(parent), pool_(pool) {}

LatestJob::~LatestJob() {
  makeStale();
}

void LatestJob::start(Task task) {
  const bool wasBusy = busy();
  if (running_) {
    makeStale();
    next_ = std::move(task);
  } else {
    launch(std::move(task));
  }
  if (!wasBusy) Q_EMIT busyChanged(true);
}

void LatestJob::launch(Task task) {
  running_ = true;
  stale_ = false;
  unwanted_ = std::make_shared<std::atomic<bool>>(false);
  pool_.run(
      [self = QPointer<LatestJob>(this), task = std::move(task), unwanted = unwanted_]() -> std::function<void()> {
        std::function<void()> deliver;
        try {
          deliver = task([unwanted] { return unwanted->load(); });
        } catch (const std::exception& error) {
          deliver = [self, sentence = QString::fromLocal8Bit(error.what())] { Q_EMIT self->failed(sentence); };
        }
        return [self, deliver] {
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

void LatestJob::makeStale() {
  stale_ = running_;
  if (unwanted_) *unwanted_ = true;
}

void LatestJob::cancel() {
  const bool wasBusy = busy();
  next_ = nullptr;
  makeStale();
  if (wasBusy) Q_EMIT busyChanged(false);
}

}  // namespace rosa::ui
