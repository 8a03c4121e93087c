// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>

#include "cli/choice.h"
#include "cli/command.h"
#include "cli/json_text.h"
#include "rosa/sweep.h"

namespace rosa::cli {
namespace {

struct SweepFlags {
  std::vector<std::string> axes;
  std::int64_t draws = 0;  // 0 = the grid
  std::int64_t seed = 1;
  bool start = false;
  bool json = false;
};

Expected<std::vector<SweptRun>> sweptRuns(const RunConfig& base, const SweepFlags& flags) {
  std::vector<SweepAxis> axes;
  for (const auto& text : flags.axes) {
    ROSA_TRY(auto axis, parseSweepAxis(text));
    axes.push_back(std::move(axis));
  }
  if (flags.draws > 0) return randomSweep(base, axes, flags.draws, static_cast<std::uint64_t>(flags.seed));
  return gridSweep(base, axes);
}

/// Prints the runs with their problems and times; false where one cannot run.
bool printRuns(Engine& engine, const std::vector<SweptRun>& runs, bool json) {
  double seconds = 0;
  bool sound = true;
  auto array = nlohmann::ordered_json::array();
  for (const auto& run : runs) {
    const auto plan = engine.plan(run.config);
    seconds += plan.estimatedSeconds;
    sound = sound && plan.problems.empty();
    const auto told = joinProblems(plan.problems);
    if (json) {
      array.push_back({{"name", run.config.name},
                       {"label", run.label},
                       {"steps", plan.totalSteps},
                       {"estimated_seconds", plan.estimatedSeconds},
                       {"problems", told}});
    } else {
      fmt::print("{:<40} {:>7} steps  {}\n", run.config.name, plan.totalSteps, told);
    }
  }
  if (json) {
    fmt::print("{}\n", array.dump());
  } else {
    const auto time =
        seconds > 0 ? fmt::format(", about {} one after the other", humanSeconds(seconds)) : std::string();
    fmt::print("{} runs{}. Put them into the queue with --start.\n", runs.size(), time);
  }
  return sound;
}

int queueRuns(Runs& runs, const std::vector<SweptRun>& swept) {
  for (const auto& run : swept) {
    const auto folder = runs.start(run.config, {});
    if (!folder) {
      printError(folder.error().message);
      return kFailed;
    }
    fmt::print("{}\n", folder->string());
  }
  return kDone;
}

}  // namespace

void registerSweep(CLI::App& app, Context& context, int& exitCode) {
  auto* command =
      app.add_subcommand("sweep", "Several runs over the values of some settings: shown, or put into the queue");
  command->allow_extras();
  auto flags = std::make_shared<ConfigFlags>(*command);
  auto sweep = std::make_shared<SweepFlags>();
  command
      ->add_option("--over", sweep->axes,
                   "SETTING=VALUES (repeatable): lr=1e-4,3e-4 or seed=1..5; for --random also lr=1e-5..1e-3")
      ->required()
      ->type_name("SETTING=VALUES")
      ->allow_extra_args(false);
  command->add_option("--random", sweep->draws, "So many draws in place of every combination")
      ->check(wholeNumberFrom(1))
      ->type_name("N");
  command->add_option("--random-seed", sweep->seed, "What the draws follow from")->type_name("N");
  command->add_flag("--start", sweep->start, "Put the runs into the queue; else they are only shown, with their times");
  command->add_flag("--json", sweep->json, "Print what is shown as JSON");
  command->callback([command, flags, sweep, &context, &exitCode] {
    RunConfig base;
    if (const auto problems = flags->read(command->remaining(), base); !problems.empty()) {
      printError(joinProblems(problems));
      exitCode = kWrongInput;
      return;
    }
    const auto runs = sweptRuns(base, *sweep);
    if (!runs) {
      printError(runs.error().message);
      exitCode = kWrongInput;
      return;
    }
    if (!sweep->start) {
      exitCode = printRuns(context.engine(), *runs, sweep->json) ? kDone : kWrongInput;
      return;
    }
    for (const auto& run : *runs) {
      if (run.problems.empty()) continue;
      printError(fmt::format("{}: {}", run.label, joinProblems(run.problems)));
      exitCode = kWrongInput;
      return;
    }
    exitCode = queueRuns(context.runs(), *runs);
  });
}

}  // namespace rosa::cli
