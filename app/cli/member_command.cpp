// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/quiet_sink.h"

namespace rosa::cli {

void registerMember(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("member", "A process that trains with others: what train --processes starts");
  command->group("");  // not for people
  command->callback([&context, &exitCode] {
    QuietSink sink;
    // What to train comes from the process that started this one, and goes back there if it fails.
    auto run = context.engine().train(RunConfig(), sink);
    const bool wanted = run && waitWithInterrupt(**run);
    exitCode = wanted && (*run)->succeeded() ? kDone : kFailed;
  });
}

}  // namespace rosa::cli
