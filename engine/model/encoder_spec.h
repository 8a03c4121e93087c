// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/activation_kind.h"
#include "model/decoder_spec.h"

namespace rosa::model {

/// How an architecture names its tensors, without ".weight"; those of a block stand behind "<layer>N.". An empty name
/// is a part that the architecture does not have.
struct EncoderNames {
  std::string_view tokens = {}, positions = {}, types = {}, embeddingNorm = {};
  std::string_view projection = {};                            ///< from the embeddings' size to the model's
  std::string_view relativePositions = {}, relativeNorm = {};  ///< a table of distances, for all layers
  std::string_view convolution = {}, convolutionNorm = {};     ///< of the embeddings, added to the first layer's result
  std::string_view layer = {};
  std::string_view inLayer = {};        ///< what follows the layer's number, e.g. "albert_layers.0."
  std::string_view attentionNorm = {};  ///< before the branch
  std::string_view query = {}, key = {}, value = {};
  std::string_view projections = {};  ///< q, k, v in one matrix
  std::string_view positionKey = {}, positionQuery = {};
  std::string_view attentionOut = {};
  std::string_view attentionSumNorm = {};  ///< of x + attention(x)
  std::string_view mlpNorm = {};           ///< before the branch
  std::string_view up = {};
  std::string_view gateUp = {};  ///< gate and up in one matrix
  std::string_view down = {};
  std::string_view mlpSumNorm = {};  ///< of x + mlp(x)
  std::string_view finalNorm = {};
  std::string_view pooler = {};                    ///< dense layer that the model has even without a head
  std::string_view headDense = {};                 ///< the head's own dense layer in its place
  std::string_view headNorm = {};                  ///< behind the dense layer's activation
  std::string_view headOut = {};                   ///< the layer with a row for each class
  std::string_view tokenHeadOut = "classifier";    ///< the same where each token has a class
  std::string_view maskDense = {}, maskNorm = {};  ///< before the output layer of the head that predicts hidden tokens
  std::string_view maskOut = {};   ///< that layer, which is the token table; files may hold it once more
  std::string_view maskBias = {};  ///< its bias, by its whole name
};

/// DeBERTa's scores of relative positions (disentangled_attention.h).
struct RelativeSpec {
  std::int64_t span = 0;     ///< the table has a row for each bucket of a distance from -span to span - 1; 0 = no table
  std::int64_t buckets = 0;  ///< distances beyond half of them share rows by their logarithm; 0 = each has its own
  std::int64_t farthest = 0;       ///< distance that the last bucket stands for
  bool contentToPosition = false;  ///< the term qᵢ·K[r]
  bool positionToContent = false;  ///< the term kⱼ·Q[r]
  bool shared = false;             ///< K and Q come of the contents' own projections
};

/// What a head reads of a text.
enum class Pooling { First, Mean };

/// What one encoder does otherwise than another.
struct EncoderSpec {
  EncoderNames names;
  std::int64_t paddingId = 0;           ///< where config.json names none
  bool positionsBehindPadding = false;  ///< position ids begin at the padding id + 1, whose own row is fixed
  NormKind norm = NormKind::Layer;
  std::int64_t embeddingSize = 0;    ///< width of the tables; set by the reader
  bool embeddingsAreNormed = false;  ///< the first layer has no norm before its attention
  RelativeSpec relative;
  double attentionScale = 0;  ///< of the scores; 0 = 1/sqrt(headDim)
  std::int64_t convolutionKernel = 0;
  Activation convolutionActivation = Activation::Tanh;
  bool gatedMlp = false;
  std::int64_t sharedGroups = 0;  ///< layers in so many groups, each of which has one set of weights; 0 = own ones
  Pooling pooling = Pooling::First;
  bool headBias = true;                          ///< of the head's dense layer
  bool tokenHeadIsWhole = false;                 ///< a class for each token takes that layer and its norm too
  Activation headActivation = Activation::Tanh;  ///< behind it
  Activation maskActivation = Activation::Gelu;  ///< behind the dense layer of the head that predicts hidden tokens
  bool maskDenseBias = true, maskOutBias = true;
  /// Why that head cannot be used, though the model may be; empty where it can.
  std::string maskRefusal;
  bool dropsAttentionOut = true;  ///< dropout on the attention's branch
  bool dropsMlpOut = true;        ///< and on the MLP's
  bool dropsBeforeHead = false;   ///< dropout before the head's dense layer, beside that after it
};

}  // namespace rosa::model
