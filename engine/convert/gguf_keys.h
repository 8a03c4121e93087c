// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "convert/gguf_family.h"
#include "gguf/value.h"
#include "model/model_config.h"

/// What a file says of a model's shape, in keys and in tensors that hold settings.
namespace rosa::convert {

/// The hyper-parameters that llama.cpp demands of this architecture, under "<architecture>.".
void setHyperParameters(const model::ModelConfig& config, const GgufFamily& family, gguf::Metadata& metadata);

/// Gemma: by the root of what llama.cpp divides the scores, the head's size but in its largest model.
[[nodiscard]] std::int64_t scoreSize(const GgufFamily& family, std::int64_t layers, std::int64_t headDim,
                                     std::int64_t widthOverHeads);

/// The usual amplitude of yarn, by which llama.cpp multiplies what a file says.
[[nodiscard]] double usualAmplitude(double factor);

/// By how much queries must be larger because llama.cpp scales the scores of this architecture otherwise.
[[nodiscard]] double queryFactor(const model::ModelConfig& config, const GgufFamily& family);

/// Divisors of the rope's frequencies that llama.cpp reads from a tensor, one for each pair of dimensions: llama3's,
/// and Gemma 4's, whose huge ones stand still. Empty where there are none.
[[nodiscard]] std::vector<float> ropeFactors(const model::ModelConfig& config);

}  // namespace rosa::convert
