// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/generation_config.h"

#include <fmt/format.h>

#include <string_view>
#include <system_error>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "model/config_reader.h"

namespace rosa::train {

namespace {

/// Keys of transformers 5.24's GenerationConfig that change which tokens come, and the value that changes nothing.
struct Setting {
  const char* key;
  const char* neutral;  ///< as JSON
  bool length = false;
};
constexpr Setting kSettings[] = {{"do_sample", "false"},
                                 {"temperature", "1.0"},
                                 {"top_k", "50"},
                                 {"top_p", "1.0"},
                                 {"min_p", "null"},
                                 {"top_h", "null"},
                                 {"typical_p", "1.0"},
                                 {"epsilon_cutoff", "0.0"},
                                 {"eta_cutoff", "0.0"},
                                 {"num_beams", "1"},
                                 {"length_penalty", "1.0"},
                                 {"early_stopping", "false"},
                                 {"repetition_penalty", "1.0"},
                                 {"encoder_repetition_penalty", "1.0"},
                                 {"no_repeat_ngram_size", "0"},
                                 {"penalty_alpha", "null"},
                                 {"bad_words_ids", "null"},
                                 {"suppress_tokens", "null"},
                                 {"begin_suppress_tokens", "null"},
                                 {"sequence_bias", "null"},
                                 {"forced_bos_token_id", "null"},
                                 {"forced_eos_token_id", "null"},
                                 {"exponential_decay_length_penalty", "null"},
                                 {"guidance_scale", "null"},
                                 {"min_length", "0", true},
                                 {"min_new_tokens", "null", true},
                                 {"max_length", "20", true},
                                 {"max_new_tokens", "null", true},
                                 {"stop_strings", "null"},
                                 {"num_return_sequences", "1"}};

}  // namespace

Expected<GenerationConfig> readGenerationConfig(const std::filesystem::path& folder, std::int64_t vocabularySize) {
  GenerationConfig config;
  const auto path = folder / "generation_config.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return config;
  ROSA_TRY(const auto json, base::readJsonFile(base::FileSystem::real(), path));
  if (!json.is_object()) return Error{fmt::format("{} is not a JSON object. Fetch it again.", path.string())};
  config.there = true;
  model::ConfigReader reader(json, path.string());
  config.begin = reader.tokenId("bos_token_id", vocabularySize);
  config.ends = reader.tokenIds("eos_token_id", vocabularySize);
  for (const auto& [key, neutral, length] : kSettings) {
    const auto* value = reader.find(key);
    if (value == nullptr || *value == base::Json::parse(neutral)) continue;
    constexpr std::size_t kLongest = 40;
    auto text = base::printable(value->dump(-1, ' ', false, base::Json::error_handler_t::replace));
    if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
    (length ? config.unusedLengths : config.unused).emplace_back(key, std::move(text));
  }
  return config;
}

std::string inWords(const std::vector<std::pair<std::string, std::string>>& settings) {
  std::string text;
  for (const auto& [key, value] : settings) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, value);
  return text;
}

}  // namespace rosa::train
