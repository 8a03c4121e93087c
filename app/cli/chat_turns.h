// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/chat.h"
#include "rosa/config.h"

/// The conversation of `rosa chat`, line by line, without a model or a terminal.
namespace rosa::cli {

/// What a user said, and what each of the models that answer side by side made of it.
struct ChatTurn {
  std::string user;
  std::vector<std::string> answers;
};

class ChatTurns {
 public:
  ChatTurns(std::string system, GenerationSettings settings)
      : system_(std::move(system)), settings_(std::move(settings)) {}

  enum class Next { Answer, Nothing, End };
  struct Told {
    Next next = Next::Nothing;
    std::string note;  ///< to be told beside the conversation; empty = nothing
  };
  /// A line that begins with "/" is a command ("//" says a text that does); any other is what the user says.
  [[nodiscard]] Told take(std::string_view line);

  /// What the model of this number is to answer: its own earlier answers among the user's words.
  [[nodiscard]] std::vector<ChatMessage> messages(std::size_t model) const;
  /// Of the last turn, model by model.
  void answered(std::string text) { turns_.back().answers.push_back(std::move(text)); }
  /// Takes the last turn back, which cannot be answered.
  void dropLast() { turns_.pop_back(); }

  [[nodiscard]] const std::vector<ChatTurn>& turns() const { return turns_; }
  [[nodiscard]] const GenerationSettings& settings() const { return settings_; }

 private:
  [[nodiscard]] Told command(std::string_view name, std::string_view value);
  [[nodiscard]] Told set(std::string_view name, std::string_view value);
  [[nodiscard]] Told regenerate();

  std::string system_;
  GenerationSettings settings_;
  std::vector<ChatTurn> turns_;
};

}  // namespace rosa::cli
