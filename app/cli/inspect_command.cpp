// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/json_text.h"

namespace rosa::cli {

void registerInspect(CLI::App& app, Context& context, int& exitCode) {
  auto* command =
      app.add_subcommand("inspect", "What a path is: model folder, safetensors, tokenizer, data file or run");
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("path", *path, "File or folder")->required()->type_name("PATH");
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([path, json, &context, &exitCode] {
    const auto inspection = context.engine().inspect(*path);
    if (!inspection) {
      printError(inspection.error().message);
      exitCode = kWrongInput;
      return;
    }
    if (*json) {
      nlohmann::ordered_json facts = nlohmann::ordered_json::object();
      for (const auto& [name, value] : inspection->facts) facts[name] = value;
      fmt::print(
          "{}\n",
          nlohmann::ordered_json{{"kind", inspection->kind}, {"title", inspection->title}, {"facts", facts}}.dump(
              -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
      return;
    }
    fmt::print("{}: {}\n", inspection->kind, inspection->title);
    std::size_t width = 0;
    for (const auto& [name, value] : inspection->facts) width = std::max(width, name.size());
    for (const auto& [name, value] : inspection->facts) fmt::print("  {:<{}}  {}\n", name, width, value);
  });
}

}  // namespace rosa::cli
