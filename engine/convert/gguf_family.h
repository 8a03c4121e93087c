// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gguf/value.h"
#include "model/model_config.h"
#include "rosa/expected.h"

/// What llama.cpp calls a decoder, and what it must be told of its shape.
namespace rosa::convert {

struct GgufFamily {
  std::string_view modelType;     ///< config.json's
  std::string_view architecture;  ///< general.architecture
  /// Its ropes turn neighbours, so that rows of q and k are reordered: those of the first half take the even places.
  bool turnsNeighbours = false;
  bool wholeWidthHeads = false;  ///< heads times head size must be the width
  bool ropes = true;
};

/// The row of a file's general.architecture, the first where several are written alike; null where there is none.
[[nodiscard]] const GgufFamily* ggufFamilyOfFile(std::string_view architecture);

/// "gpt2, llama, qwen2, ...": the architectures of the files that are written and read.
[[nodiscard]] std::string ggufArchitectures();

/// The row of config.json's model_type; null where there is none.
[[nodiscard]] const GgufFamily* ggufFamilyNamed(std::string_view modelType);

/// The row of this model. An error says what llama.cpp cannot compute, and which exports remain.
[[nodiscard]] Expected<GgufFamily> ggufFamilyOf(const model::ModelConfig& config);

/// Where llama.cpp computes otherwise without an error: a window that it does not have.
[[nodiscard]] std::vector<std::string> ggufRemarks(const model::ModelConfig& config, const GgufFamily& family);

/// The hyper-parameters that llama.cpp demands of this architecture, under "<architecture>.".
void setHyperParameters(const model::ModelConfig& config, const GgufFamily& family, gguf::Metadata& metadata);

/// Where a file says nothing of it, all layers but every n-th slide.
[[nodiscard]] std::int64_t slidingPattern(const GgufFamily& family);

/// Gemma: by the root of what llama.cpp divides the scores, the head's size but in its largest model.
[[nodiscard]] std::int64_t scoreSize(const GgufFamily& family, std::int64_t layers, std::int64_t headDim,
                                     std::int64_t widthOverHeads);

/// The usual amplitude of yarn, by which llama.cpp multiplies what a file says.
[[nodiscard]] double usualAmplitude(double factor);

/// By how much queries must be larger because llama.cpp scales the scores of this architecture otherwise.
[[nodiscard]] double queryFactor(const model::ModelConfig& config, const GgufFamily& family);

/// Divisors of the rope's frequencies that llama.cpp reads from a tensor: llama3's, one for each pair of dimensions.
/// Empty where there are none.
[[nodiscard]] std::vector<float> ropeFactors(const model::ModelConfig& config);

}  // namespace rosa::convert
