// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "model/config_reader.h"
#include "model/model_config.h"

/// What the readers of decoders since Llama have in common.
namespace rosa::model {

inline constexpr DecoderNames kLlamaNames = {
    .tokens = "model.embed_tokens",
    .layer = "model.layers.",
    .finalNorm = "model.norm",
    .attentionNorm = "input_layernorm",
    .query = "self_attn.q_proj",
    .key = "self_attn.k_proj",
    .value = "self_attn.v_proj",
    .attentionOut = "self_attn.o_proj",
    .mlpNorm = "post_attention_layernorm",
    .gate = "mlp.gate_proj",
    .up = "mlp.up_proj",
    .down = "mlp.down_proj",
};

constexpr DecoderNames withHeadNorms(DecoderNames names) {
  names.queryNorm = "self_attn.q_norm";
  names.keyNorm = "self_attn.k_norm";
  return names;
}

inline constexpr double kMostDropout = 0.999;
inline constexpr double kLargestMultiplier = 1e6;

/// What the configuration classes of the Llama kind differ in where a file does not say.
struct DenseDefaults {
  double normEpsilon = 1e-6;
  bool tied = false;
  std::int64_t headDim = 0;                   ///< 0: the width over the heads
  std::int64_t heads = 0, keyValueHeads = 0;  ///< 0: the file must say, and as many as heads
  std::int64_t feedForward = 0;               ///< 0: the file must say
  std::int64_t positions = 2048;
  const char* activation = "silu";
};

/// The keys that nearly every decoder since Llama has. Ropes and layers are the caller's; `names` outlives `config`.
void readDense(ConfigReader& reader, ModelConfig& config, const DecoderNames& names, const DenseDefaults& defaults);

[[nodiscard]] RopeDefaults ropeDefaults(const ModelConfig& config, double theta = 10000);

/// One rope for all layers, which are alike.
void oneRope(ConfigReader& reader, ModelConfig& config, double theta = 10000);

}  // namespace rosa::model
