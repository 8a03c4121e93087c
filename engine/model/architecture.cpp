// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/architecture.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "model/decoder_families.h"
#include "model/encoder_families.h"
#include "model/model_config.h"
#include "model/state_families.h"

namespace rosa::model {

namespace {

constexpr std::string_view kCausal = "ForCausalLM";
constexpr std::string_view kWhole = "ForConditionalGeneration";
constexpr std::string_view kClassifier = "ForSequenceClassification";
constexpr std::string_view kTokenClassifier = "ForTokenClassification";
constexpr std::string_view kMasked = "ForMaskedLM";

constexpr Architecture kArchitectures[] = {
    {"GPT2", "gpt2", "GPT-2", "LMHeadModel", readGpt2, 50256, 50256},
    {"Llama", "llama", "Llama", kCausal, readLlama, 1, 2},
    {"Qwen2", "qwen2", "Qwen2", kCausal, readQwen2},
    {"Qwen3", "qwen3", "Qwen3", kCausal, readQwen3},
    {"Mistral", "mistral", "Mistral", kCausal, readMistral, 1, 2},
    {"Ministral3", "ministral3", "Ministral 3", kCausal, readMinistral3, 1, 2, 11},
    {"Mistral3", "mistral3", "Mistral 3", kWhole, nullptr, -1, -1, -1, 0, "mistral"},
    {"Gemma2", "gemma2", "Gemma 2", kCausal, readGemma2, 2, 1, 0},
    {"Gemma3", "gemma3_text", "Gemma 3", kCausal, readGemma3, 2, 1, 0, 262208},
    {"Gemma3", "gemma3", "Gemma 3", kWhole, nullptr, -1, -1, -1, 0, "gemma3_text"},
    {"Gemma4", "gemma4_text", "Gemma 4", kCausal, readGemma4, 2, 1, 0, 262144},
    {"Gemma4", "gemma4", "Gemma 4", kWhole, nullptr, -1, -1, -1, 0, "gemma4_text"},
    {"Phi3", "phi3", "Phi-3", kCausal, readPhi3, 1, 32000, 32000},
    {"SmolLM3", "smollm3", "SmolLM3", kCausal, readSmolLm3, 128000, 128001, 128004},
    {"Olmo2", "olmo2", "OLMo 2", kCausal, readOlmo2, -1, 50279, 1},
    {"Olmo3", "olmo3", "OLMo 3", kCausal, readOlmo3, -1, 50279, 1},
    {"Granite", "granite", "Granite", kCausal, readGranite, 1, 2},
    {"Cohere2", "cohere2", "Cohere 2", kCausal, readCohere2, 5, 255001, 0},
    {"Helium", "helium", "Helium", kCausal, readHelium, 1, 2, 3},
    {"Ernie4_5", "ernie4_5", "ERNIE 4.5", kCausal, readErnie45, 1, 2, 0, 103424},
    {"Exaone4", "exaone4", "EXAONE 4", kCausal, readExaone4, 0, 2},
    {"HunYuanDenseV1", "hunyuan_v1_dense", "HunYuan", kCausal, readHunyuan, 1, 2, 0},
    {"Qwen3_5", "qwen3_5_text", "Qwen3.5", kCausal, readQwen35},
    {"Qwen3_5", "qwen3_5", "Qwen3.5", kWhole, nullptr, -1, -1, -1, 0, "qwen3_5_text", false},
    {"Lfm2", "lfm2", "LFM2", kCausal, readLfm2, 1, 2, 0},
    {"Bert", "bert", "BERT", "", readBert},
    {"Roberta", "roberta", "RoBERTa", "", readRoberta, 0, 2},
    {"XLMRoberta", "xlm-roberta", "XLM-RoBERTa", "", readRoberta, 0, 2, 1},
    {"DistilBert", "distilbert", "DistilBERT", "", readDistilBert},
    {"Electra", "electra", "ELECTRA", "", readElectra},
    {"Albert", "albert", "ALBERT", "", readAlbert, 2, 3},
    {"ModernBert", "modernbert", "ModernBERT", "", readModernBert, 50281, 50282, 50283},
    {"DebertaV2", "deberta-v2", "DeBERTa v2 and v3", "", readDeberta},
};

/// The head of the class that is called `suffix` behind the row's prefix; none where such a class is not built.
std::optional<Head> headOf(const Architecture& row, std::string_view suffix) {
  if (suffix == kClassifier) return Head::Classification;
  if (!row.language.empty()) {
    return suffix == row.language || suffix == "Model" || suffix == "TextModel" ? std::optional(Head::LanguageModel)
                                                                                : std::nullopt;
  }
  if (suffix == kTokenClassifier) return Head::TokenClassification;
  if (suffix == kMasked) return Head::MaskedLanguageModel;
  // What a class for pretraining predicts beside masked tokens is not built.
  return suffix == "Model" || suffix == "ForPreTraining" ? std::optional(Head::None) : std::nullopt;
}

}  // namespace

std::string Architecture::className(Head head) const {
  return fmt::format("{}{}", prefix,
                     head == Head::LanguageModel         ? language
                     : head == Head::TokenClassification ? kTokenClassifier
                     : head == Head::MaskedLanguageModel ? kMasked
                                                         : kClassifier);
}

std::optional<KnownClass> findClass(std::string_view name, std::string_view modelType) {
  std::optional<KnownClass> first;
  for (const auto& row : kArchitectures) {
    if (!name.starts_with(row.prefix)) continue;
    const auto head = headOf(row, name.substr(row.prefix.size()));
    if (!head) continue;
    if (row.modelType == modelType) return KnownClass{&row, *head};
    if (!first) first = KnownClass{&row, *head};
  }
  return first;
}

const Architecture* findDecoder(std::string_view modelType) {
  const auto* found = std::ranges::find_if(kArchitectures, [&](const Architecture& row) {
    return row.modelType == modelType && !row.language.empty() && !row.whole();
  });
  return found == std::end(kArchitectures) ? nullptr : found;
}

std::string knownFamilies() {
  std::string known;
  std::string_view last;
  for (const auto& row : kArchitectures) {
    if (row.family != last) known += fmt::format("{}{}", known.empty() ? "" : ", ", row.family);
    last = row.family;
  }
  return known;
}

}  // namespace rosa::model
