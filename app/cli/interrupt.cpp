// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "cli/command.h"

namespace rosa::cli {

namespace {

std::atomic<int> interrupts = 0;  // written by the signal handler
static_assert(std::atomic<int>::is_always_lock_free);

void countInterrupt(int) {
  interrupts.fetch_add(1, std::memory_order_relaxed);
}

void countInterrupts(int flags) {
  struct sigaction action = {};
  action.sa_handler = countInterrupt;
  action.sa_flags = flags;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

void watchInterrupts(SecondInterrupt second) {
  countInterrupts(second == SecondInterrupt::EndsProcess ? static_cast<int>(SA_RESETHAND) : 0);
}

bool interrupted() {
  return interrupts.load(std::memory_order_relaxed) > 0;
}

bool waitWithInterrupt(Run& run) {
  countInterrupts(0);

  using Clock = std::chrono::steady_clock;
  int seen = 0;
  Clock::time_point givenUpAt;
  while (!run.ended()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const int now = interrupts.load(std::memory_order_relaxed);
    if (now > seen) {
      seen = now;
      if (seen == 1) {
        std::fputs("\nrosa: stopping after this step and saving (Ctrl-C again stops now)\n", stderr);
        run.stop(StopMode::Save);
      } else {
        run.stop(StopMode::Discard);
        givenUpAt = Clock::now();
      }
    }
    if (seen >= 2 && Clock::now() - givenUpAt > std::chrono::seconds(2)) _exit(kFailed);
  }
  run.wait();
  return seen < 2;
}

}  // namespace rosa::cli
