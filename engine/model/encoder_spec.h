// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "model/activation_kind.h"
#include "model/decoder_spec.h"

namespace rosa::model {

/// How an architecture names its tensors, without ".weight"; those of a block stand behind "<layer>N.". An empty name
/// is a part that the architecture does not have.
struct EncoderNames {
  std::string_view tokens = {}, positions = {}, types = {}, embeddingNorm = {};
  std::string_view projection = {};  ///< from the embeddings' size to the model's
  std::string_view layer = {};
  std::string_view inLayer = {};  ///< what follows the layer's number, e.g. "albert_layers.0."
  std::string_view query = {}, key = {}, value = {};
  std::string_view attentionOut = {};
  std::string_view attentionSumNorm = {};  ///< of x + attention(x)
  std::string_view up = {}, down = {};
  std::string_view mlpSumNorm = {};  ///< of x + mlp(x)
  std::string_view pooler = {};      ///< dense layer that the model has even without a head
  std::string_view headDense = {};   ///< the head's own dense layer in its place
  std::string_view headOut = {};     ///< the layer with a row for each class
};

/// What one encoder does otherwise than another.
struct EncoderSpec {
  const EncoderNames* names = nullptr;
  std::int64_t paddingId = 0;           ///< where config.json names none
  bool positionsBehindPadding = false;  ///< position ids begin at the padding id + 1, whose own row is fixed
  std::int64_t embeddingSize = 0;       ///< width of the tables; set by the reader
  std::int64_t sharedGroups = 0;  ///< layers in so many groups, each of which has one set of weights; 0 = own ones
  Activation headActivation = Activation::Tanh;  ///< behind the dense layer of the head
  bool dropsAttentionOut = true;                 ///< dropout on the attention's branch
  bool dropsMlpOut = true;                       ///< and on the MLP's
  bool dropsBeforeHead = false;                  ///< dropout before the head's dense layer, beside that after it
};

}  // namespace rosa::model
