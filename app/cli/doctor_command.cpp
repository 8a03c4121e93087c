// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/json_text.h"

namespace rosa::cli {

void registerDoctor(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("doctor", "What this machine offers");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([json, &context, &exitCode] {
    const auto report = context.engine().doctor();
    exitCode = kDone;
    if (*json) {
      nlohmann::ordered_json lines = nlohmann::ordered_json::object();
      for (const auto& line : report.lines) lines[line.name] = line.value;
      fmt::print("{}\n", nlohmann::ordered_json{{"cores", report.cores},
                                                {"memory_bytes", report.memoryBytes},
                                                {"cuda_usable", report.cudaUsable},
                                                {"cuda_device", report.cudaDevice},
                                                {"bf16_fast", report.bf16Fast},
                                                {"lines", lines}}
                             .dump());
      return;
    }
    std::vector<Fact> facts;
    for (const auto& line : report.lines) facts.push_back({line.name, line.value, line.warning});
    printFacts(facts);
  });
}

}  // namespace rosa::cli
