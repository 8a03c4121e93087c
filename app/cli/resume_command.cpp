// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/background.h"
#include "cli/choice.h"
#include "cli/command.h"
#include "cli/train_session.h"

namespace rosa::cli {

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
  command->callback([directory, events, changed, background, steps, processes, &context, &exitCode] {
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
      const auto status = context.runs().resume(*directory, {});
      if (!status) printError(status.error().message);
      exitCode = status ? waitForBegin(context.engine(), context.runs(), *directory, false) : kWrongInput;
      return;
    }
    options.giveUp = interrupted;
    exitCode = runToEnd(*events == "jsonl",
                        [&](EventSink& sink) { return context.engine().resume(*directory, sink, options); });
  });
}

}  // namespace rosa::cli
