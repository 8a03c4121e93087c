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

/// What llama.cpp does with an architecture, which no file can change.
struct GgufFamily {
  std::string_view modelType = {};     ///< config.json's
  std::string_view architecture = {};  ///< general.architecture
  bool turnsNeighbours = false;        ///< its ropes turn neighbours, not dimensions half a head apart
  bool wholeWidthHeads = false;        ///< heads times head size must be the width
  bool ropes = true;
  bool llama3Rope = false;    ///< reads the divisors of the rope's frequencies
  bool yarnBounds = false;    ///< reads yarn's beta_fast and beta_slow, which are 32 and 1 elsewhere
  bool outputBiases = false;  ///< attention's output and the MLP may have biases
  bool tanhGelu = false;      ///< of the MLP; SiLU elsewhere
  bool alwaysTied = false, neverTied = false;
  /// Where layers may slide: all but every n-th do where a file says nothing of it. 0: none slides.
  std::int64_t slidingPattern = 0;
  bool yarn = true;  ///< was compared with llama.cpp
};

/// Whether rows of q and k are reordered, those of a head's first half to the even places: the model turns dimensions
/// half a head apart, and llama.cpp turns neighbours.
[[nodiscard]] bool reordersHeads(const model::ModelConfig& config, const GgufFamily& family);

/// The row of a file's general.architecture, of several that are written alike the first of those whose layers slide
/// or do not; null where there is none.
[[nodiscard]] const GgufFamily* ggufFamilyOfFile(std::string_view architecture, bool slides);

/// "gpt2, llama, qwen2, ...": the architectures of the files that are written and read.
[[nodiscard]] std::string ggufArchitectures();

/// The row of config.json's model_type; null where there is none.
[[nodiscard]] const GgufFamily* ggufFamilyNamed(std::string_view modelType);

/// The row of this model. An error says what llama.cpp cannot compute, and which exports remain.
[[nodiscard]] Expected<GgufFamily> ggufFamilyOf(const model::ModelConfig& config);

/// Tokens that sliding layers see; 0 where none slides.
[[nodiscard]] std::int64_t windowOf(const model::ModelConfig& config);

/// Where llama.cpp computes otherwise without an error, and what stays outside of the file.
[[nodiscard]] std::vector<std::string> ggufRemarks(const model::ModelConfig& config, const GgufFamily& family);

}  // namespace rosa::convert
