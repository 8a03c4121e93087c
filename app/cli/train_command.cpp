// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>
#include <memory>

#include "cli/background.h"
#include "cli/choice.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/run_names.h"
#include "cli/train_session.h"

namespace rosa::cli {
namespace {

/// On another machine, whose files the settings name; followed until it ends or somebody presses Ctrl-C.
int trainAt(Context& context, const std::string& host, const RunConfig& config, bool background, bool jsonLines) {
  const auto folder = context.runs().start(config, host);
  if (!folder) {
    printError(folder.error().message);
    return kWrongInput;
  }
  return tellBegun(context.runs(), *folder, background, jsonLines, true);
}

}  // namespace

void registerTrain(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("train", "Fine-tune a model; the run folder holds everything");
  command->allow_extras();
  auto flags = std::make_shared<ConfigFlags>(*command);
  auto events = std::make_shared<std::string>();
  command->add_option("--events", *events, "jsonl: one JSON object an event on stdout, nothing else")
      ->check(oneOf({"jsonl"}));
  auto background = std::make_shared<bool>(false);
  command->add_flag("--background", *background,
                    "Train in a process of its own that outlives this one, after the runs that wait already; prints "
                    "the run folder");
  auto host = std::make_shared<std::string>();
  addHostOption(*command, *host);
  command->callback([command, flags, events, background, host, &context, &exitCode] {
    RunConfig config;
    auto problems = flags->read(command->remaining(), config);
    if (!host->empty()) {
      exitCode = problems.empty() ? trainAt(context, *host, config, *background, *events == "jsonl") : kWrongInput;
      if (!problems.empty()) printError(joinProblems(problems));
      return;
    }
    if (!problems.empty()) {
      // Where a value cannot be read its default stands in, so what else is wrong can be told at once too: what large
      // data hold is not worth the wait.
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
      bool late = false;
      auto others =
          context.engine().plan(config, [&] { return late = std::chrono::steady_clock::now() > end; }).problems;
      if (late) others = checkConfig(config);
      problems.insert(problems.end(), others.begin(), others.end());
      printError(joinProblems(problems));
      exitCode = kWrongInput;
      return;
    }
    if (*background) {
      const auto folder = context.runs().start(config, {});
      if (!folder) printError(folder.error().message);
      exitCode = folder ? waitForBegin(context.engine(), context.runs(), *folder) : kWrongInput;
      return;
    }
    exitCode = runToEnd(*events == "jsonl",
                        [&](EventSink& sink) { return context.engine().train(config, sink, interrupted); });
  });
}

}  // namespace rosa::cli
