// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/model_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "text/tokenizer.h"
#include "train/generation_config.h"
#include "train/opened_model.h"

namespace rosa::service {
namespace {

namespace fs = std::filesystem;

/// "</s> (2)"
std::string shown(const text::Tokenizer& tokenizer, std::int64_t id) {
  const auto* text = tokenizer.tokenText(static_cast<std::int32_t>(id));
  return fmt::format("{} ({})", text == nullptr ? "?" : base::printable(*text), id);
}

std::optional<text::NamedToken> roleOf(const text::Tokenizer& tokenizer, text::Role role) {
  return tokenizer.settings().roles[static_cast<std::size_t>(role)];
}

std::string roleFact(const text::Tokenizer& tokenizer, text::Role role) {
  const auto id = tokenizer.roleId(role);
  const auto token = roleOf(tokenizer, role);
  if (!id || !token) return "none";
  return fmt::format("{}, from {}", shown(tokenizer, *id), token->source);
}

/// The end token that is taught, and the file that names it: config.json's were joined by generation_config.json's.
std::string taughtFact(const text::Tokenizer& tokenizer, const train::GenerationConfig& generation,
                       const std::vector<std::int64_t>& byConfig) {
  const auto id = tokenizer.roleId(text::Role::End);
  const auto token = roleOf(tokenizer, text::Role::End);
  if (!id || !token) return "none";
  const auto holds = [&](const auto& ids) { return std::ranges::find(ids, *id) != ids.end(); };
  const bool byGeneration =
      token->source == std::string_view("config.json") && !holds(byConfig) && holds(generation.ends);
  return fmt::format("{}, from {}", shown(tokenizer, *id), byGeneration ? "generation_config.json" : token->source);
}

/// Transformers 5.24 itself leaves the setting alone in a tokenizer of this kind, so that nothing is lost by it.
void addCleanUp(Facts& facts, const base::Json& settings, std::vector<std::string>& notes) {
  const auto isTrue = [&](const char* key) {
    const auto found = settings.is_object() ? settings.find(key) : settings.end();
    return found != settings.end() && found->is_boolean() && found->get<bool>();
  };
  constexpr const char* kCleanUp = "clean_up_tokenization_spaces";
  constexpr const char* kAllTheSame = "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output";
  if (!isTrue(kCleanUp)) return;
  facts.emplace_back("clean_up_tokenization_spaces",
                     "true, from tokenizer_config.json; not used: texts are written as their tokens spell them");
  if (!isTrue(kAllTheSame)) return;
  notes.push_back(fmt::format(
      "tokenizer_config.json sets {}, with which transformers takes spaces out of the texts that it writes. "
      "Here they stay.",
      kAllTheSame));
}

/// The end tokens of config.json alone, and what to call their source.
struct ConfigEnds {
  std::vector<std::int64_t> ids;
  std::string source;
};

ConfigEnds configEnds(const fs::path& folder) {
  const auto json = base::readJsonFile(base::FileSystem::real(), folder / "config.json");
  if (!json) return {};
  const auto config = model::parseModelConfig(*json, "config.json");
  if (!config) return {};
  constexpr const char* kEnd = "eos_token_id";
  const auto text = json->find("text_config");  // of a whole model
  const bool says = json->contains(kEnd) || (text != json->end() && text->contains(kEnd));
  return {config->eosIds, says ? "config.json" : "the family's default"};
}

/// Every token at which a generated text ends, and who says so.
std::string endFact(const text::Tokenizer& tokenizer, const model::ModelConfig& config,
                    const train::GenerationConfig& generation, const ConfigEnds& byConfig) {
  auto ends = config.eosIds;
  const auto own = tokenizer.roleId(text::Role::End);
  if (own && std::ranges::find(ends, *own) == ends.end()) ends.push_back(*own);
  if (ends.empty()) return "none: a text ends at its longest";
  std::string list;
  for (const auto id : ends) {
    std::string sources;
    const auto add = [&](bool says, const std::string& source) {
      if (says) sources += (sources.empty() ? "" : " and ") + source;
    };
    const bool byGeneration = std::ranges::find(generation.ends, id) != generation.ends.end();
    const auto token = roleOf(tokenizer, text::Role::End);
    const bool byTokenizer = own == id && token && token->source != "config.json";
    add(std::ranges::find(byConfig.ids, id) != byConfig.ids.end(), byConfig.source);
    add(byGeneration, "generation_config.json");
    add(byTokenizer, byTokenizer ? token->source : "");
    list += fmt::format("{}{}, from {}", list.empty() ? "" : "; ", shown(tokenizer, id), sources);
  }
  return list;
}

std::string frameFact(const text::Tokenizer& tokenizer, text::Role end) {
  const auto token = tokenizer.framingToken(end);
  if (!token) return "nothing";
  const auto& used = tokenizer.settings().tokenizerClass;
  return fmt::format("{}, from {}", shown(tokenizer, *token),
                     text::framesTexts(used.kind) ? used.name : "tokenizer.json");
}

std::string lowerCaseFact(const text::Tokenizer& tokenizer) {
  const auto& settings = tokenizer.settings();
  const char* answer = tokenizer.lowersCase() ? "yes" : "no";
  if (settings.tokenizerClass.kind == text::TokenizerClass::FromFile) {
    return fmt::format("{}, from tokenizer.json", answer);
  }
  const bool said = text::readsLowerCase(settings.tokenizerClass.kind) && settings.config.is_object() &&
                    settings.config.contains("do_lower_case");
  return said ? fmt::format("{}, from tokenizer_config.json", answer)
              : fmt::format("{}, {}'s own", answer, settings.tokenizerClass.name);
}

void addTokenizer(Facts& facts, const fs::path& folder, const model::ModelConfig& config,
                  const train::GenerationConfig& generation, std::vector<std::string>& notes) {
  const auto opened = train::openTokenizer(folder, config);
  if (!opened) {
    facts.emplace_back("tokenizer", "cannot be read");
    notes.push_back(opened.error().message);
    return;
  }
  const auto& tokenizer = *opened;
  const auto& settings = tokenizer.settings();
  const bool named = settings.config.is_object() && settings.config.contains("tokenizer_class");
  facts.emplace_back("tokenizer", settings.tokenizerClass.kind == text::TokenizerClass::FromFile
                                      ? "tokenizer.json as it stands"
                                      : fmt::format("{}, {}", settings.tokenizerClass.name,
                                                    named ? "from tokenizer_config.json" : "by the model's kind"));
  facts.emplace_back("tokens", base::formatCount(tokenizer.vocabularySize()));
  facts.emplace_back("before a text", frameFact(tokenizer, text::Role::Begin));
  facts.emplace_back("after a text", frameFact(tokenizer, text::Role::End));
  if (config.isDecoder()) {
    const auto byConfig = configEnds(folder);
    facts.emplace_back("end tokens", endFact(tokenizer, config, generation, byConfig));
    facts.emplace_back("taught end token", taughtFact(tokenizer, generation, byConfig.ids));
    addCleanUp(facts, settings.config, notes);
    facts.emplace_back("beginning token", roleFact(tokenizer, text::Role::Begin));
  } else {
    facts.emplace_back("token types", settings.givesTypes ? "given" : "not given: all are 0");
  }
  facts.emplace_back("padding token", roleFact(tokenizer, text::Role::Pad));
  facts.emplace_back("unknown token", roleFact(tokenizer, text::Role::Unknown));
  facts.emplace_back("lower case", lowerCaseFact(tokenizer));
  constexpr double kNoLimit = 1e9;  // transformers writes 1e30 where there is none
  if (settings.longest && *settings.longest < kNoLimit) {
    facts.emplace_back("model_max_length",
                       fmt::format("{:.0f}, from tokenizer_config.json; not used: max-length and the model's positions "
                                   "decide",
                                   *settings.longest));
  }
  const auto places = text::chatTemplatePlaces(folder, settings.config);
  std::string chat;
  for (const auto& place : places) chat += (chat.empty() ? "" : ", ") + place;
  facts.emplace_back("chat template", chat.empty() ? "none" : chat + "; not used yet for training");
  std::ranges::copy(settings.remarks, std::back_inserter(notes));
}

/// What tokenizer.json asks for that whoever encodes decides.
void addTruncation(const fs::path& folder, std::vector<std::string>& notes) {
  constexpr base::JsonLimits kLimits{.bytes = std::uint64_t{64} << 20, .depth = 64};
  const auto json = base::readJsonFile(base::FileSystem::real(), folder / "tokenizer.json", kLimits);
  if (!json || !json->is_object()) return;
  for (const char* key : {"truncation", "padding"}) {
    const auto found = json->find(key);
    if (found != json->end() && !found->is_null()) {
      notes.push_back(
          fmt::format("tokenizer.json holds a {}, which is not used: max-length decides, and nothing is "
                      "padded.",
                      key));
    }
  }
}

}  // namespace

Facts settingsOf(const fs::path& folder, const model::ModelConfig& config) {
  Facts facts;
  auto notes = config.remarks;
  const auto generation = train::readGenerationConfig(folder, config.vocabularySize);
  if (!generation) notes.push_back(generation.error().message);
  const auto defaults = generation ? *generation : train::GenerationConfig{};
  if (fs::exists(folder / "tokenizer.json")) {
    addTokenizer(facts, folder, config, defaults, notes);
    addTruncation(folder, notes);
  } else {
    facts.emplace_back("tokenizer", "none");
    const auto refused = text::Tokenizer::fromFolder(folder);
    if (!refused) notes.push_back(refused.error().message);
  }
  if (config.isDecoder()) {
    auto all = defaults.unused;
    std::ranges::copy(defaults.unusedLengths, std::back_inserter(all));
    const auto unused = train::inWords(all);
    facts.emplace_back(
        "choice of texts",
        unused.empty() ? "greedy unless asked otherwise"
                       : fmt::format("greedy unless asked otherwise; generation_config.json's {} not used", unused));
  }
  facts.emplace_back("computed in", "fp32, whatever dtype the files have");
  for (std::size_t i = 0; i < notes.size(); ++i) {
    facts.emplace_back(i == 0 ? "note" : fmt::format("note {}", i + 1), notes[i]);
  }
  return facts;
}

}  // namespace rosa::service
