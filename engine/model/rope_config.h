// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/config_reader.h"

namespace rosa::model {

inline constexpr double kLargestTheta = 1e12;  ///< the largest base of rotations that is believed

/// Rotary position embeddings as config.json asks for them: which dimensions of a head turn, how fast, and how lengths
/// beyond those of the pretraining are reached.
struct RopeConfig {
  enum class Type {
    Default,
    Linear,        ///< every frequency divided by the factor
    Llama3,        ///< each by its wavelength
    Yarn,          ///< arXiv 2309.00071: blended between two numbers of rotations, at every length
    LongRope,      ///< arXiv 2402.13753: a factor for each frequency, another where a text is long
    Proportional,  ///< Gemma 4: the first share of all the head's frequencies, the others stand still
  };
  Type type = Type::Default;
  double theta = 10000;
  double share = 1;         ///< of a head's dimensions that turn
  bool neighbours = false;  ///< dimensions 2i and 2i + 1 turn together, not i and i + half
  double factor = 1;
  double lowFrequencyFactor = 1;   ///< llama3
  double highFrequencyFactor = 4;  ///< llama3
  double originalPositions = 8192;
  double betaFast = 32, betaSlow = 1;             ///< yarn: rotations within the original length
  bool roundedRange = true;                       ///< yarn
  double amplitude = 1;                           ///< of cosines and sines; rotated scores get its square
  std::vector<double> shortFactors, longFactors;  ///< longrope

  /// Dimensions of a head that belong to turning pairs.
  [[nodiscard]] std::int64_t turnedDims(std::int64_t headDim) const;
};

/// What stands where a config.json says nothing.
struct RopeDefaults {
  double theta = 10000;
  double share = 1;
  bool anyShare = false;       ///< whether the family turns a part of a head where the file says so
  std::int64_t headDim = 0;    ///< to compare the lengths of longrope's factors with
  std::int64_t positions = 0;  ///< max_position_embeddings
  /// original_max_position_embeddings, as the configuration class has it; 0: `positions`, if nothing says otherwise.
  double originalPositions = 0;
};

/// The object that `readRope` reads; null where the file has none or an empty one.
[[nodiscard]] const nlohmann::ordered_json* findRope(const ConfigReader& reader);

/// Reads `rope_parameters`, or the older `rope_theta`, `rope_scaling` and `partial_rotary_factor`. As Transformers 5.24
/// has it, `rope_scaling` counts where both are there, and `original_max_position_embeddings` outside before the one
/// inside.
[[nodiscard]] RopeConfig readRope(ConfigReader& reader, const RopeDefaults& defaults);

/// The rope of one kind of layer, e.g. "sliding_attention", in a family that keeps one for each: what its entry of
/// `rope_parameters` says, and with `scaled` the older `rope_scaling` on top. `rope_theta` and the original length
/// outside of it are not read, as Transformers does not.
[[nodiscard]] RopeConfig readRopeOf(ConfigReader& reader, const RopeDefaults& defaults, const char* layerType,
                                    bool scaled = false);

}  // namespace rosa::model
