// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/chat_remarks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace rosa::train {

bool endsTexts(std::int32_t token, const text::Tokenizer& tokenizer, const model::ModelConfig& config) {
  return tokenizer.roleId(text::Role::End) == token || std::ranges::find(config.eosIds, token) != config.eosIds.end();
}

std::vector<std::string> remarksOnTemplate(const text::ChatTemplate& chatTemplate, const text::TurnEnd& turnEnd,
                                           const text::Tokenizer& tokenizer, const model::ModelConfig& config) {
  const auto place = base::printable(chatTemplate.place());
  const auto shown = base::inQuotes(turnEnd.text);
  if (turnEnd.text.empty()) {
    return {
        fmt::format("Conversations are written by {}. It writes nothing behind what the model says, so that the "
                    "model does not learn where its turn ends.",
                    place)};
  }
  std::vector<std::string> remarks{
      fmt::format("Conversations are written by {}; the model's turn ends with {}.", place, shown)};
  if (!turnEnd.token) {
    remarks.push_back(
        fmt::format("{} is {} tokens of this model's vocabulary: the model learns to write them, but a program that "
                    "stops at end tokens alone goes on behind them. Choose a chat-template whose end is one token.",
                    shown, tokenizer.encode(turnEnd.text, false).tokens.size()));
  } else if (!endsTexts(*turnEnd.token, tokenizer, config)) {
    remarks.push_back(fmt::format(
        "{} is not among the model's end tokens: an export of this run adds it to generation_config.json. Where its "
        "row of the token table was never trained, --train-tokens auto trains that row too.",
        shown));
  }
  return remarks;
}

}  // namespace rosa::train
