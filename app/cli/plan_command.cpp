// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <string>
#include <vector>

#include "cli/command.h"
#include "rosa/method_traits.h"

namespace rosa::cli {

namespace {

std::string countOf(std::int64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// "300 steps, 150 an epoch, 6 resamples, 43 % of all directions".
std::string lengthText(const RunPlan& plan, Method method) {
  auto text = fmt::format("{}{}, {} an epoch", plan.estimated ? "about " : "",
                          countOf(plan.totalSteps, "step", "steps"), plan.stepsPerEpoch);
  if (hasCycles(method)) text += ", " + countOf(plan.expectedResamples, "resample", "resamples");
  if (plan.expectedCoverage > 0) text += fmt::format(", {:.0f} % of all directions", 100 * plan.expectedCoverage);
  return text;
}

void show(const RunPlan& plan, Method method) {
  using State = ReadinessCheck::State;
  std::vector<Fact> facts;
  for (const auto& check : plan.checks) {
    // A mistake is told on stderr, with all others.
    if (check.state != State::Missing) facts.push_back({check.subject, check.text, check.state == State::Warning});
  }
  if (plan.trainableParameters > 0) {
    const double share = static_cast<double>(plan.trainableParameters) / static_cast<double>(plan.totalParameters);
    facts.push_back({"Trains", fmt::format("{:.3g} % of all parameters", 100 * share)});
  }
  if (plan.totalSteps > 0) facts.push_back({"Length", lengthText(plan, method)});
  for (const auto& setting : plan.usual) {
    facts.push_back({"Usual " + setting.key, fmt::format("{} ({})", setting.value, setting.source)});
  }
  if (!plan.runDirectory.empty()) facts.push_back({"Folder", plan.runDirectory.string()});
  printFacts(facts);
}

}  // namespace

void registerPlan(CLI::App& app, Context& context, int& exitCode) {
  auto* command =
      app.add_subcommand("plan", "What a run will do and take, before it does: nothing is trained or written");
  command->allow_extras();
  auto flags = std::make_shared<ConfigFlags>(*command);
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([command, flags, json, &context, &exitCode] {
    RunConfig config;
    auto problems = flags->read(command->remaining(), config);
    auto plan = context.engine().plan(config);
    plan.problems.insert(plan.problems.begin(), problems.begin(), problems.end());
    exitCode = plan.problems.empty() ? kDone : kWrongInput;
    if (*json) {
      fmt::print("{}\n", toJson(plan));
    } else {
      show(plan, config.method);
    }
    printRemarks(plan.remarks);
    if (!plan.problems.empty()) printError(joinProblems(plan.problems));
  });
}

}  // namespace rosa::cli
