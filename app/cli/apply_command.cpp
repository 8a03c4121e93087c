// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/json_text.h"
#include "rosa/exported.h"

namespace rosa::cli {

void registerApply(CLI::App& app, Context& /*context*/, int& exitCode) {
  auto* command = app.add_subcommand(
      "apply", "Rebuild the merged model that a delta file stands for, byte for byte, from its base model");
  auto request = std::make_shared<ApplyRequest>();
  auto json = std::make_shared<bool>(false);
  command->add_option("delta", request->delta, "File that rosa export --as delta wrote")->required()->type_name("FILE");
  command->add_option("--base", request->base, "Folder of the model that the run was trained from")
      ->required()
      ->type_name("DIR");
  command->add_option("--to", request->destination, "New folder for the merged model")->required()->type_name("DIR");
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([request, json, &exitCode] {
    const auto report = applyDelta(*request);
    if (!report) {
      printError(report.error().message);
      exitCode = kWrongInput;
      return;
    }
    if (*json) {
      const nlohmann::ordered_json object{{"directory", report->directory.string()},
                                          {"bytes", report->bytes},
                                          {"tensors", report->tensors},
                                          {"changed", report->changed},
                                          {"dtype", report->dtype},
                                          {"files", report->files}};
      fmt::print("{}\n", object.dump());
      return;
    }
    fmt::print("{} ({}, {}): {} of {} tensors differ from the base; every file has the hash of the export\n",
               report->directory.string(), humanBytes(report->bytes), report->dtype, report->changed, report->tensors);
  });
}

}  // namespace rosa::cli
