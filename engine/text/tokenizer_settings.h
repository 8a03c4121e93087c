// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "rosa/expected.h"
#include "text/added_tokens.h"
#include "text/role.h"
#include "text/tokenizer_class.h"

namespace rosa::text {

/// A special token and what it is named by.
struct NamedToken {
  std::string content;
  std::string source;  ///< "tokenizer_config.json", or "GPT2Tokenizer's own"
  bool named = true;   ///< by a file, not by the class alone
};

/// What the files beside tokenizer.json say of a tokenizer, read as Transformers 5.24 reads them: with
/// added_tokens_decoder in tokenizer_config.json that file alone counts, without it special_tokens_map.json overrides
/// it and added_tokens.json is read.
struct TokenizerSettings {
  ChosenClass tokenizerClass;
  std::array<std::optional<NamedToken>, kRoles> roles;
  std::vector<std::string> extraTokens;       ///< special tokens without a role
  std::vector<AddedTokens::Entry> described;  ///< those that an object names, for a token that is new
  std::vector<AddedTokens::Entry> added;      ///< their ids are advice: a token of tokenizer.json keeps its own
  std::string addedFrom;                      ///< the file that `added` is from
  base::Json config;                          ///< tokenizer_config.json; null without one
  bool givesTypes = true;                     ///< the model is told which text a token is of
  std::optional<double> longest;              ///< model_max_length, which nothing here obeys
  std::vector<std::string> remarks;           ///< what is not obeyed, and what contradicts what
};

/// Reads the files of a folder; `tokenizerJson` is its tokenizer.json.
[[nodiscard]] Expected<TokenizerSettings> readTokenizerSettings(const std::filesystem::path& folder,
                                                                const base::Json& tokenizerJson);

/// Where a folder's chat template lies, the one that counts first: "chat_template.jinja", ...
[[nodiscard]] std::vector<std::string> chatTemplatePlaces(const std::filesystem::path& folder,
                                                          const base::Json& tokenizerConfig);

}  // namespace rosa::text
