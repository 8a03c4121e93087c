// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/rope_config.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

namespace rosa::model {

namespace {

constexpr double kLargestFactor = 1e6;
constexpr double kLongest = 1e9;

std::optional<RopeConfig::Type> typeNamed(std::string_view name) {
  using Type = RopeConfig::Type;
  if (name == "default") return Type::Default;
  if (name == "linear") return Type::Linear;
  if (name == "llama3") return Type::Llama3;
  if (name == "yarn") return Type::Yarn;
  if (name == "longrope" || name == "su") return Type::LongRope;  // Phi-3's first files said su
  if (name == "proportional") return Type::Proportional;
  return std::nullopt;
}

/// Yarn's amplitude for positions stretched by `factor` (transformers, _compute_yarn_parameters).
double stretchedAmplitude(double factor, double scale) {
  return factor <= 1 ? 1 : 0.1 * scale * std::log(factor) + 1;
}

double yarnAmplitude(ConfigReader& inner, double factor) {
  const double scale = inner.number("mscale", 0, kLargestFactor, 0);
  const double all = inner.number("mscale_all_dim", 0, kLargestFactor, 0);
  if (scale == 0 || all == 0) return stretchedAmplitude(factor, 1);
  return stretchedAmplitude(factor, scale) / stretchedAmplitude(factor, all);
}

std::vector<double> factorsOf(ConfigReader& inner, const char* key, std::int64_t count) {
  const auto* found = inner.find(key);
  std::vector<double> factors;
  if (found != nullptr && found->is_array()) {
    for (const auto& entry : *found) {
      const double factor = entry.is_number() ? entry.get<double>() : 0;
      if (!(factor > 0 && factor < kLargestFactor)) {
        inner.fail(key, fmt::format("holds {} where a factor above 0 belongs", entry.dump()));
        return {};
      }
      factors.push_back(factor);
    }
  }
  if (std::ssize(factors) != count) {
    inner.fail(key, fmt::format("holds {} factors where {} belong", factors.size(), count));
  }
  return factors;
}

void readLlama3(ConfigReader& inner, RopeConfig& rope) {
  rope.lowFrequencyFactor = inner.number("low_freq_factor", 1e-6, kLargestFactor, 1);
  rope.highFrequencyFactor = inner.number("high_freq_factor", 1e-6, kLargestFactor, 4);
  if (rope.highFrequencyFactor <= rope.lowFrequencyFactor) {
    inner.fail("high_freq_factor",
               fmt::format("is {}, not above low_freq_factor {}", rope.highFrequencyFactor, rope.lowFrequencyFactor));
  }
}

void readYarn(ConfigReader& inner, RopeConfig& rope, const RopeDefaults& defaults) {
  if (inner.find("factor") == nullptr) rope.factor = static_cast<double>(defaults.positions) / rope.originalPositions;
  rope.betaFast = inner.number("beta_fast", 1e-6, kLargestFactor, 32);
  rope.betaSlow = inner.number("beta_slow", 1e-6, kLargestFactor, 1);
  rope.roundedRange = inner.truth("truncate", true);
  rope.amplitude = inner.number("attention_factor", 1e-6, kLargestFactor, yarnAmplitude(inner, rope.factor));
}

void readLongRope(ConfigReader& inner, RopeConfig& rope, const RopeDefaults& defaults) {
  const auto count = rope.turnedDims(defaults.headDim) / 2;
  rope.shortFactors = factorsOf(inner, "short_factor", count);
  rope.longFactors = factorsOf(inner, "long_factor", count);
  const double stretch =
      inner.find("factor") != nullptr ? rope.factor : static_cast<double>(defaults.positions) / rope.originalPositions;
  const double amplitude = stretch <= 1 ? 1 : std::sqrt(1 + std::log(stretch) / std::log(rope.originalPositions));
  rope.amplitude = inner.number("attention_factor", 1e-6, kLargestFactor, amplitude);
}

/// Hunyuan's static stretch: another base, once (type "dynamic" with "alpha").
void readAlpha(ConfigReader& inner, RopeConfig& rope, const RopeDefaults& defaults) {
  const double alpha = inner.number("alpha", 1, kLargestFactor, 1);
  const auto dims = static_cast<double>(rope.turnedDims(defaults.headDim));
  if (dims > 2) rope.theta *= std::pow(alpha, dims / (dims - 2));
}

constexpr const char* kNewer = "rope_parameters";
constexpr const char* kOlder = "rope_scaling";
constexpr const char* kShare = "partial_rotary_factor";
constexpr const char* kOriginal = "original_max_position_embeddings";

/// How many dimensions turn: all that the configuration class of the family knows.
void checkShare(ConfigReader& reader, const RopeConfig& rope, const RopeDefaults& defaults) {
  if (rope.type == RopeConfig::Type::Proportional) return;
  if (!defaults.anyShare && rope.share != 1) return reader.fail(kShare, "is not 1");
  const auto turned = static_cast<std::int64_t>(static_cast<double>(defaults.headDim) * rope.share);
  if (defaults.headDim % 2 == 0 && turned % 2 != 0) {
    reader.fail(kShare, fmt::format("makes {} of a head's {} dimensions turn; an even number is supported", turned,
                                    defaults.headDim));
  }
}

/// What one object says, on top of what stands outside it.
RopeConfig readObject(ConfigReader& reader, const nlohmann::ordered_json& object, const std::string& name,
                      RopeConfig rope, const RopeDefaults& defaults) {
  if (!object.is_object()) {
    reader.fail(name, "is not an object");
    return rope;
  }
  ConfigReader inner(object, fmt::format("{}, {}", reader.file(), name));
  rope.theta = inner.number("rope_theta", 1, kLargestTheta, rope.theta);
  rope.share = inner.number(kShare, 0, 1, rope.share);
  const auto type = inner.text("rope_type", inner.text("type", "default"));
  rope.factor = inner.number("factor", 1, kLargestFactor, 1);
  if (rope.originalPositions == 0) {
    rope.originalPositions = inner.number(kOriginal, 1, kLongest, static_cast<double>(defaults.positions));
  }
  const auto known = typeNamed(type);
  if (known) rope.type = *known;
  if (type == "dynamic" && inner.find("alpha") != nullptr) {
    readAlpha(inner, rope, defaults);
  } else if (!known) {
    inner.fail("rope_type",
               fmt::format("is '{}'; default, linear, llama3, yarn, longrope and proportional are supported", type));
  }
  if (rope.type == RopeConfig::Type::Llama3) readLlama3(inner, rope);
  if (rope.type == RopeConfig::Type::Yarn) readYarn(inner, rope, defaults);
  if (rope.type == RopeConfig::Type::LongRope) readLongRope(inner, rope, defaults);
  checkShare(inner, rope, defaults);
  reader.adopt(inner);
  return rope;
}

/// An object with something in it; Transformers takes an empty one as none.
const nlohmann::ordered_json* findFilled(const ConfigReader& reader, const char* key) {
  const auto* found = reader.find(key);
  return found != nullptr && found->empty() ? nullptr : found;
}

}  // namespace

std::int64_t RopeConfig::turnedDims(std::int64_t headDim) const {
  if (type == Type::Proportional) return headDim;
  return static_cast<std::int64_t>(static_cast<double>(headDim) * share) / 2 * 2;
}

const nlohmann::ordered_json* findRope(const ConfigReader& reader) {
  const auto* older = findFilled(reader, kOlder);
  return older != nullptr ? older : findFilled(reader, kNewer);
}

RopeConfig readRope(ConfigReader& reader, const RopeDefaults& defaults) {
  RopeConfig rope;
  rope.theta = reader.number("rope_theta", 1, kLargestTheta, defaults.theta);
  rope.share = reader.number(kShare, 0, 1, defaults.share);
  rope.originalPositions = reader.number(kOriginal, 1, kLongest, defaults.originalPositions);
  const char* name = findFilled(reader, kOlder) != nullptr ? kOlder : kNewer;
  if (const auto* found = findRope(reader)) return readObject(reader, *found, name, rope, defaults);
  checkShare(reader, rope, defaults);
  return rope;
}

RopeConfig readRopeOf(ConfigReader& reader, const RopeDefaults& defaults, const char* layerType, bool scaled) {
  constexpr const char* kTruncate = "truncate";
  RopeConfig rope;
  rope.theta = defaults.theta;
  rope.share = reader.number(kShare, 0, 1, defaults.share);
  rope.originalPositions = 0;
  auto name = fmt::format("{}.{}", kNewer, layerType);
  auto entry = nlohmann::ordered_json::object();
  const auto* all = reader.find(kNewer);
  if (all == nullptr) entry["rope_type"] = "default";  // before which "type" in rope_scaling counts for nothing
  if (all != nullptr && !all->is_object()) reader.fail(kNewer, "is not an object");
  if (all != nullptr && all->is_object() && all->contains(layerType)) entry = all->at(layerType);
  if (entry.is_null()) entry = nlohmann::ordered_json::object();
  const auto* older = scaled ? findFilled(reader, kOlder) : nullptr;
  if (older != nullptr) {
    name = kOlder;
    if (older->is_object() && entry.is_object()) {
      entry.update(*older);
    } else {
      entry = *older;
    }
  }
  if (entry.is_object()) {  // Transformers looks for this key beside the entries alone
    entry.erase(kTruncate);
    if (all != nullptr && all->is_object() && all->contains(kTruncate)) entry[kTruncate] = all->at(kTruncate);
  }
  return readObject(reader, entry, name, rope, defaults);
}

}  // namespace rosa::model
