// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/encoder_families.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/text.h"
#include "model/config_parts.h"
#include "model/dense_config.h"
#include "model/rope_config.h"

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
    .maskDense = "cls.predictions.transform.dense",
    .maskNorm = "cls.predictions.transform.LayerNorm",
    .maskOut = "cls.predictions.decoder",
    .maskBias = "cls.predictions.bias",
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
  names.maskDense = "lm_head.dense";
  names.maskNorm = "lm_head.layer_norm";
  names.maskOut = "lm_head.decoder";
  names.maskBias = "lm_head.bias";
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
  names.maskDense = "generator_predictions.dense";
  names.maskNorm = "generator_predictions.LayerNorm";
  names.maskOut = "generator_lm_head";
  names.maskBias = "generator_lm_head.bias";
  return names;
}

constexpr EncoderNames kRobertaNames = roberta();
constexpr EncoderNames kElectraNames = electra();

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
    .maskDense = "vocab_transform",
    .maskNorm = "vocab_layer_norm",
    .maskOut = "vocab_projector",
    .maskBias = "vocab_projector.bias",
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
    .maskDense = "predictions.dense",
    .maskNorm = "predictions.LayerNorm",
    .maskOut = "predictions.decoder",
    .maskBias = "predictions.bias",
};

constexpr EncoderNames kModernBertNames = {
    .tokens = "model.embeddings.tok_embeddings",
    .embeddingNorm = "model.embeddings.norm",
    .layer = "model.layers.",
    .attentionNorm = "attn_norm",
    .projections = "attn.Wqkv",
    .attentionOut = "attn.Wo",
    .mlpNorm = "mlp_norm",
    .gateUp = "mlp.Wi",
    .down = "mlp.Wo",
    .finalNorm = "model.final_norm",
    .headDense = "head.dense",
    .headNorm = "head.norm",
    .headOut = "classifier",
    .maskDense = "head.dense",
    .maskNorm = "head.norm",
    .maskOut = "decoder",
    .maskBias = "decoder.bias",
};

constexpr EncoderNames kDebertaNames = {
    .tokens = "deberta.embeddings.word_embeddings",
    .positions = "deberta.embeddings.position_embeddings",
    .types = "deberta.embeddings.token_type_embeddings",
    .embeddingNorm = "deberta.embeddings.LayerNorm",
    .relativePositions = "deberta.encoder.rel_embeddings",
    .relativeNorm = "deberta.encoder.LayerNorm",
    .convolution = "deberta.encoder.conv.conv",
    .convolutionNorm = "deberta.encoder.conv.LayerNorm",
    .layer = "deberta.encoder.layer.",
    .query = "attention.self.query_proj",
    .key = "attention.self.key_proj",
    .value = "attention.self.value_proj",
    .positionKey = "attention.self.pos_key_proj",
    .positionQuery = "attention.self.pos_query_proj",
    .attentionOut = "attention.output.dense",
    .attentionSumNorm = "attention.output.LayerNorm",
    .up = "intermediate.dense",
    .down = "output.dense",
    .mlpSumNorm = "output.LayerNorm",
    .headDense = "pooler.dense",
    .headOut = "classifier",
    .maskDense = "cls.predictions.transform.dense",
    .maskNorm = "cls.predictions.transform.LayerNorm",
    .maskOut = "cls.predictions.decoder",
    .maskBias = "cls.predictions.bias",
};

/// What every encoder is made of, once its sizes are read.
void finish(ConfigReader& reader, ModelConfig& config, const char* headsKey) {
  config.keyValueHeads = config.heads;
  config.attentionBias = config.attentionOutputBias = config.mlpBias = true;
  config.tied = false;
  settleHeads(reader, config, headsKey);
  config.layerSpecs = equalLayers(config);
  if (!reader.truth("tie_word_embeddings", true)) {
    config.encoder.maskRefusal = fmt::format(
        "{}: tie_word_embeddings is false, so that the layer that predicts hidden tokens has a table of its own, which "
        "task masked-lm does not train. Choose a checkpoint whose output layer is the token table.",
        reader.file());
  }
}

/// The keys of BERT and of all that goes by its configuration class.
void readBertLike(ConfigReader& reader, ModelConfig& config, const EncoderNames& names,
                  const char* classifierDropout = "classifier_dropout") {
  config.encoder.names = names;
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
  config.tokenDropout = config.classifierDropout;
  config.encoder.embeddingSize = config.width;
  reader.requireTruth("is_decoder", false);
  reader.requireTruth("add_cross_attention", false);
  const auto positions = reader.text("position_embedding_type", "absolute");
  if (positions != "absolute") {
    reader.fail("position_embedding_type", fmt::format("is '{}'; only absolute is supported", positions));
  }
  finish(reader, config, "num_attention_heads");
}

void dropBeforeHead(ModelConfig& config, double p) {
  config.encoder.dropsBeforeHead = true;
  config.poolerDropout = p;
}

/// Full or sliding attention, a rope for each.
void readModernBertLayers(ConfigReader& reader, ModelConfig& config) {
  RopeDefaults whole, local;
  whole.headDim = local.headDim = config.headDim;
  whole.positions = local.positions = config.positions;
  whole.theta = reader.number("global_rope_theta", 1, kLargestTheta, 160000);
  local.theta = reader.number("local_rope_theta", 1, kLargestTheta, 10000);
  if (reader.find("rope_scaling") != nullptr) reader.fail("rope_scaling", "is set, which is not supported");
  config.ropes = {readRopeOf(reader, whole, "full_attention"), readRopeOf(reader, local, "sliding_attention")};
  config.layerSpecs = equalLayers(config);
  const auto period = reader.integer("global_attn_every_n_layers", 1, kMostLayers, 3);
  const auto window = reader.integer("local_attention", 1, kLargestSize, 128);
  const auto slides =
      readLayerTypes(reader, config, "sliding_attention", [=](std::int64_t layer) { return layer % period != 0; });
  for (std::size_t i = 0; i < slides.size(); ++i) {
    if (!slides[i]) continue;
    config.layerSpecs[i].window = window;
    config.layerSpecs[i].rope = 1;
  }
}

/// `pos_att_type`: a list of terms, or in older files one text with bars between them.
bool hasTerm(ConfigReader& reader, const std::string& term) {
  const auto* found = reader.find("pos_att_type");
  if (found == nullptr) return false;
  if (found->is_array()) return std::find(found->begin(), found->end(), term) != found->end();
  // In either case, as Transformers takes it.
  return base::lowered(reader.text("pos_att_type", "")).find(term) != std::string::npos;
}

void readRelativePositions(ConfigReader& reader, ModelConfig& config) {
  auto& spec = config.encoder;
  auto& relative = spec.relative;
  relative.contentToPosition = hasTerm(reader, "c2p");
  relative.positionToContent = hasTerm(reader, "p2c");
  const int terms = 1 + (relative.contentToPosition ? 1 : 0) + (relative.positionToContent ? 1 : 0);
  spec.attentionScale = 1 / std::sqrt(static_cast<double>(config.headDim * terms));
  if (!reader.truth("relative_attention", false)) return;
  const auto farthest = reader.integer("max_relative_positions", -1, kLargestSize, -1);
  relative.farthest = farthest < 1 ? config.positions : farthest;
  const auto buckets = reader.integer("position_buckets", -1, kLargestSize, -1);
  relative.buckets = std::max<std::int64_t>(buckets, 0);
  relative.span = relative.buckets > 0 ? relative.buckets : relative.farthest;
  relative.shared = reader.truth("share_att_key", false);
  if (relative.buckets > 0 && (relative.buckets < 2 || relative.farthest - 1 <= relative.buckets / 2)) {
    reader.fail("position_buckets",
                fmt::format("is {}, which does not go with distances up to {}", relative.buckets, relative.farthest));
    relative.buckets = 0;
  }
}

void readConvolution(ConfigReader& reader, ModelConfig& config) {
  auto& spec = config.encoder;
  constexpr std::int64_t kWidestKernel = 1023;
  spec.convolutionKernel = reader.integer("conv_kernel_size", 0, kWidestKernel, 0);
  if (spec.convolutionKernel == 0) return;
  if (spec.convolutionKernel % 2 == 0) {
    reader.fail("conv_kernel_size", fmt::format("is {}; an odd number is supported", spec.convolutionKernel));
  }
  if (const auto groups = reader.integer("conv_groups", 1, kLargestSize, 1); groups != 1) {
    reader.fail("conv_groups", fmt::format("is {}; 1 is supported", groups));
  }
  spec.convolutionActivation = readActivation(reader, "conv_act", "tanh");
}

/// A size that must be the model's own.
void requireWidth(ConfigReader& reader, const ModelConfig& config, const char* key, std::int64_t only) {
  const auto size = reader.integer(key, 1, kLargestSize, only);
  if (size != only)
    reader.fail(key, fmt::format("is {} in a model of width {}; {} is supported", size, config.width, only));
}

}  // namespace

void readBert(ConfigReader& reader, ModelConfig& config) {
  readBertLike(reader, config, kBertNames);
  config.encoder.maskActivation = config.activation;
}

void readRoberta(ConfigReader& reader, ModelConfig& config) {
  readBertLike(reader, config, kRobertaNames);
  auto& spec = config.encoder;
  spec.paddingId = 1;
  spec.positionsBehindPadding = true;
  if (reader.find("pad_token_id") != nullptr && !reader.tokenId("pad_token_id", config.vocabularySize)) {
    reader.fail("pad_token_id", "names no token; positions are counted from it");
  }
  dropBeforeHead(config, config.classifierDropout);
}

void readElectra(ConfigReader& reader, ModelConfig& config) {
  readBertLike(reader, config, kElectraNames);
  auto& spec = config.encoder;
  spec.embeddingSize = reader.integer("embedding_size", 1, kLargestSize, 128);
  if (spec.embeddingSize == config.width) spec.names.projection = "";
  spec.headActivation = Activation::Gelu;
  dropBeforeHead(config, config.classifierDropout);
}

void readAlbert(ConfigReader& reader, ModelConfig& config) {
  readBertLike(reader, config, kAlbertNames, "classifier_dropout_prob");
  config.activation = config.encoder.maskActivation = readActivation(reader, "hidden_act", "gelu_new");
  // The configuration class drops nothing but before the classes where the file does not say.
  config.hiddenDropout = config.embeddingDropout = reader.number("hidden_dropout_prob", 0, kMostDropout, 0);
  config.attentionDropout = reader.number("attention_probs_dropout_prob", 0, kMostDropout, 0);
  config.classifierDropout = reader.number("classifier_dropout_prob", 0, kMostDropout, 0.1);
  config.tokenDropout = config.classifierDropout;
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
  spec.names = kDistilBertNames;
  config.width = integerUnderEither(reader, "dim", "hidden_size", kLargestSize, 768);
  config.layers = integerUnderEither(reader, "n_layers", "num_hidden_layers", kMostLayers, 6);
  config.heads = integerUnderEither(reader, "n_heads", "num_attention_heads", kLargestSize, 12);
  config.feedForward = reader.integer("hidden_dim", 1, kLargestSize, 3072);
  config.positions = reader.integer("max_position_embeddings", 1, kLargestSize, 512);
  config.normEpsilon = 1e-12;  // no key says otherwise
  config.activation = spec.maskActivation = readActivation(reader, "activation", "gelu");
  config.hiddenDropout = config.embeddingDropout = reader.number("dropout", 0, kMostDropout, 0.1);
  config.attentionDropout = reader.number("attention_dropout", 0, kMostDropout, 0.1);
  config.classifierDropout = reader.number("seq_classif_dropout", 0, kMostDropout, 0.2);
  config.tokenDropout = config.hiddenDropout;
  spec.embeddingSize = config.width;
  spec.headActivation = Activation::Relu;
  spec.dropsAttentionOut = false;
  finish(reader, config, "n_heads");
}

void readModernBert(ConfigReader& reader, ModelConfig& config) {
  auto& spec = config.encoder;
  spec.names = kModernBertNames;
  config.width = reader.integer("hidden_size", 1, kLargestSize, 768);
  config.layers = reader.integer("num_hidden_layers", 1, kMostLayers, 22);
  config.heads = reader.integer("num_attention_heads", 1, kLargestSize, 12);
  config.feedForward = reader.integer("intermediate_size", 1, kLargestSize, 1152);
  config.positions = reader.integer("max_position_embeddings", 1, kLargestSize, 8192);
  config.normEpsilon = reader.number("norm_eps", 0, 1, 1e-5);
  config.activation = readActivation(reader, "hidden_activation", "gelu");
  config.embeddingDropout = reader.number("embedding_dropout", 0, kMostDropout, 0);
  // The same number drops scores and the branch's result.
  config.attentionDropout = config.hiddenDropout = reader.number("attention_dropout", 0, kMostDropout, 0);
  config.classifierDropout = config.tokenDropout = reader.number("classifier_dropout", 0, kMostDropout, 0);
  if (const double p = reader.number("mlp_dropout", 0, kMostDropout, 0); p > 0) {
    config.remarks.push_back(fmt::format("config.json: mlp_dropout is {}, which training here does not apply.", p));
  }
  finish(reader, config, "num_attention_heads");
  config.attentionBias = config.attentionOutputBias = reader.truth("attention_bias", false);
  config.mlpBias = reader.truth("mlp_bias", false);
  spec.norm = reader.truth("norm_bias", false) ? NormKind::Layer : NormKind::LayerNoBias;
  spec.embeddingSize = config.width;
  spec.embeddingsAreNormed = spec.gatedMlp = true;
  spec.dropsMlpOut = false;
  spec.headBias = spec.maskDenseBias = reader.truth("classifier_bias", false);
  spec.maskOutBias = reader.truth("decoder_bias", true);
  spec.tokenHeadIsWhole = true;
  spec.headActivation = spec.maskActivation = readActivation(reader, "classifier_activation", "gelu");
  const auto pooling = reader.text("classifier_pooling", "cls");
  if (pooling == "mean") spec.pooling = Pooling::Mean;
  if (pooling != "mean" && pooling != "cls") {
    reader.fail("classifier_pooling", fmt::format("is '{}'; cls and mean are supported", pooling));
  }
  readModernBertLayers(reader, config);
}

void readDeberta(ConfigReader& reader, ModelConfig& config) {
  auto& spec = config.encoder;
  spec.names = kDebertaNames;
  config.width = reader.integer("hidden_size", 1, kLargestSize, 1536);
  config.layers = reader.integer("num_hidden_layers", 1, kMostLayers, 24);
  config.heads = reader.integer("num_attention_heads", 1, kLargestSize, 24);
  config.feedForward = reader.integer("intermediate_size", 1, kLargestSize, 6144);
  config.positions = reader.integer("max_position_embeddings", 1, kLargestSize, 512);
  config.typeVocabulary = reader.integer("type_vocab_size", 0, kLargestSize, 0);
  config.normEpsilon = reader.number("layer_norm_eps", 0, 1, 1e-7);
  config.activation = spec.maskActivation = readActivation(reader, "hidden_act", "gelu");
  config.hiddenDropout = config.embeddingDropout = reader.number("hidden_dropout_prob", 0, kMostDropout, 0.1);
  config.attentionDropout = reader.number("attention_probs_dropout_prob", 0, kMostDropout, 0.1);
  config.classifierDropout = reader.number("cls_dropout", 0, kMostDropout, config.hiddenDropout);
  config.tokenDropout = config.hiddenDropout;
  dropBeforeHead(config, reader.number("pooler_dropout", 0, kMostDropout, 0));
  finish(reader, config, "num_attention_heads");
  spec.embeddingSize = config.width;
  spec.headActivation = readActivation(reader, "pooler_hidden_act", "gelu");
  requireWidth(reader, config, "embedding_size", config.width);
  requireWidth(reader, config, "pooler_hidden_size", config.width);
  requireWidth(reader, config, "attention_head_size", config.headDim);
  readRelativePositions(reader, config);
  readConvolution(reader, config);
  if (reader.text("norm_rel_ebd", "none").find("layer_norm") == std::string::npos) spec.names.relativeNorm = "";
  if (!reader.truth("position_biased_input", true)) spec.names.positions = "";
  if (config.typeVocabulary == 0) spec.names.types = "";
  if (!reader.truth("legacy", true)) {
    spec.names.maskDense = "lm_predictions.lm_head.dense";
    spec.names.maskNorm = "lm_predictions.lm_head.LayerNorm";
    spec.names.maskOut = "";
    spec.names.maskBias = "lm_predictions.lm_head.bias";
    spec.maskRefusal.clear();  // this head multiplies by the token table whatever tie_word_embeddings says
  }
}

}  // namespace rosa::model
