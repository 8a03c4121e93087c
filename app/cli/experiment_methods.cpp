// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/experiment_methods.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace rosa::cli {

namespace {

const ExperimentMethod* find(const std::vector<ExperimentMethod>& methods, std::string_view name) {
  const auto found = std::ranges::find(methods, name, &ExperimentMethod::name);
  return found == methods.end() ? nullptr : &*found;
}

std::string namesOf(const std::vector<ExperimentMethod>& methods) {
  std::string names;
  for (const auto& method : methods) names += fmt::format("{}{}", names.empty() ? "" : ", ", method.name);
  return names;
}

/// "a=1,b=x,y" is a=1 and b=x,y: a piece without = belongs to the value before it.
std::vector<std::string> settingsOf(std::string_view text) {
  std::vector<std::string> settings;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto piece = text.substr(0, comma);
    if (piece.find('=') == std::string_view::npos && !settings.empty()) {
      settings.back() += fmt::format(",{}", piece);
    } else {
      settings.emplace_back(piece);
    }
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return settings;
}

Expected<ExperimentMethod> variantOf(const std::string& text, const std::vector<ExperimentMethod>& known) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) {
    return Error{fmt::format("--variant \"{}\" has no colon; write NAME:KEY=VALUE,KEY=VALUE.", text)};
  }
  ExperimentMethod variant{text.substr(0, colon), {}};
  const auto settings = settingsOf(std::string_view(text).substr(colon + 1));
  constexpr std::string_view kMethod = "method=";
  for (const auto& setting : settings) {
    if (!setting.starts_with(kMethod)) continue;
    if (const auto* base = find(known, std::string_view(setting).substr(kMethod.size()))) {
      variant.settings = base->settings;
    }
  }
  variant.settings.insert(variant.settings.end(), settings.begin(), settings.end());
  return variant;
}

Expected<std::vector<ExperimentMethod>> chosenMethods(const MethodOptions& options) {
  std::vector<ExperimentMethod> methods;
  if (options.names.empty() && options.variants.empty()) methods = options.known;
  for (const auto& name : options.names) {
    const auto* known = find(options.known, name);
    if (known == nullptr) {
      return Error{fmt::format(
          "There is no method \"{}\" here; choose among {}, or describe it with --variant {}:method=...,lr=...", name,
          namesOf(options.known), name)};
    }
    methods.push_back(*known);
  }
  for (const auto& text : options.variants) {
    ROSA_TRY(auto variant, variantOf(text, options.known));
    methods.push_back(std::move(variant));
  }
  for (const auto& change : options.changes) {
    const auto colon = change.find(':');
    const auto name = change.substr(0, colon);
    const auto method = std::ranges::find(methods, name, &ExperimentMethod::name);
    if (colon == std::string::npos || method == methods.end()) {
      return Error{fmt::format("--set-for \"{}\" names none of the methods {}; write NAME:KEY=VALUE.", change,
                               namesOf(methods))};
    }
    method->settings.push_back(change.substr(colon + 1));
  }
  return methods;
}

}  // namespace

void addMethodOptions(CLI::App& command, const std::shared_ptr<MethodOptions>& options,
                      std::vector<ExperimentMethod> known) {
  options->known = std::move(known);
  command
      .add_option("--method", options->names,
                  fmt::format("Methods, the first the one that others are compared with; {} by default",
                              namesOf(options->known)))
      ->delimiter(',');
  command
      .add_option(
          "--variant", options->variants,
          "NAME:KEY=VALUE,KEY=VALUE: a method of that name, as method=... and what else differs from it; may be "
          "repeated")
      ->type_name("VARIANT");
  command.add_option("--set-for", options->changes, "NAME:KEY=VALUE, for one method or variant; may be repeated")
      ->type_name("SETTING");
}

bool chooseMethods(const MethodOptions& options, std::vector<ExperimentMethod>& methods, int& exitCode) {
  auto chosen = chosenMethods(options);
  if (!chosen) {
    printError(chosen.error().message);
    exitCode = kWrongInput;
    return false;
  }
  methods = *std::move(chosen);
  return true;
}

}  // namespace rosa::cli
