// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/json_text.h"

namespace rosa::cli {

void registerExport(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("export", "Write the merged model as a Hugging Face folder and check it");
  auto request = std::make_shared<ExportRequest>();
  auto json = std::make_shared<bool>(false);
  command->add_option("run", request->runDirectory, "Run folder")->required()->type_name("RUN_DIR");
  command->add_option("--to", request->destination, "New folder for the model")->required()->type_name("DIR");
  command->add_option("--checkpoint", request->checkpoint, "best, last, or a step")->type_name("best|last|STEP");
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([request, json, &context, &exitCode] {
    const auto report = context.engine().exportRun(*request);
    if (!report) {
      printError(report.error().message);
      exitCode = kWrongInput;
      return;
    }
    if (*json) {
      fmt::print("{}\n", nlohmann::ordered_json{{"directory", report->directory.string()},
                                                {"step", report->step},
                                                {"bytes", report->bytes},
                                                {"largest_logit_difference", number(report->largestLogitDifference)},
                                                {"compared_logits", report->comparedLogits},
                                                {"files", report->files}}
                             .dump());
      return;
    }
    fmt::print("{} ({}), step {}\nreloaded from disk: largest difference of {} logits is {:.3g}\n",
               report->directory.string(), humanBytes(report->bytes), report->step, report->comparedLogits,
               report->largestLogitDifference);
  });
}

}  // namespace rosa::cli
