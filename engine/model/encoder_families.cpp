// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/encoder_families.h"

#include <fmt/format.h>

#include "model/config_parts.h"

namespace rosa::model {

namespace {

constexpr EncoderSpec kBert = {.prefix = "bert.", .pooler = "bert.pooler.dense", .headOut = "classifier"};
constexpr EncoderSpec kRoberta = {.prefix = "roberta.",
                                  .paddingId = 1,
                                  .positionsBehindPadding = true,
                                  .headDense = "classifier.dense",
                                  .headOut = "classifier.out_proj",
                                  .dropsBeforeHead = true};

void readEncoder(ConfigReader& reader, ModelConfig& config, const EncoderSpec& spec) {
  config.encoder = spec;
  config.width = reader.integer("hidden_size", 1, kLargestSize);
  config.layers = reader.integer("num_hidden_layers", 1, kMostLayers);
  config.heads = reader.integer("num_attention_heads", 1, kLargestSize);
  config.keyValueHeads = config.heads;
  config.feedForward = reader.integer("intermediate_size", 1, kLargestSize);
  config.positions = reader.integer("max_position_embeddings", 1, kLargestSize, 512);
  config.typeVocabulary = reader.integer("type_vocab_size", 1, kLargestSize, 2);
  config.normEpsilon = reader.number("layer_norm_eps", 0, 1, 1e-12);
  config.activation = readActivation(reader, "hidden_act", "gelu");
  config.hiddenDropout = config.embeddingDropout = reader.number("hidden_dropout_prob", 0, 0.999, 0.1);
  config.attentionDropout = reader.number("attention_probs_dropout_prob", 0, 0.999, 0.1);
  config.classifierDropout = reader.number("classifier_dropout", 0, 0.999, config.hiddenDropout);
  config.attentionBias = config.attentionOutputBias = config.mlpBias = true;
  config.tied = false;
  reader.requireTruth("is_decoder", false);
  reader.requireTruth("add_cross_attention", false);
  const auto positions = reader.text("position_embedding_type", "absolute");
  if (positions != "absolute") {
    reader.fail("position_embedding_type", fmt::format("is '{}'; only absolute is supported", positions));
  }
  settleHeads(reader, config, "num_attention_heads");
  config.layerSpecs = equalLayers(config);
}

}  // namespace

void readBert(ConfigReader& reader, ModelConfig& config) {
  readEncoder(reader, config, kBert);
}

void readRoberta(ConfigReader& reader, ModelConfig& config) {
  readEncoder(reader, config, kRoberta);
}

}  // namespace rosa::model
