// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <cstdio>

#include "cli/experiment.h"
#include "cli/interrupt.h"
#include "cli/json_text.h"

namespace rosa::cli {

ExperimentWatch watchExperiment(bool json) {
  watchInterrupts(SecondInterrupt::IsIgnored);
  ExperimentWatch watch;
  watch.stop = interrupted;
  watch.report = [out = json ? stderr : stdout](const std::string& line) {
    fmt::print(out, "{}\n", line);
    std::fflush(out);
  };
  return watch;
}

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

void registerExperiment(CLI::App& app, Context& /*context*/, int& exitCode) {
  auto* experiment = app.add_subcommand("experiment", "Run the paper's experiments again");
  experiment->require_subcommand(1);
  registerCostExperiment(*experiment, exitCode);
  registerNlgExperiment(*experiment, exitCode);
  registerNluExperiment(*experiment, exitCode);
  registerSpectrumExperiment(*experiment, exitCode);
  registerSyntheticExperiment(*experiment, exitCode);
}

}  // namespace rosa::cli
