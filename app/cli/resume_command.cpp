// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>

#include "cli/background.h"
#include "cli/choice.h"
#include "cli/command.h"
#include "cli/run_names.h"
#include "cli/train_session.h"

namespace rosa::cli {
namespace {

int refuseMore() {
  printError(
      "Of a run on another machine neither --steps, --processes nor --data-changed is taken here: resume it "
      "there, by ssh.");
  return kWrongInput;
}

/// A run on another machine, of which `directory` is the folder here, or its name or folder there.
int resumeAt(Context& context, const std::string& directory, const std::string& host, bool background, bool jsonLines) {
  auto& runs = context.runs();
  const auto folder = runFolderAt(context, directory, host);
  const auto status = folder ? runs.resume(*folder, {}) : Status(folder.error());
  if (!status) {
    printError(status.error().message);
    return kWrongInput;
  }
  return tellBegun(runs, *folder, background, jsonLines, false);
}

}  // namespace

void registerResume(CLI::App& app, Context& context, int& exitCode) {
  auto* command =
      app.add_subcommand("resume", "Continue a stopped or interrupted run from its newest verified checkpoint");
  auto directory = std::make_shared<std::string>();
  auto events = std::make_shared<std::string>();
  command->add_option("run", *directory, "Run folder")->required()->type_name("RUN_DIR");
  command->add_option("--events", *events, "jsonl: one JSON object an event on stdout, nothing else")
      ->check(oneOf({"jsonl"}));
  auto changed = std::make_shared<std::string>();
  command->add_option("--data-changed", *changed, "accept: go on although the data files have changed since the start")
      ->check(oneOf({"accept"}));
  auto background = std::make_shared<bool>(false);
  command->add_flag("--background", *background, "Go on in a process of its own that outlives this one");
  auto steps = std::make_shared<std::int64_t>(0);
  command->add_option("--steps", *steps, "How many steps the run has in all from now on: a finished run trains longer")
      ->check(wholeNumberFrom(1));
  auto processes = std::make_shared<std::int64_t>(0);
  command->add_option("--processes", *processes, "Processes on this machine that share each step from now on")
      ->check(wholeNumberFrom(1));
  auto host = std::make_shared<std::string>();
  addHostOption(*command, *host);
  command->callback([directory, events, changed, background, steps, processes, host, &context, &exitCode] {
    if (!host->empty() || !context.runs().hostOf(*directory).empty()) {
      const bool more = *steps > 0 || *processes > 0 || !changed->empty();
      exitCode = more ? refuseMore() : resumeAt(context, *directory, *host, *background, *events == "jsonl");
      return;
    }
    ResumeOptions options{[accept = *changed == "accept"](const std::string&) { return accept; }, {}};
    if (*processes > 0) options.processes = *processes;
    if (*steps > 0) {
      if (const auto extended = context.engine().extendRun(*directory, *steps); !extended) {
        printError(extended.error().message);
        exitCode = kWrongInput;
        return;
      }
    }
    if (*background) {
      const auto before = newestOf(context.runs(), *directory);
      const auto status = context.runs().resume(*directory, {});
      if (!status) printError(status.error().message);
      exitCode = status ? waitForBegin(context.engine(), context.runs(), *directory, before) : kWrongInput;
      return;
    }
    options.giveUp = interrupted;
    exitCode = runToEnd(*events == "jsonl",
                        [&](EventSink& sink) { return context.engine().resume(*directory, sink, options); });
  });
}

}  // namespace rosa::cli
