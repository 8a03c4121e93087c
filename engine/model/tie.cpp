// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/tie.h"

#include <fmt/format.h>

#include <utility>

#include "model/tensor_names.h"

namespace rosa::model {

namespace {

Expected<ModelConfig> settleMaskHead(ModelConfig config, const device::TensorSource& source) {
  const auto output = spelledIn(source, outputLayer(config));
  const auto table = spelledIn(source, tokenTable(config));
  if (!output || !table) return config;
  ROSA_TRY(const bool same, source.equal(*table, *output));
  if (same) return config;
  config.encoder.maskRefusal = fmt::format(
      "The files hold an own {} with other numbers than {}, which task masked-lm does not train. Choose a checkpoint "
      "whose output layer is the token table.",
      *output, *table);
  return config;
}

}  // namespace

std::string tokenTable(const ModelConfig& config) {
  if (!config.isDecoder()) return std::string(config.encoder.names.tokens) + ".weight";
  return config.decoder.placed(config.decoder.names->tokens) + ".weight";
}

std::string outputLayer(const ModelConfig& config) {
  if (config.isDecoder()) return kLanguageHead;
  const auto name = config.encoder.names.maskOut;
  return name.empty() ? std::string() : std::string(name) + ".weight";
}

bool outputIsTable(const ModelConfig& config) {
  return config.head == Head::MaskedLanguageModel || (config.head == Head::LanguageModel && config.tied);
}

Expected<ModelConfig> settleTie(ModelConfig config, const device::TensorSource& source) {
  if (config.head == Head::MaskedLanguageModel || (!config.isDecoder() && config.head == Head::None)) {
    return settleMaskHead(std::move(config), source);
  }
  if (!config.isDecoder() || !config.tied) return config;
  const auto head = spelledIn(source, kLanguageHead);
  const auto table = spelledIn(source, tokenTable(config));
  if (!head || !table) return config;  // the one table that is there serves both
  ROSA_TRY(const bool same, source.equal(*table, *head));
  if (same) return config;
  config.tied = false;
  config.remarks.push_back(
      fmt::format("config.json ties the output layer to the token table, but the files hold an own {} with other "
                  "numbers than {}. Both are used as they stand and are not tied, as transformers does. Write "
                  "\"tie_word_embeddings\": false into config.json to say so.",
                  *head, *table));
  return config;
}

}  // namespace rosa::model
