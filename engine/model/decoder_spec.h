// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rosa::model {

enum class NormKind {
  Layer,        ///< LayerNorm with weight and bias
  LayerNoBias,  ///< LayerNorm with a weight
  Rms,          ///< RMSNorm
  RmsPlusOne,   ///< RMSNorm that multiplies by 1 + weight (Gemma)
};

/// Where queries and keys are normalised, if at all.
enum class QueryKeyNorm {
  None,
  HeadBeforeRope,   ///< each head by itself
  WholeBeforeRope,  ///< all heads of a token as one vector
  HeadAfterRope,
};

/// How the two branches of a block meet the residual stream.
enum class BlockForm {
  Serial,    ///< x + attention(x), then x + mlp(x); norms wherever the names have them
  Parallel,  ///< x + attention(norm(x)) + mlp(norm(x))
};

/// What mixes a layer's tokens with those before them.
enum class Mixer {
  Attention,
  ShortConvolution,  ///< LFM2
  GatedDelta,        ///< Qwen3.5's linear attention
};

/// The heads of a gated delta rule; each key head serves as many consecutive value heads.
struct DeltaShape {
  std::int64_t keyHeads = 1, valueHeads = 1;
  std::int64_t keySize = 1, valueSize = 1;  ///< of one head

  [[nodiscard]] std::int64_t keys() const { return keyHeads * keySize; }
  [[nodiscard]] std::int64_t values() const { return valueHeads * valueSize; }
  /// Queries, keys and values of a token, which go through one convolution.
  [[nodiscard]] std::int64_t mixed() const { return 2 * keys() + values(); }
};

/// The answers of one layer.
struct LayerSpec {
  Mixer mixer = Mixer::Attention;
  std::int64_t heads = 1;
  std::int64_t keyValueHeads = 1;
  std::int64_t headDim = 1;
  std::int64_t feedForward = 1;
  std::int64_t window = 0;  ///< tokens that one sees, itself included; 0 = all before it
  int rope = -1;            ///< index into ModelConfig::ropes; -1 = queries and keys do not turn
  bool valueIsKey = false;  ///< no projection of values: that of the keys, before norm and turn, serves as them
  int keysOf = -1;          ///< the layer before it whose keys and values it uses; -1 = its own
};

/// How an architecture names its tensors, without ".weight"; those of a block stand behind "<layer>N.". An empty name
/// is a part that the architecture does not have.
struct DecoderNames {
  std::string_view tokens = {}, positions = {}, layer = {}, finalNorm = {};
  std::string_view attentionNorm = {};
  std::string_view query = {}, key = {}, value = {};
  std::string_view projections = {};  ///< q, k, v in one matrix
  std::string_view queryNorm = {}, keyNorm = {};
  std::string_view attentionOut = {};
  std::string_view attentionOutNorm = {};  ///< of the branch's result, before the residual sum
  std::string_view mlpNorm = {};
  std::string_view mixer = {};  ///< what the tensors of a layer that is no attention stand behind
  std::string_view gate = {}, up = {};
  std::string_view gateUp = {};  ///< both in one matrix
  std::string_view down = {};
  std::string_view mlpOutNorm = {};
  std::string_view layerTokens = {}, layerProjection = {}, layerProjectionNorm = {};  ///< of what LayerInputs is made
  std::string_view layerInputGate = {}, layerInputOut = {}, layerInputNorm = {};      ///< of a block's branch for it
  std::string_view layerScale = {};  ///< a number that the block's result is multiplied by, which never trains
  bool inOut = false;                ///< matrices lie [in, out], as GPT-2's Conv1D
};

/// What one decoder does otherwise than another. The multipliers are 1 and the caps 0 where there are none.
struct DecoderSpec {
  const DecoderNames* names = nullptr;
  BlockForm form = BlockForm::Serial;
  NormKind norm = NormKind::Rms;
  QueryKeyNorm queryKeyNorm = QueryKeyNorm::None;
  bool gatedMlp = true;
  bool shrinksResidualStart = false;  ///< random weights of matrices into the residual stream shrink with depth
  double embeddingScale = 1;
  double residualScale = 1;   ///< of both branches
  double attentionScale = 0;  ///< of the scores; 0 = 1/sqrt(headDim)
  double attentionCap = 0;    ///< c: scores become c·tanh(score/c)
  double logitScale = 1;
  double logitCap = 0;
  double queryGrowth = 0;        ///< beta: a query at position p is multiplied by 1 + beta·ln(1 + floor(p/length))
  double queryGrowthLength = 1;  ///< Ministral 3's original length
  std::int64_t convolutionKernel = 1;  ///< of layers that have a convolution
  DeltaShape delta;                    ///< of layers with a gated delta rule
  bool gatedQueries = false;           ///< each head's query brings a gate, whose sigmoid multiplies the head's result
  bool convolutionBias = false;        ///< a short convolution and its projections have biases
  bool valueNorm = false;              ///< each head's values by RMS, without a weight
  std::int64_t layerInput = 0;         ///< numbers that every layer is given of a token (LayerInputs); 0 = none
  std::int64_t layerInputVocabulary = 0;  ///< rows of their table
  bool fixedPaddingRow = true;            ///< the padding token's row gets no gradient through the lookup
  /// The module that holds a text half inside a whole model, e.g. "model.language_model."; empty where the decoder is
  /// all there is.
  std::string_view textHalf = {};

  /// A name that stands outside the layers, or `layer` itself, where this model has it.
  [[nodiscard]] std::string placed(std::string_view name) const {
    constexpr std::string_view kModel = "model.";
    if (textHalf.empty() || !name.starts_with(kModel)) return std::string(name);
    return std::string(textHalf) + std::string(name.substr(kModel.size()));
  }
};

}  // namespace rosa::model
