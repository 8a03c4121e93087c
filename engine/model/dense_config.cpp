// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/dense_config.h"

#include <optional>

#include "model/config_parts.h"

namespace rosa::model {

void readDense(ConfigReader& reader, ModelConfig& config, const DecoderNames& names, const DenseDefaults& defaults) {
  config.decoder.names = &names;
  config.width = reader.integer("hidden_size", 1, kLargestSize);
  config.layers = reader.integer("num_hidden_layers", 1, kMostLayers);
  const auto orNone = [](std::int64_t value) { return value > 0 ? std::optional(value) : std::nullopt; };
  config.heads = reader.integer("num_attention_heads", 1, kLargestSize, orNone(defaults.heads));
  config.keyValueHeads = reader.integer("num_key_value_heads", 1, kLargestSize,
                                        defaults.keyValueHeads > 0 ? defaults.keyValueHeads : config.heads);
  config.feedForward = reader.integer("intermediate_size", 1, kLargestSize, orNone(defaults.feedForward));
  config.positions = reader.integer("max_position_embeddings", 1, kLargestSize, defaults.positions);
  config.headDim = reader.integer("head_dim", 1, kLargestSize, defaults.headDim);
  config.normEpsilon = reader.number("rms_norm_eps", 0, 1, defaults.normEpsilon);
  config.activation = readActivation(reader, "hidden_act", defaults.activation);
  config.attentionDropout = reader.number("attention_dropout", 0, kMostDropout, 0);
  config.tied = reader.truth("tie_word_embeddings", defaults.tied);
  config.attentionBias = config.attentionOutputBias = reader.truth("attention_bias", false);
  config.mlpBias = reader.truth("mlp_bias", false);
  settleHeads(reader, config, "num_attention_heads");
}

RopeDefaults ropeDefaults(const ModelConfig& config, double theta) {
  RopeDefaults defaults;
  defaults.theta = theta;
  defaults.headDim = config.headDim;
  defaults.positions = config.positions;
  return defaults;
}

void oneRope(ConfigReader& reader, ModelConfig& config, double theta) {
  config.ropes = {readRope(reader, ropeDefaults(config, theta))};
  config.layerSpecs = equalLayers(config);
}

}  // namespace rosa::model
