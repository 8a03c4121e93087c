// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "cli/experiment.h"
#include "cli/interrupt.h"
#include "cli/json_text.h"

namespace rosa::cli {
namespace {

namespace fs = std::filesystem;

/// Reports lines to standard output (to standard error beside JSON). Ctrl-C ends the experiment after what is stored;
/// the same command goes on from there.
ExperimentWatch watchInTerminal(bool json) {
  watchInterrupts(SecondInterrupt::IsIgnored);
  ExperimentWatch watch;
  watch.stop = interrupted;
  watch.report = [out = json ? stderr : stdout](const std::string& line) {
    fmt::print(out, "{}\n", line);
    std::fflush(out);
  };
  return watch;
}

/// Prints the report or the mistake and returns the exit code.
int tellExperiment(const Expected<ExperimentReport>& report, bool json) {
  if (!report) {
    printError(report.error().message);
    return kWrongInput;
  }
  const bool complete = report->finished == report->parts;
  if (json) {
    fmt::print("{}\n",
               nlohmann::ordered_json{
                   {"directory", report->directory.string()}, {"parts", report->parts}, {"finished", report->finished}}
                   .dump());
  } else {
    fmt::print("{} of {} parts in {}{}\n", report->finished, report->parts, (report->directory / "README.md").string(),
               complete ? "" : "; the same command goes on");
  }
  return complete ? kDone : kFailed;
}

void registerAll(CLI::App& experiment, const CarryOutHere& carryOut, int& exitCode) {
  experiment.require_subcommand(1);
  registerCostExperiment(experiment, carryOut, exitCode);
  registerNlgExperiment(experiment, carryOut, exitCode);
  registerNluExperiment(experiment, carryOut, exitCode);
  registerSpectrumExperiment(experiment, carryOut, exitCode);
  registerSyntheticExperiment(experiment, carryOut, exitCode);
}

/// The value of an option among arguments, "--to DIR" or "--to=DIR"; empty where it is not there.
std::string valueOf(const std::vector<std::string>& arguments, const std::string& option) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == option && i + 1 < arguments.size()) return arguments[i + 1];
    if (arguments[i].starts_with(option + "=")) return arguments[i].substr(option.size() + 1);
  }
  return {};
}

fs::path absoluteOrNone(const std::string& path) {
  std::error_code ignored;
  return path.empty() ? fs::path() : fs::absolute(path, ignored).lexically_normal();
}

/// The command that is given, as the queue holds it.
ExperimentOrder orderOf(const std::vector<std::string>& given) {
  ExperimentOrder order;
  for (const auto& argument : given) {
    if (argument == "experiment" && order.name.empty() && order.arguments.empty()) continue;
    if (argument == "--background") continue;
    if (order.name.empty()) {
      order.name = argument;
    } else {
      order.arguments.push_back(argument);
    }
  }
  order.directory = fs::current_path();
  order.model = absoluteOrNone(valueOf(order.arguments, "--model"));
  order.data = absoluteOrNone(valueOf(order.arguments, "--data"));
  order.report = absoluteOrNone(valueOf(order.arguments, "--to"));
  return order;
}

int queueExperiment(Context& context) {
  const auto folder = context.runs().startExperiment(orderOf(context.arguments));
  if (!folder) {
    printError(folder.error().message);
    return kWrongInput;
  }
  fmt::print("{}\n", folder->string());
  return kDone;
}

}  // namespace

int workQueuedExperiment(const WorkRequest& request, const ExperimentOrder& order) {
  std::error_code code;
  fs::current_path(order.directory, code);
  auto arguments = order.arguments;
  if (valueOf(arguments, "--to").empty()) arguments.insert(arguments.end(), {"--to", order.report.string()});
  arguments.insert(arguments.begin(), order.name);
  // CLI11 takes them from the back.
  std::ranges::reverse(arguments);
  int exitCode = kDone;
  CLI::App app;
  registerAll(
      app, [&](bool /*json*/, const CarryOut& carryOut) { return workExperiment(request, order, carryOut); }, exitCode);
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    const std::string sentence = error.what();
    return workExperiment(request, order, [&](const ExperimentWatch&) { return Error{sentence}; });
  }
  return exitCode;
}

void registerExperiment(CLI::App& app, Context& context, int& exitCode) {
  auto* experiment = app.add_subcommand("experiment", "Run the paper's experiments again");
  auto background = std::make_shared<bool>(false);
  experiment->add_flag("--background", *background,
                       "In a process of its own that outlives this one, after the runs that wait already; prints the "
                       "folder, which lists, `rosa attach` and the window know as they know a run's");
  registerAll(
      *experiment,
      [background, &context](bool json, const CarryOut& carryOut) {
        return *background ? queueExperiment(context) : tellExperiment(carryOut(watchInTerminal(json)), json);
      },
      exitCode);
}

}  // namespace rosa::cli
