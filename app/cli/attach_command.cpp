// SPDX-License-Identifier: GPL-3.0-or-later
#include <csignal>
#include <memory>

#include "cli/background.h"
#include "cli/choice.h"
#include "cli/command.h"
#include "cli/progress_sink.h"
#include "cli/run_names.h"

namespace rosa::cli {

void registerAttach(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("attach", "Follow a run that goes on, whoever started it; Ctrl-C leaves it alone");
  auto run = std::make_shared<std::string>();
  auto events = std::make_shared<std::string>();
  command->add_option("run", *run, "Run name or folder")->required()->type_name("RUN");
  command->add_option("--events", *events, "jsonl: one JSON object an event on stdout, those of the past first")
      ->check(oneOf({"jsonl"}));
  auto host = std::make_shared<std::string>();
  addHostOption(*command, *host);
  command->callback([run, events, host, &context, &exitCode] {
    const auto folder = runFolderAt(context, *run, *host);
    if (!folder) {
      printError(folder.error().message);
      exitCode = kWrongInput;
      return;
    }
    std::signal(SIGPIPE, SIG_IGN);
    const bool jsonLines = *events == "jsonl";
    const auto sink = makeSink(jsonLines);
    exitCode = followRun(context.runs(), *folder, *sink, jsonLines);
  });
}

}  // namespace rosa::cli
