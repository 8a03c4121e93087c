// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/chat_turns.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace rosa::cli {

namespace {

constexpr std::string_view kHelp =
    "/system TEXT       what the system says before the conversation; empty: nothing\n"
    "/regenerate        answer the last question again; with another seed where text is drawn\n"
    "/undo              take the last question and its answer back\n"
    "/edit TEXT         ask this in place of the last question\n"
    "/new               begin anew\n"
    "/temperature X, /top-p X, /min-p X, /top-k N, /repetition-penalty X, /max N, /seed N\n"
    "                   how answers are drawn; without a value: what holds\n"
    "/quit              end\n"
    "//text             says a text that begins with /";

struct Setting {
  std::string_view name;
  double GenerationSettings::*real = nullptr;
  std::int64_t GenerationSettings::*whole = nullptr;
};

constexpr std::array kSettings = {
    Setting{"temperature", &GenerationSettings::temperature, nullptr},
    Setting{"top-p", &GenerationSettings::topP, nullptr},
    Setting{"min-p", &GenerationSettings::minP, nullptr},
    Setting{"repetition-penalty", &GenerationSettings::repetitionPenalty, nullptr},
    Setting{"top-k", nullptr, &GenerationSettings::topK},
    Setting{"max", nullptr, &GenerationSettings::maxNewTokens},
    Setting{"seed", nullptr, &GenerationSettings::seed},
};

/// False where the text is no number, or more than one.
template <typename Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

ChatTurns::Told ChatTurns::take(std::string_view line) {
  line = trimmed(line);
  if (line.empty()) return {};
  if (line.starts_with("//")) {
    line.remove_prefix(1);
  } else if (line.starts_with('/')) {
    const auto blank = line.find_first_of(" \t");
    const auto name = line.substr(1, blank == std::string_view::npos ? blank : blank - 1);
    return command(name, blank == std::string_view::npos ? std::string_view() : trimmed(line.substr(blank)));
  }
  turns_.push_back({std::string(line), {}});
  return {Next::Answer, {}};
}

ChatTurns::Told ChatTurns::command(std::string_view name, std::string_view value) {
  if (name == "quit" || name == "exit") return {Next::End, {}};
  if (name == "help") return {Next::Nothing, std::string(kHelp)};
  if (name == "system") {
    system_ = value;
    return {Next::Nothing, system_.empty() ? "The system says nothing." : "From now on the system says that."};
  }
  if (name == "new") {
    turns_.clear();
    return {Next::Nothing, "A new conversation."};
  }
  if (name == "regenerate") return regenerate();
  if (name == "undo" || name == "edit") {
    if (turns_.empty()) return {Next::Nothing, "Nothing was asked yet."};
    if (name == "undo") {
      auto note = fmt::format("Taken back: {}", turns_.back().user);
      turns_.pop_back();
      return {Next::Nothing, std::move(note)};
    }
    if (value.empty()) return {Next::Nothing, "Write what to ask in its place: /edit TEXT."};
    turns_.back() = {std::string(value), {}};
    return {Next::Answer, {}};
  }
  return set(name, value);
}

ChatTurns::Told ChatTurns::regenerate() {
  if (turns_.empty()) return {Next::Nothing, "Nothing was asked yet."};
  turns_.back().answers.clear();
  if (settings_.temperature <= 0) {
    return {Next::Answer, "Nothing is drawn at temperature 0: the answer will be the same."};
  }
  ++settings_.seed;
  return {Next::Answer, fmt::format("With seed {}.", settings_.seed)};
}

ChatTurns::Told ChatTurns::set(std::string_view name, std::string_view value) {
  for (const auto& [known, real, whole] : kSettings) {
    if (known != name) continue;
    if (!value.empty()) {
      auto changed = settings_;
      const bool right = real != nullptr ? parse(value, changed.*real) : parse(value, changed.*whole);
      if (!right) return {Next::Nothing, fmt::format("{}: \"{}\" is no number.", name, value)};
      GenerationRequest request;
      request.prompts = {"checked"};
      request.settings = changed;
      if (const auto problems = checkGeneration(request); !problems.empty()) {
        return {Next::Nothing, joinProblems(problems)};
      }
      settings_ = std::move(changed);
    }
    return {Next::Nothing, real != nullptr ? fmt::format("{} {}", name, settings_.*real)
                                           : fmt::format("{} {}", name, settings_.*whole)};
  }
  return {Next::Nothing, fmt::format("\"/{}\" is no command; /help lists them. //{} says it.", name, name)};
}

std::vector<ChatMessage> ChatTurns::messages(std::size_t model) const {
  std::vector<ChatMessage> all;
  if (!system_.empty()) all.push_back({"system", system_});
  for (const auto& turn : turns_) {
    all.push_back({"user", turn.user});
    if (model < turn.answers.size()) all.push_back({"assistant", turn.answers[model]});
  }
  return all;
}

}  // namespace rosa::cli
