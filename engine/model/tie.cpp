// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/tie.h"

#include <fmt/format.h>

#include "model/tensor_names.h"

namespace rosa::model {

std::string tokenTable(const ModelConfig& config) {
  return config.decoder.placed(config.decoder.names->tokens) + ".weight";
}

Expected<ModelConfig> settleTie(ModelConfig config, const device::TensorSource& source) {
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
