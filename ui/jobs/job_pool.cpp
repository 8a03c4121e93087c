// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/job_pool.h"

#include <QDebug>
#include <QMetaObject>
#include <exception>
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
    // The engine throws nothing, but memory can end in between; a thread that throws would take the window with it.
    try {
      QMetaObject::invokeMethod(&guiThread_, work(), Qt::QueuedConnection);
    } catch (const std::exception& error) {
      qWarning("A job in the background failed: %s", error.what());
    } catch (...) {
      qWarning("A job in the background failed.");
    }
  });
}

}  // namespace rosa::ui
