// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/json_text.h"

namespace rosa::cli {

void registerInit(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("init", "Write a model of a known shape with random weights");
  auto request = std::make_shared<InitRequest>();
  auto json = std::make_shared<bool>(false);
  std::string presets = "Presets:";
  for (const auto& preset : initPresets())
    presets += fmt::format("\n  {} {}: {}", preset.arch, preset.name, preset.description);
  command->footer(presets);
  command->add_option("--arch", request->arch, "An architecture of the list below")->required();
  command->add_option("--preset", request->preset, "Name of a known shape, see below")->required();
  command->add_option("--seed", request->seed, "Seed of the weights");
  command->add_option("--to", request->destination, "New folder")->required()->type_name("DIR");
  command->add_option("--tokenizer", request->tokenizer, "Folder to copy the tokenizer files from")->type_name("DIR");
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([request, json, &context, &exitCode] {
    const auto summary = context.engine().initModel(*request);
    if (!summary) {
      printError(summary.error().message);
      exitCode = kWrongInput;
      return;
    }
    if (*json) {
      fmt::print("{}\n", nlohmann::ordered_json{{"directory", summary->path.string()},
                                                {"family", summary->family},
                                                {"parameters", summary->parameters},
                                                {"bytes", summary->bytes}}
                             .dump());
    } else {
      fmt::print("{}: {}, {} parameters, {}\n", summary->path.string(), summary->family, summary->parameters,
                 humanBytes(summary->bytes));
    }
  });
}

}  // namespace rosa::cli
