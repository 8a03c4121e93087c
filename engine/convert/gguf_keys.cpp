// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/gguf_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace rosa::convert {
namespace {

using model::LayerSpec;
using model::Mixer;
using model::ModelConfig;
using model::RopeConfig;

/// Keys of one architecture.
class KeyWriter {
 public:
  KeyWriter(const ModelConfig& config, const GgufFamily& family, gguf::Metadata& metadata)
      : config_(config), spec_(config.decoder), family_(family), metadata_(metadata) {}

  void write() {
    count("block_count", config_.layers);
    count("context_length", config_.positions);
    count("embedding_length", config_.width);
    countOfLayers("feed_forward_length", [](const LayerSpec& layer) { return layer.feedForward; });
    count("attention.head_count", config_.heads);
    const bool layerNorms = spec_.norm == model::NormKind::Layer || spec_.norm == model::NormKind::LayerNoBias;
    number(layerNorms ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", config_.normEpsilon);
    if (!family_.ropes) return;
    const bool lfm2 = family_.architecture == "lfm2";
    // LFM2's layers without keys are those that convolve.
    countOfLayers("attention.head_count_kv", [&](const LayerSpec& layer) {
      return lfm2 && layer.mixer != Mixer::Attention ? 0 : layer.keyValueHeads;
    });
    if (lfm2) count("shortconv.l_cache", spec_.convolutionKernel);
    if (family_.architecture == "qwen35") writeDelta();
    count("vocab_size", config_.vocabularySize);
    writeHeads();
    writeRope();
    writeWindows();
    writeScales();
  }

 private:
  [[nodiscard]] std::string key(std::string_view name) const {
    return fmt::format("{}.{}", family_.architecture, name);
  }
  void count(std::string_view name, std::int64_t value) { metadata_.set(key(name), static_cast<std::uint32_t>(value)); }
  void number(std::string_view name, double value) { metadata_.set(key(name), static_cast<float>(value)); }
  template <typename T>
  void list(std::string_view name, std::vector<T> values) {
    metadata_.set(key(name), gguf::Array{std::move(values)});
  }
  /// One number where all layers have the same, else one for each.
  template <typename Of>
  void countOfLayers(std::string_view name, const Of& of) {
    std::vector<std::int32_t> counts;
    for (const auto& layer : config_.layerSpecs) counts.push_back(static_cast<std::int32_t>(of(layer)));
    if (std::ranges::all_of(counts, [&](auto each) { return each == counts.front(); })) {
      count(name, counts.front());
    } else {
      list(name, std::move(counts));
    }
  }

  void writeHeads() {
    auto size = config_.headDim;
    if (family_.architecture == "gemma4") {
      const auto whole = std::ranges::find(config_.layerSpecs, 0, &LayerSpec::window);
      if (whole != config_.layerSpecs.end()) size = whole->headDim;
      count("attention.key_length_swa", config_.headDim);
      count("attention.value_length_swa", config_.headDim);
      count("rope.dimension_count", size);
      count("rope.dimension_count_swa", config_.ropes.back().turnedDims(config_.headDim));
      const auto shared =
          std::ranges::count_if(config_.layerSpecs, [](const LayerSpec& layer) { return layer.keysOf >= 0; });
      count("attention.shared_kv_layers", shared);
      count("embedding_length_per_layer_input", spec_.layerInput);
    } else {
      count("rope.dimension_count", config_.ropes.front().turnedDims(config_.headDim));
    }
    count("attention.key_length", size);
    count("attention.value_length", size);
  }

  void writeRope() {
    const auto& rope = config_.ropes.front();
    number("rope.freq_base", rope.theta);
    if (config_.ropes.size() > 1) number("rope.freq_base_swa", config_.ropes[1].theta);
    if (rope.type == RopeConfig::Type::Linear) {
      metadata_.set(key("rope.scaling.type"), std::string("linear"));
      number("rope.scaling.factor", rope.factor);
    } else if (rope.type == RopeConfig::Type::Yarn) {
      writeYarn(rope);
    } else if (rope.type == RopeConfig::Type::LongRope) {
      number("rope.scaling.attn_factor", rope.amplitude);
    }
    if (family_.architecture == "phi3") {
      count("rope.scaling.original_context_length", static_cast<std::int64_t>(rope.originalPositions));
    }
    if (family_.architecture == "qwen35") {
      // Places of texts, heights and widths take turns; in a text all three are the same.
      const auto pairs = static_cast<std::int32_t>(rope.turnedDims(config_.headDim) / 2);
      const auto third = (pairs + 2) / 3;
      list("rope.dimension_sections",
           std::vector<std::int32_t>{third, std::min(third, pairs - third), std::max(0, pairs - 2 * third), 0});
    }
  }

  void writeYarn(const RopeConfig& rope) {
    metadata_.set(key("rope.scaling.type"), std::string("yarn"));
    number("rope.scaling.factor", rope.factor);
    count("rope.scaling.original_context_length", static_cast<std::int64_t>(rope.originalPositions));
    const double usual = usualAmplitude(rope.factor);
    if (std::abs(rope.amplitude / usual - 1) > 1e-6) number("rope.scaling.attn_factor", rope.amplitude / usual);
    if (!family_.yarnBounds) return;
    number("rope.scaling.yarn_beta_fast", rope.betaFast);
    number("rope.scaling.yarn_beta_slow", rope.betaSlow);
  }

  void writeWindows() {
    const auto window = windowOf(config_);
    if (family_.architecture == "phi3") count("attention.sliding_window", window);
    if (family_.slidingPattern == 0 || window == 0) return;
    count("attention.sliding_window", window);
    std::vector<bool> pattern;
    bool usual = family_.architecture != "gemma4";
    for (const auto& layer : config_.layerSpecs) {
      pattern.push_back(layer.window > 0);
      usual = usual && pattern.back() == (static_cast<std::int64_t>(pattern.size()) % family_.slidingPattern != 0);
    }
    if (!usual) list("attention.sliding_window_pattern", std::move(pattern));
  }

  void writeScales() {
    if (spec_.attentionCap != 0) number("attn_logit_softcapping", spec_.attentionCap);
    if (spec_.logitCap != 0) number("final_logit_softcapping", spec_.logitCap);
    if (family_.architecture == "granite") {
      number("attention.scale", spec_.attentionScale);
      number("embedding_scale", spec_.embeddingScale);
      number("residual_scale", spec_.residualScale);
      number("logit_scale", 1 / spec_.logitScale);
    }
    if (family_.architecture == "cohere2") number("logit_scale", spec_.logitScale);
    if (spec_.queryGrowth == 0) return;
    number("attention.temperature_scale", spec_.queryGrowth);
    count("rope.scaling.original_context_length", static_cast<std::int64_t>(spec_.queryGrowthLength));
  }

  /// Qwen3.5's linear attention; which layers have it, and, where every n-th has not, n for older readers.
  void writeDelta() {
    const auto& delta = spec_.delta;
    count("ssm.conv_kernel", spec_.convolutionKernel);
    count("ssm.state_size", delta.keySize);
    count("ssm.group_count", delta.keyHeads);
    count("ssm.time_step_rank", delta.valueHeads);
    count("ssm.inner_size", delta.values());
    std::vector<bool> linear;
    for (const auto& layer : config_.layerSpecs) linear.push_back(layer.mixer == Mixer::GatedDelta);
    const auto interval = std::ranges::find(linear, false) - linear.begin() + 1;
    bool regular = true;
    for (std::size_t i = 0; i < linear.size(); ++i) {
      regular = regular && linear[i] == ((static_cast<std::ptrdiff_t>(i) + 1) % interval != 0);
    }
    if (regular) count("full_attention_interval", interval);
    list("attention.recurrent_layers", std::move(linear));
  }

  const ModelConfig& config_;
  const model::DecoderSpec& spec_;
  const GgufFamily& family_;
  gguf::Metadata& metadata_;
};

/// The divisors of llama3's frequencies, in single precision, as the models compute them and the converter does.
std::vector<float> llama3Factors(const RopeConfig& rope, std::int64_t headDim) {
  const auto original = static_cast<float>(rope.originalPositions);
  const auto low = static_cast<float>(rope.lowFrequencyFactor), high = static_cast<float>(rope.highFrequencyFactor);
  const auto factor = static_cast<float>(rope.factor);
  std::vector<float> factors;
  for (std::int64_t i = 0; i < headDim / 2; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(headDim);
    const float frequency = 1 / std::pow(static_cast<float>(rope.theta), exponent);
    const float wave = 2 * std::numbers::pi_v<float> / frequency;
    if (wave < original / high) {
      factors.push_back(1);
    } else if (wave > original / low) {
      factors.push_back(factor);
    } else {
      const float share = (original / wave - low) / (high - low);
      factors.push_back(1 / ((1 - share) / factor + share));
    }
  }
  return factors;
}

}  // namespace

void setHyperParameters(const ModelConfig& config, const GgufFamily& family, gguf::Metadata& metadata) {
  KeyWriter(config, family, metadata).write();
}

std::int64_t scoreSize(const GgufFamily& family, std::int64_t layers, std::int64_t headDim,
                       std::int64_t widthOverHeads) {
  // llama.cpp knows the 27 billion models by their layers.
  return layers == (family.architecture == "gemma2" ? 46 : 62) ? widthOverHeads : headDim;
}

double usualAmplitude(double factor) {
  return factor > 1 ? 0.1 * std::log(factor) + 1 : 1;
}

double queryFactor(const ModelConfig& config, const GgufFamily& family) {
  if (family.architecture != "gemma2" && family.architecture != "gemma3") return 1;
  const auto size = scoreSize(family, config.layers, config.headDim, config.width / config.heads);
  return config.decoder.attentionScale * std::sqrt(static_cast<double>(size));
}

std::vector<float> ropeFactors(const ModelConfig& config) {
  if (config.ropes.empty()) return {};
  const auto& rope = config.ropes.front();
  if (rope.type == RopeConfig::Type::Llama3) return llama3Factors(rope, config.headDim);
  if (rope.type != RopeConfig::Type::Proportional) return {};
  const auto whole = std::ranges::find(config.layerSpecs, 0, &LayerSpec::window);
  const auto headDim = whole == config.layerSpecs.end() ? config.headDim : whole->headDim;
  constexpr float kStands = 1e30F;
  std::vector<float> factors(static_cast<std::size_t>(headDim / 2), kStands);
  const auto turning = static_cast<std::ptrdiff_t>(static_cast<double>(headDim) * rope.share / 2);
  std::fill_n(factors.begin(), turning, 1.0F);
  return factors;
}

}  // namespace rosa::convert
