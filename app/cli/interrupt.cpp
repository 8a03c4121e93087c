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

// Written by the signal handlers.
std::atomic<int> interrupts = 0;    // Ctrl-C
std::atomic<int> terminations = 0;  // SIGTERM
std::atomic<int> hangUps = 0;       // SIGHUP
static_assert(std::atomic<int>::is_always_lock_free);

void countInterrupt(int) {
  interrupts.fetch_add(1, std::memory_order_relaxed);
}
void countTermination(int) {
  terminations.fetch_add(1, std::memory_order_relaxed);
}
void countHangUp(int) {
  hangUps.fetch_add(1, std::memory_order_relaxed);
}

/// How urgently the run is to end: 1 saves, 2 gives the step up. The end of a session sends several signals at once,
/// and all of them together ask for one save; beside Ctrl-C, SIGTERM is as Ctrl-C again, whichever of them came first.
int urgency() {
  const int asked = interrupts.load(std::memory_order_relaxed);
  const int ended = terminations.load(std::memory_order_relaxed);
  if (asked > 0) return asked + ended;
  return ended + hangUps.load(std::memory_order_relaxed) > 0 ? 1 : 0;
}

void countSignals(int flags) {
  struct sigaction action = {};
  action.sa_flags = flags;
  action.sa_handler = countInterrupt;
  sigaction(SIGINT, &action, nullptr);
  action.sa_handler = countTermination;
  sigaction(SIGTERM, &action, nullptr);
  // Whoever started it with nohup wants it to outlive the terminal.
  struct sigaction before = {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler == SIG_IGN) return;
  action.sa_handler = countHangUp;
  sigaction(SIGHUP, &action, nullptr);
}

}  // namespace

void watchInterrupts(SecondInterrupt second) {
  countSignals(second == SecondInterrupt::EndsProcess ? static_cast<int>(SA_RESETHAND) : 0);
}

bool interrupted() {
  return urgency() > 0;
}

void forgetInterrupts() {
  interrupts.store(0, std::memory_order_relaxed);
  watchInterrupts(SecondInterrupt::EndsProcess);
}

bool waitWithInterrupt(Run& run) {
  countSignals(0);

  using Clock = std::chrono::steady_clock;
  int seen = 0;
  Clock::time_point givenUpAt;
  while (!run.ended()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const int now = urgency();
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
