// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <csignal>
#include <memory>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/progress_sink.h"

namespace rosa::cli {

/// Starts a run with `start(sink)`, which gives up where `interrupted` says so, shows it until it ends and returns the
/// exit code.
template <typename Start>
int runToEnd(bool jsonLines, Start start) {
  // A reader that goes away (`| head`) ends what it reads, not the training.
  std::signal(SIGPIPE, SIG_IGN);
  const auto sink = makeSink(jsonLines);
  watchInterrupts(SecondInterrupt::EndsProcess);
  auto run = start(*sink);
  if (!run) {
    printError(run.error().message);
    return interrupted() ? kFailed : kWrongInput;
  }
  const bool wanted = waitWithInterrupt(**run);
  return wanted && (*run)->succeeded() ? kDone : kFailed;
}

}  // namespace rosa::cli
