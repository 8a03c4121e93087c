// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/job_pool.h"

#include <QMetaObject>
#include <utility>

namespace rosa::ui {
namespace {

// A long export must not keep the plan of the next run waiting; more threads would take cores from training.
constexpr int kThreads = 2;

}  // namespace

JobPool::JobPool() {
  threads_.setMaxThreadCount(kThreads);
}

JobPool::~JobPool() {
  threads_.clear();
  threads_.waitForDone();
}

void JobPool::run(std::function<std::function<void()>()> work) {
  threads_.start([this, work = std::move(work)] {
    try {
      QMetaObject::invokeMethod(&guiThread_, work(), Qt::QueuedConnection);
    } catch (...) {
      // Out of a thread of the pool it would end the program, and with it the run that trains.
    }
  });
}

}  // namespace rosa::ui
