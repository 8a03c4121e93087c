// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/trained_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "base/text.h"
#include "model/tensor_names.h"
#include "model/tie.h"

namespace rosa::train {

namespace {

Expected<std::int64_t> tokenThatEnds(const text::Tokenizer& tokenizer, const text::TurnEnd& turnEnd) {
  if (turnEnd.token) return *turnEnd.token;
  if (turnEnd.text.empty()) {
    return Error{
        "train-tokens: auto is the token that ends the model's turn, and nothing in these rows ends one. Name the "
        "token itself, or train on conversations."};
  }
  return Error{
      fmt::format("train-tokens: auto is the token that ends the model's turn, but {} is {} tokens of this model's "
                  "vocabulary. Choose a chat-template whose end is one token, or name the tokens.",
                  base::inQuotes(turnEnd.text), tokenizer.encode(turnEnd.text, false).tokens.size())};
}

Expected<std::int64_t> tokenCalled(std::string_view name, const text::Tokenizer& tokenizer) {
  if (const auto known = tokenizer.find(name)) return *known;
  const auto pieces = tokenizer.encode(name, false).tokens;
  if (pieces.size() == 1) return pieces.front().id;
  return Error{fmt::format(
      "train-tokens: {} is no token of this model's vocabulary, but {} of them. Name tokens as tokenizer.json spells "
      "them, with commas between them.",
      base::inQuotes(name), pieces.size())};
}

}  // namespace

Expected<std::vector<std::int64_t>> trainedTokens(const RunConfig& config, const text::Tokenizer& tokenizer,
                                                  const text::TurnEnd& turnEnd) {
  std::set<std::int64_t> ids;
  std::string_view rest = config.trainTokens;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto name = base::trim(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (name.empty()) continue;
    ROSA_TRY(const auto id, name == "auto" ? tokenThatEnds(tokenizer, turnEnd) : tokenCalled(name, tokenizer));
    ids.insert(id);
  }
  return std::vector<std::int64_t>(ids.begin(), ids.end());
}

Expected<adapt::ParameterList> trainRows(model::Model& model, const std::vector<std::int64_t>& ids,
                                         std::span<const std::string> whole) {
  if (ids.empty()) return adapt::ParameterList();
  const auto& config = model.config();
  for (const auto& table : {model::tokenTable(config), std::string(model::kLanguageHead)}) {
    if (std::ranges::find(whole, table) == whole.end()) continue;
    return Error{
        fmt::format("train-tokens: all rows of {} train already. Leave train-tokens out, or {} out of "
                    "train-also.",
                    table, table.substr(0, table.rfind('.')))};
  }
  if (ids.back() >= config.vocabularySize) {
    return Error{fmt::format("train-tokens: the token {} has no row in this model, whose table has {}. Name others.",
                             ids.back(), config.vocabularySize)};
  }
  return model.trainRows(ids);
}

}  // namespace rosa::train
