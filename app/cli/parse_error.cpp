// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/parse_error.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace rosa::cli {

namespace {

/// The subcommand that was being parsed, and how it is called: "rosa export".
struct Parsed {
  const CLI::App* app;
  std::string call;
};

Parsed deepest(const CLI::App& app) {
  Parsed parsed{&app, "rosa"};
  for (auto below = app.get_subcommands(); !below.empty(); below = parsed.app->get_subcommands()) {
    parsed.app = below.front();
    parsed.call += " " + parsed.app->get_name();
  }
  return parsed;
}

std::string commandsOf(const CLI::App& app) {
  std::string names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  return names;
}

/// The text before `end`, and what stands behind it.
std::pair<std::string, std::string> parted(std::string_view text, std::string_view end) {
  const auto at = text.find(end);
  if (at == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + end.size()))};
}

std::string notConverted(const std::string& what, const CLI::App& command) {
  const auto [name, value] = parted(parted(what, ": ").second, " = ");
  const auto* option = command.get_option_no_throw(name);
  const bool yesOrNo = option != nullptr && option->get_type_name() == "BOOLEAN";
  return fmt::format("{}: \"{}\" is {}", name, value, yesOrNo ? "neither yes nor no" : "not a number; write one");
}

std::string mismatched(const std::string& what) {
  const auto [name, reason] = parted(what, ": ");
  const auto [count, type] = parted(reason, " required ");
  if (reason.ends_with(" missing")) {
    return fmt::format("{} has no value; write {} {}", name, name, parted(type, " missing").first);
  }
  return fmt::format("{} is given more than once; give it once", name);
}

}  // namespace

std::string sentenceOf(const CLI::ParseError& error, const CLI::App& app, const std::string& first) {
  const auto [command, call] = deepest(app);
  const std::string what = error.what();
  const auto help = fmt::format("`{} --help` shows all of it.", call);
  if (what == "A subcommand is required") {
    const bool wrong = command == &app && !first.empty() && !first.starts_with('-');
    return fmt::format(
        "{}; choose one of {}. {}",
        wrong ? fmt::format("there is no command \"{}\"", first) : fmt::format("{} needs a command", call),
        commandsOf(*command), help);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    return fmt::format("{} is missing; write it behind {}. {}", parted(what, " is required").first, call, help);
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    return fmt::format("{}. {}", notConverted(what, *command), help);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
    return fmt::format("{}. {}", mismatched(what), help);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    return fmt::format("{} is not expected here; leave it out. {}", parted(what, "expected: ").second, help);
  }
  return fmt::format("{}. {}", what, help);
}

}  // namespace rosa::cli
