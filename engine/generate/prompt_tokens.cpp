// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/prompt_tokens.h"

#include <fmt/format.h>

#include <algorithm>

namespace rosa::generate {

Expected<std::vector<std::int64_t>> promptTokens(const model::ModelConfig& config, const text::Tokenizer& tokenizer,
                                                 const std::string& prompt, bool rendered) {
  std::vector<std::int64_t> ids;
  for (const auto& token : tokenizer.encode(prompt, !rendered).tokens) ids.push_back(token.id);
  if (!ids.empty()) return ids;
  for (const auto begin : {tokenizer.roleId(text::Role::Begin), tokenizer.roleId(text::Role::End)}) {
    if (begin) return std::vector<std::int64_t>{*begin};
  }
  if (config.bosId) return std::vector<std::int64_t>{*config.bosId};
  return Error{
      "prompt: an empty prompt has no tokens, and neither the tokenizer nor config.json names one that texts begin "
      "with. Write a prompt."};
}

Expected<std::vector<std::int64_t>> endTokens(const model::ModelConfig& config, const text::Tokenizer& tokenizer,
                                              const GenerationSettings& settings) {
  auto ends = config.eosIds;
  if (const auto end = tokenizer.roleId(text::Role::End)) ends.push_back(*end);
  for (const auto& token : settings.endTokens) {
    const auto id = tokenizer.find(token);
    if (!id) {
      return Error{fmt::format(
          "end-token: \"{}\" is no token of the model's vocabulary. Use --stop for text that is not one token.",
          token)};
    }
    ends.push_back(*id);
  }
  // A beam search looks at more candidates the more end tokens there are.
  std::ranges::sort(ends);
  const auto repeated = std::ranges::unique(ends);
  ends.erase(repeated.begin(), repeated.end());
  return ends;
}

}  // namespace rosa::generate
