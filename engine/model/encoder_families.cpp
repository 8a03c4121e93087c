// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/encoder_families.h"

#include <fmt/format.h>

#include "model/config_parts.h"

namespace rosa::model {

namespace {

constexpr EncoderNames kBertNames = {
    .tokens = "bert.embeddings.word_embeddings",
    .positions = "bert.embeddings.position_embeddings",
    .types = "bert.embeddings.token_type_embeddings",
    .embeddingNorm = "bert.embeddings.LayerNorm",
    .layer = "bert.encoder.layer.",
    .query = "attention.self.query",
    .key = "attention.self.key",
    .value = "attention.self.value",
    .attentionOut = "attention.output.dense",
    .attentionSumNorm = "attention.output.LayerNorm",
    .up = "intermediate.dense",
    .down = "output.dense",
    .mlpSumNorm = "output.LayerNorm",
    .pooler = "bert.pooler.dense",
    .headOut = "classifier",
};

/// The head of RoBERTa and ELECTRA, which takes the pooler's place.
constexpr EncoderNames withOwnHead(EncoderNames names) {
  names.pooler = "";
  names.headDense = "classifier.dense";
  names.headOut = "classifier.out_proj";
  return names;
}

constexpr EncoderNames roberta() {
  auto names = withOwnHead(kBertNames);
  names.tokens = "roberta.embeddings.word_embeddings";
  names.positions = "roberta.embeddings.position_embeddings";
  names.types = "roberta.embeddings.token_type_embeddings";
  names.embeddingNorm = "roberta.embeddings.LayerNorm";
  names.layer = "roberta.encoder.layer.";
  return names;
}

constexpr EncoderNames electra() {
  auto names = withOwnHead(kBertNames);
  names.tokens = "electra.embeddings.word_embeddings";
  names.positions = "electra.embeddings.position_embeddings";
  names.types = "electra.embeddings.token_type_embeddings";
  names.embeddingNorm = "electra.embeddings.LayerNorm";
  names.projection = "electra.embeddings_project";
  names.layer = "electra.encoder.layer.";
  return names;
}

constexpr EncoderNames withoutProjection(EncoderNames names) {
  names.projection = "";
  return names;
}

constexpr EncoderNames kRobertaNames = roberta();
constexpr EncoderNames kElectraNames = electra();
constexpr EncoderNames kElectraAsWideNames = withoutProjection(kElectraNames);

constexpr EncoderNames kDistilBertNames = {
    .tokens = "distilbert.embeddings.word_embeddings",
    .positions = "distilbert.embeddings.position_embeddings",
    .embeddingNorm = "distilbert.embeddings.LayerNorm",
    .layer = "distilbert.transformer.layer.",
    .query = "attention.q_lin",
    .key = "attention.k_lin",
    .value = "attention.v_lin",
    .attentionOut = "attention.out_lin",
    .attentionSumNorm = "sa_layer_norm",
    .up = "ffn.lin1",
    .down = "ffn.lin2",
    .mlpSumNorm = "output_layer_norm",
    .headDense = "pre_classifier",
    .headOut = "classifier",
};

constexpr EncoderNames kAlbertNames = {
    .tokens = "albert.embeddings.word_embeddings",
    .positions = "albert.embeddings.position_embeddings",
    .types = "albert.embeddings.token_type_embeddings",
    .embeddingNorm = "albert.embeddings.LayerNorm",
    .projection = "albert.encoder.embedding_hidden_mapping_in",
    .layer = "albert.encoder.albert_layer_groups.",
    .inLayer = "albert_layers.0.",
    .query = "attention.query",
    .key = "attention.key",
    .value = "attention.value",
    .attentionOut = "attention.dense",
    .attentionSumNorm = "attention.LayerNorm",
    .up = "ffn",
    .down = "ffn_output",
    .mlpSumNorm = "full_layer_layer_norm",
    .pooler = "albert.pooler",
    .headOut = "classifier",
};

constexpr double kMostDropout = 0.999;

/// What every encoder is made of, once its sizes are read.
void finish(ConfigReader& reader, ModelConfig& config, const char* headsKey) {
  config.keyValueHeads = config.heads;
  config.attentionBias = config.attentionOutputBias = config.mlpBias = true;
  config.tied = false;
  settleHeads(reader, config, headsKey);
  config.layerSpecs = equalLayers(config);
}

/// The keys of BERT and of all that goes by its configuration class.
void readBertLike(ConfigReader& reader, ModelConfig& config, const EncoderNames& names,
                  const char* classifierDropout = "classifier_dropout") {
  config.encoder.names = &names;
  config.width = reader.integer("hidden_size", 1, kLargestSize);
  config.layers = reader.integer("num_hidden_layers", 1, kMostLayers);
  config.heads = reader.integer("num_attention_heads", 1, kLargestSize);
  config.feedForward = reader.integer("intermediate_size", 1, kLargestSize);
  config.positions = reader.integer("max_position_embeddings", 1, kLargestSize, 512);
  config.typeVocabulary = reader.integer("type_vocab_size", 1, kLargestSize, 2);
  config.normEpsilon = reader.number("layer_norm_eps", 0, 1, 1e-12);
  config.activation = readActivation(reader, "hidden_act", "gelu");
  config.hiddenDropout = config.embeddingDropout = reader.number("hidden_dropout_prob", 0, kMostDropout, 0.1);
  config.attentionDropout = reader.number("attention_probs_dropout_prob", 0, kMostDropout, 0.1);
  config.classifierDropout = reader.number(classifierDropout, 0, kMostDropout, config.hiddenDropout);
  config.encoder.embeddingSize = config.width;
  reader.requireTruth("is_decoder", false);
  reader.requireTruth("add_cross_attention", false);
  const auto positions = reader.text("position_embedding_type", "absolute");
  if (positions != "absolute") {
    reader.fail("position_embedding_type", fmt::format("is '{}'; only absolute is supported", positions));
  }
  finish(reader, config, "num_attention_heads");
}

}  // namespace

void readBert(ConfigReader& reader, ModelConfig& config) {
  readBertLike(reader, config, kBertNames);
}

void readRoberta(ConfigReader& reader, ModelConfig& config) {
  readBertLike(reader, config, kRobertaNames);
  auto& spec = config.encoder;
  spec.paddingId = 1;
  spec.positionsBehindPadding = true;
  spec.dropsBeforeHead = true;
}

void readElectra(ConfigReader& reader, ModelConfig& config) {
  readBertLike(reader, config, kElectraNames);
  auto& spec = config.encoder;
  spec.embeddingSize = reader.integer("embedding_size", 1, kLargestSize, 128);
  if (spec.embeddingSize == config.width) spec.names = &kElectraAsWideNames;
  spec.headActivation = Activation::Gelu;
  spec.dropsBeforeHead = true;
}

void readAlbert(ConfigReader& reader, ModelConfig& config) {
  readBertLike(reader, config, kAlbertNames, "classifier_dropout_prob");
  config.activation = readActivation(reader, "hidden_act", "gelu_new");
  // The configuration class drops nothing but before the classes where the file does not say.
  config.hiddenDropout = config.embeddingDropout = reader.number("hidden_dropout_prob", 0, kMostDropout, 0);
  config.attentionDropout = reader.number("attention_probs_dropout_prob", 0, kMostDropout, 0);
  config.classifierDropout = reader.number("classifier_dropout_prob", 0, kMostDropout, 0.1);
  auto& spec = config.encoder;
  spec.embeddingSize = reader.integer("embedding_size", 1, kLargestSize, 128);
  spec.sharedGroups = reader.integer("num_hidden_groups", 1, config.layers, 1);
  spec.dropsMlpOut = false;
  if (const auto inner = reader.integer("inner_group_num", 1, kMostLayers, 1); inner != 1) {
    reader.fail("inner_group_num", fmt::format("is {}; 1 is supported", inner));
  }
}

void readDistilBert(ConfigReader& reader, ModelConfig& config) {
  auto& spec = config.encoder;
  spec.names = &kDistilBertNames;
  config.width = integerUnderEither(reader, "dim", "hidden_size", kLargestSize, 768);
  config.layers = integerUnderEither(reader, "n_layers", "num_hidden_layers", kMostLayers, 6);
  config.heads = integerUnderEither(reader, "n_heads", "num_attention_heads", kLargestSize, 12);
  config.feedForward = reader.integer("hidden_dim", 1, kLargestSize, 3072);
  config.positions = reader.integer("max_position_embeddings", 1, kLargestSize, 512);
  config.normEpsilon = 1e-12;  // no key says otherwise
  config.activation = readActivation(reader, "activation", "gelu");
  config.hiddenDropout = config.embeddingDropout = reader.number("dropout", 0, kMostDropout, 0.1);
  config.attentionDropout = reader.number("attention_dropout", 0, kMostDropout, 0.1);
  config.classifierDropout = reader.number("seq_classif_dropout", 0, kMostDropout, 0.2);
  spec.embeddingSize = config.width;
  spec.headActivation = Activation::Relu;
  spec.dropsAttentionOut = false;
  finish(reader, config, "n_heads");
}

}  // namespace rosa::model
