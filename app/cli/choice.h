// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

/// What a flag's value may be; a wrong one is told with what to write instead.
namespace rosa::cli {

/// One of the names, read as its value.
template <typename Value>
[[nodiscard]] CLI::Validator choice(const std::map<std::string, Value>& choices) {
  std::string names;
  for (const auto& [name, value] : choices) names += (names.empty() ? "" : ", ") + name;
  return CLI::Validator(
      [choices, names](std::string& text) {
        const auto found = choices.find(text);
        if (found == choices.end()) return fmt::format("\"{}\" is none of the choices; write one of {}", text, names);
        if constexpr (!std::is_same_v<Value, std::string>) text = std::to_string(static_cast<int>(found->second));
        return std::string();
      },
      "");
}

[[nodiscard]] inline CLI::Validator oneOf(const std::vector<std::string>& names) {
  std::map<std::string, std::string> choices;
  for (const auto& name : names) choices[name] = name;
  return choice(choices);
}

[[nodiscard]] inline CLI::Validator wholeNumberFrom(std::int64_t least) {
  return CLI::Validator(
      [least](std::string& text) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        const bool whole = error == std::errc() && end == text.data() + text.size();
        return whole && number >= least ? std::string()
                                        : fmt::format("is \"{}\"; write a whole number, {} or more", text, least);
      },
      "");
}

}  // namespace rosa::cli
