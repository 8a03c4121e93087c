// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/state_families.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "model/config_parts.h"
#include "model/dense_config.h"

namespace rosa::model {

namespace {

constexpr std::int64_t kLargestKernel = 1024;

constexpr DecoderNames kLfm2Names = {
    .tokens = "model.embed_tokens",
    .layer = "model.layers.",
    .finalNorm = "model.embedding_norm",
    .attentionNorm = "operator_norm",
    .query = "self_attn.q_proj",
    .key = "self_attn.k_proj",
    .value = "self_attn.v_proj",
    .queryNorm = "self_attn.q_layernorm",
    .keyNorm = "self_attn.k_layernorm",
    .attentionOut = "self_attn.out_proj",
    .mlpNorm = "ffn_norm",
    .mixer = "conv",
    .gate = "feed_forward.w1",
    .up = "feed_forward.w3",
    .down = "feed_forward.w2",
};

constexpr DecoderNames qwen35() {
  auto names = withHeadNorms(kLlamaNames);
  names.mixer = "linear_attn";
  return names;
}

constexpr DecoderNames kQwen35Names = qwen35();

/// The width of LFM2's MLP, of which the file says what it is made from.
std::int64_t adjustedFeedForward(ConfigReader& reader, std::int64_t said) {
  const auto width = reader.integer("block_ff_dim", 1, kLargestSize, said);
  if (!reader.truth("block_auto_adjust_ff_dim", true)) return width;
  const auto shrunk = std::max<std::int64_t>(1, 2 * width / 3);
  if (reader.says("block_ffn_dim_multiplier") && reader.find("block_ffn_dim_multiplier") == nullptr) return shrunk;
  const auto multiplier = reader.number("block_ffn_dim_multiplier", 1e-6, kLargestMultiplier, 1);
  const auto multiple = reader.integer("block_multiple_of", 1, kLargestSize, 256);
  const auto wanted = multiplier * static_cast<double>(shrunk);
  if (wanted < 1 || wanted > static_cast<double>(kLargestSize)) {
    reader.fail("block_ffn_dim_multiplier", "makes the MLP's width too small or too large");
    return shrunk;
  }
  return (static_cast<std::int64_t>(wanted) + multiple - 1) / multiple * multiple;
}

/// Layers that `full_attn_idxs` names attend; without it all do.
std::set<std::int64_t> attendingLayers(ConfigReader& reader, const ModelConfig& config) {
  std::set<std::int64_t> attending;
  const auto* listed = reader.find("full_attn_idxs");
  if (listed == nullptr) {
    for (std::int64_t i = 0; i < config.layers; ++i) attending.insert(i);
    return attending;
  }
  const bool numbers =
      listed->is_array() && std::ranges::all_of(*listed, [](const auto& entry) { return entry.is_number_integer(); });
  if (!numbers) reader.fail("full_attn_idxs", "is no list of layer numbers");
  if (numbers) {
    for (const auto& entry : *listed) attending.insert(entry.get<std::int64_t>());
  }
  return attending;
}

void setMixers(ModelConfig& config, const std::vector<bool>& layers, Mixer mixer) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i]) config.layerSpecs[i].mixer = mixer;
  }
}

DeltaShape readDelta(ConfigReader& reader) {
  DeltaShape delta;
  constexpr std::int64_t kMost = 65536;  // so that heads times size stays a size
  delta.keyHeads = reader.integer("linear_num_key_heads", 1, kMost, 16);
  delta.valueHeads = reader.integer("linear_num_value_heads", 1, kMost, 32);
  delta.keySize = reader.integer("linear_key_head_dim", 1, kMost, 128);
  delta.valueSize = reader.integer("linear_value_head_dim", 1, kMost, 128);
  if (delta.valueHeads % delta.keyHeads != 0) {
    reader.fail("linear_num_value_heads",
                fmt::format("is {}, no multiple of the {} key heads", delta.valueHeads, delta.keyHeads));
  }
  if (std::max(delta.keys(), delta.values()) > kLargestSize) {
    reader.fail("linear_value_head_dim", "makes the linear attention's heads too large");
  }
  return delta;
}

}  // namespace

void readLfm2(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kLfm2Names, {.tied = true, .keyValueHeads = 8, .feedForward = 12288, .positions = 128000});
  config.attentionBias = config.attentionOutputBias = config.mlpBias = false;
  config.attentionDropout = 0;
  config.activation = Activation::Silu;
  config.normEpsilon = reader.number("norm_eps", 0, 1, 1e-5);
  config.tied = reader.truth("tie_embedding", config.tied);
  config.feedForward = adjustedFeedForward(reader, config.feedForward);
  auto& spec = config.decoder;
  spec.queryKeyNorm = QueryKeyNorm::HeadBeforeRope;
  spec.convolutionKernel = reader.integer("conv_L_cache", 1, kLargestKernel, 3);
  spec.convolutionBias = reader.truth("conv_bias", false);
  oneRope(reader, config, 1e6);
  const auto attending = attendingLayers(reader, config);
  const auto convolve =
      readLayerTypes(reader, config, "conv", [&](std::int64_t layer) { return !attending.contains(layer); });
  setMixers(config, convolve, Mixer::ShortConvolution);
}

void readQwen35(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kQwen35Names,
            {.headDim = 256, .keyValueHeads = 4, .feedForward = 12288, .positions = 32768});
  config.mlpBias = false;
  auto& spec = config.decoder;
  spec.norm = NormKind::RmsPlusOne;
  spec.queryKeyNorm = QueryKeyNorm::HeadBeforeRope;
  spec.gatedQueries = true;
  reader.requireTruth("attn_output_gate", true);
  if (config.activation != Activation::Silu) reader.fail("hidden_act", "is not silu, which alone is supported");
  spec.convolutionKernel = reader.integer("linear_conv_kernel_dim", 1, kLargestKernel, 4);
  spec.delta = readDelta(reader);
  auto defaults = ropeDefaults(config);
  defaults.anyShare = true;
  defaults.share = 0.25;
  config.ropes = {readRope(reader, defaults)};
  config.layerSpecs = equalLayers(config);
  const auto interval = reader.integer("full_attention_interval", 1, kMostLayers, 4);
  const auto linear = readLayerTypes(reader, config, "linear_attention",
                                     [&](std::int64_t layer) { return (layer + 1) % interval != 0; });
  setMixers(config, linear, Mixer::GatedDelta);
}

}  // namespace rosa::model
