// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace rosa::cli {

Runs& Context::runs() {
  if (!runs_) {
    std::error_code code;
    auto program = std::filesystem::read_symlink("/proc/self/exe", code);
    runs_ = localRuns(code ? std::filesystem::path("rosa") : program,
                      [this](const RunConfig& config) { return engine().plan(config); });
  }
  return *runs_;
}

Engine& Context::engine() {
  if (!engine_) engine_ = createEngine();
  return *engine_;
}

ConfigFlags::ConfigFlags(CLI::App& command, const std::vector<std::string_view>& only) {
  command.add_option("--config", file_, "YAML file with the same keys as the flags; flags win")->type_name("FILE");
  for (const auto& field : configFields()) {
    if (!only.empty() && std::find(only.begin(), only.end(), field.key) == only.end()) continue;
    auto* option =
        command.add_option("--" + std::string(field.key), values_[std::string(field.key)], std::string(field.help));
    option->type_name(std::string(field.value))->group(std::string(field.group))->allow_extra_args(false);
    if (!field.repeatable) option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
}

std::vector<ConfigProblem> ConfigFlags::read(const std::vector<std::string>& leftOver, RunConfig& config) const {
  std::vector<ConfigProblem> problems;
  if (!file_.empty()) {
    std::ifstream in(file_, std::ios::binary);
    if (!in) {
      problems.push_back({"config", "config: " + file_ + " cannot be read. Check the path."});
    } else {
      const std::string yaml{std::istreambuf_iterator<char>(in), {}};
      problems = parseConfig(yaml, std::filesystem::absolute(file_).parent_path(), config);
    }
  }
  // A length given as a flag stands instead of the file's, in whichever of the two ways either is written.
  const auto given = [this](const char* key) {
    const auto found = values_.find(key);
    return found != values_.end() && !found->second.empty();
  };
  if (given("steps")) config.epochs.reset();
  if (given("epochs")) config.steps.reset();
  for (const auto& field : configFields()) {
    const auto found = values_.find(std::string(field.key));
    if (found == values_.end()) continue;
    for (const auto& value : found->second) {
      if (auto status = setConfigField(config, field.key, value); !status) {
        problems.push_back({std::string(field.key), status.error().message});
      }
    }
  }
  bool valueOfUnknown = false;
  for (const auto& argument : leftOver) {
    if (!argument.starts_with("--")) {
      const bool toldWithItsFlag = std::exchange(valueOfUnknown, false);
      if (toldWithItsFlag) continue;
      problems.push_back(
          {"", "'" + argument + "' is not expected here. Every setting is a flag, see rosa train --help."});
      continue;
    }
    valueOfUnknown = argument.find('=') == std::string::npos;
    const auto key = argument.substr(2, argument.find('=') - 2);
    // The key is unknown, or the parser would have taken it: the message names the nearest one.
    if (auto status = setConfigField(config, key, ""); !status) problems.push_back({key, status.error().message});
  }
  return problems;
}

void printError(std::string_view message) {
  fmt::print(stderr, "rosa: {}\n", message);
}

void printRemarks(const std::vector<std::string>& remarks) {
  for (const auto& remark : remarks) fmt::print(stderr, "note: {}\n", remark);
}

void printFacts(const std::vector<Fact>& facts) {
  std::size_t width = 0;
  for (const auto& fact : facts) width = std::max(width, fact.name.size());
  for (const auto& fact : facts) fmt::print("{} {:<{}}  {}\n", fact.warning ? "!" : " ", fact.name, width, fact.text);
}

std::string valuesText(const NamedValues& values) {
  std::string text;
  for (const auto& [name, value] : values) text += fmt::format("{}{} {:.4f}", text.empty() ? "" : ", ", name, value);
  return text;
}

std::string humanBytes(std::int64_t bytes) {
  const double value = static_cast<double>(bytes);
  if (value >= 1024.0 * 1024 * 1024) return fmt::format("{:.2f} GiB", value / (1024.0 * 1024 * 1024));
  if (value >= 1024.0 * 1024) return fmt::format("{:.1f} MiB", value / (1024.0 * 1024));
  return fmt::format("{:.1f} KiB", value / 1024.0);
}

std::string humanSeconds(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  return fmt::format("{}h {:02}m", whole / 3600, whole % 3600 / 60);
}

}  // namespace rosa::cli
