// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/gguf_family.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numbers>
#include <utility>

namespace rosa::convert {
namespace {

using model::Activation;
using model::ModelConfig;
using model::RopeConfig;

constexpr std::array kFamilies = {
    GgufFamily{"gpt2", "gpt2", false, true, false},    GgufFamily{"llama", "llama", true, false},
    GgufFamily{"mistral", "llama", true, false},       GgufFamily{"qwen2", "qwen2", false, true},
    GgufFamily{"qwen3", "qwen3", false, false},        GgufFamily{"gemma2", "gemma2", false, false},
    GgufFamily{"gemma3_text", "gemma3", false, false}, GgufFamily{"phi3", "phi3", false, true},
    GgufFamily{"smollm3", "smollm3", true, false},     GgufFamily{"olmo2", "olmo2", false, true},
    GgufFamily{"granite", "granite", true, true},      GgufFamily{"lfm2", "lfm2", false, true},
};

bool isGemma(const GgufFamily& family) {
  return family.architecture.starts_with("gemma");
}

std::string namesOfFamilies() {
  std::string names;
  for (const auto& family : kFamilies) names += fmt::format("{}{}", names.empty() ? "" : ", ", family.modelType);
  return names;
}

Error cannot(const ModelConfig& config, std::string_view reason) {
  return Error{fmt::format("{} cannot be written as GGUF: {}. Export it as a merged model (--as merged).",
                           config.architecture, reason)};
}

bool slides(const ModelConfig& config) {
  return std::ranges::any_of(config.layerSpecs, [](const auto& layer) { return layer.window > 0; });
}
std::int64_t windowOf(const ModelConfig& config) {
  const auto found = std::ranges::find_if(config.layerSpecs, [](const auto& layer) { return layer.window > 0; });
  return found == config.layerSpecs.end() ? 0 : found->window;
}

/// Architectures in which llama.cpp lets layers slide.
bool knowsWindows(const GgufFamily& family) {
  return isGemma(family);
}

Status checkRope(const ModelConfig& config, const GgufFamily& family, const RopeConfig& rope) {
  if (rope.neighbours) return cannot(config, "its rope turns neighbours, which llama.cpp does not do in this family");
  switch (rope.type) {
    case RopeConfig::Type::Default:
    case RopeConfig::Type::Linear:
      return {};
    case RopeConfig::Type::Llama3:
      if (family.architecture == "llama") return {};
      return cannot(config, "llama.cpp reads llama3's rope scaling in the Llama family alone");
    case RopeConfig::Type::Yarn:
      if (!rope.roundedRange) return cannot(config, "its yarn does not round its range, and llama.cpp's does");
      if (rope.betaFast != 32 || rope.betaSlow != 1) {
        return cannot(config, "llama.cpp has its own beta_fast and beta_slow of yarn, 32 and 1");
      }
      if (isGemma(family) || family.architecture == "lfm2") {
        return cannot(config, "yarn was not compared with llama.cpp in this family");
      }
      return {};
    case RopeConfig::Type::LongRope:
      if (family.architecture == "phi3") return {};
      return cannot(config, "llama.cpp reads longrope's factors in the Phi-3 family alone");
    case RopeConfig::Type::Proportional:
      return cannot(config, "llama.cpp reads proportional ropes in Gemma 4 alone");
  }
  return {};
}

Status checkLayers(const ModelConfig& config, const GgufFamily& family) {
  const bool lfm2 = family.architecture == "lfm2";
  for (std::size_t i = 0; i < config.layerSpecs.size(); ++i) {
    const auto& layer = config.layerSpecs[i];
    if (layer.heads != config.heads || layer.headDim != config.headDim || layer.feedForward != config.feedForward ||
        (layer.keyValueHeads != config.keyValueHeads)) {
      return cannot(config, "its layers differ in their sizes");
    }
    // Written into llama.cpp, not into the file.
    const bool turns = layer.rope >= 0 || layer.mixer != model::Mixer::Attention;
    const bool expected = family.architecture != "smollm3" || (i + 1) % 4 != 0;
    if (family.ropes && turns != expected) {
      return cannot(config, fmt::format("llama.cpp {} layer {}, and this model does not",
                                        expected ? "turns queries and keys of" : "leaves out the rope of", i));
    }
    if (layer.mixer != model::Mixer::Attention && !lfm2) return cannot(config, "it has layers without attention");
  }
  return {};
}

Status checkParts(const ModelConfig& config, const GgufFamily& family) {
  const bool gelu = isGemma(family) || family.architecture == "gpt2";
  const bool tanh = config.activation == Activation::GeluTanh;
  if (gelu ? !tanh : config.activation != Activation::Silu) {
    return cannot(config, "llama.cpp has another activation in this family");
  }
  if (family.wholeWidthHeads && config.heads * config.headDim != config.width) {
    return cannot(config, "llama.cpp wants heads whose sizes add up to the width");
  }
  if (config.decoder.attentionCap != 0 && family.architecture != "gemma2") {
    return cannot(config, "llama.cpp caps attention scores in Gemma 2 alone");
  }
  if (config.decoder.convolutionBias) return cannot(config, "its convolutions have biases");
  if (config.attentionOutputBias && family.architecture != "llama" && family.architecture != "gpt2" &&
      family.architecture != "granite") {
    return cannot(config, "its attention's output has a bias");
  }
  if (config.mlpBias && family.architecture != "llama" && family.architecture != "gpt2" &&
      family.architecture != "granite") {
    return cannot(config, "its MLPs have biases");
  }
  if (isGemma(family) && !config.tied) return cannot(config, "llama.cpp's Gemma has no output layer of its own");
  if (family.architecture == "olmo2" && config.tied) return cannot(config, "llama.cpp's OLMo 2 wants an output layer");
  return {};
}

void setRope(const ModelConfig& config, const GgufFamily& family, gguf::Metadata& metadata,
             const std::function<std::string(std::string_view)>& key) {
  const auto& rope = config.ropes.front();
  const auto set = [&](std::string_view name, auto value) { metadata.set(key(name), value); };
  set("rope.dimension_count", static_cast<std::uint32_t>(rope.turnedDims(config.headDim)));
  set("rope.freq_base", static_cast<float>(rope.theta));
  if (config.ropes.size() > 1) set("rope.freq_base_swa", static_cast<float>(config.ropes[1].theta));
  switch (rope.type) {
    case RopeConfig::Type::Linear:
      set("rope.scaling.type", std::string("linear"));
      set("rope.scaling.factor", static_cast<float>(rope.factor));
      break;
    case RopeConfig::Type::Yarn: {
      set("rope.scaling.type", std::string("yarn"));
      set("rope.scaling.factor", static_cast<float>(rope.factor));
      set("rope.scaling.original_context_length", static_cast<std::uint32_t>(rope.originalPositions));
      const double usual = usualAmplitude(rope.factor);
      if (std::abs(rope.amplitude / usual - 1) > 1e-6) {
        set("rope.scaling.attn_factor", static_cast<float>(rope.amplitude / usual));
      }
      break;
    }
    case RopeConfig::Type::LongRope:
      set("rope.scaling.attn_factor", static_cast<float>(rope.amplitude));
      break;
    default:
      break;
  }
  if (family.architecture == "phi3") {
    set("rope.scaling.original_context_length", static_cast<std::uint32_t>(rope.originalPositions));
  }
}

}  // namespace

const GgufFamily* ggufFamilyOfFile(std::string_view architecture) {
  const auto* found = std::ranges::find(kFamilies, architecture, &GgufFamily::architecture);
  return found == kFamilies.end() ? nullptr : found;
}

std::string ggufArchitectures() {
  std::string names;
  for (const auto& family : kFamilies) {
    if (ggufFamilyOfFile(family.architecture) != &family) continue;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", family.architecture);
  }
  return names;
}

const GgufFamily* ggufFamilyNamed(std::string_view modelType) {
  const auto* found = std::ranges::find(kFamilies, modelType, &GgufFamily::modelType);
  return found == kFamilies.end() ? nullptr : found;
}

Expected<GgufFamily> ggufFamilyOf(const ModelConfig& config) {
  if (!config.isDecoder() || config.head != model::Head::LanguageModel) {
    return cannot(config, "llama.cpp is given language models only; a classifier or an encoder stays a folder");
  }
  if (config.row->whole()) return cannot(config, "it has a picture half, which a GGUF file keeps elsewhere");
  const auto* found = ggufFamilyNamed(config.row->modelType);
  if (found == nullptr) {
    return cannot(
        config, fmt::format("{} is none of the kinds that are written ({})", config.row->modelType, namesOfFamilies()));
  }
  ROSA_CHECK(checkParts(config, *found));
  ROSA_CHECK(checkLayers(config, *found));
  for (const auto& rope : config.ropes) ROSA_CHECK(checkRope(config, *found, rope));
  return *found;
}

std::vector<std::string> ggufRemarks(const ModelConfig& config, const GgufFamily& family) {
  std::vector<std::string> remarks;
  if (slides(config) && !knowsWindows(family)) {
    remarks.push_back(fmt::format(
        "llama.cpp has no sliding window in this family: it computes the same up to {} tokens, and lets later tokens "
        "see more.",
        windowOf(config)));
  }
  return remarks;
}

void setHyperParameters(const ModelConfig& config, const GgufFamily& family, gguf::Metadata& metadata) {
  const auto key = [&family](std::string_view name) { return fmt::format("{}.{}", family.architecture, name); };
  const auto count = [&](std::string_view name, std::int64_t value) {
    metadata.set(key(name), static_cast<std::uint32_t>(value));
  };
  const auto number = [&](std::string_view name, double value) { metadata.set(key(name), static_cast<float>(value)); };
  const auto& spec = config.decoder;
  count("block_count", config.layers);
  count("context_length", config.positions);
  count("embedding_length", config.width);
  count("feed_forward_length", config.feedForward);
  count("attention.head_count", config.heads);
  const bool layerNorms = spec.norm == model::NormKind::Layer || spec.norm == model::NormKind::LayerNoBias;
  number(layerNorms ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", config.normEpsilon);
  if (!family.ropes) return;

  if (config.keepsStates()) {
    // Layers without keys are those that convolve.
    std::vector<std::int32_t> heads;
    for (const auto& layer : config.layerSpecs) {
      heads.push_back(layer.mixer == model::Mixer::Attention ? static_cast<std::int32_t>(layer.keyValueHeads) : 0);
    }
    metadata.set(key("attention.head_count_kv"), gguf::Array{std::move(heads)});
    count("shortconv.l_cache", spec.convolutionKernel);
  } else {
    count("attention.head_count_kv", config.keyValueHeads);
  }
  count("attention.key_length", config.headDim);
  count("attention.value_length", config.headDim);
  count("vocab_size", config.vocabularySize);
  setRope(config, family, metadata, key);

  if (knowsWindows(family) && slides(config)) {
    count("attention.sliding_window", windowOf(config));
    std::vector<bool> pattern;
    bool usual = true;
    for (std::size_t i = 0; i < config.layerSpecs.size(); ++i) {
      const bool slide = config.layerSpecs[i].window > 0;
      const bool expected = (static_cast<std::int64_t>(i) + 1) % slidingPattern(family) != 0;
      usual = usual && slide == expected;
      pattern.push_back(slide);
    }
    if (!usual) metadata.set(key("attention.sliding_window_pattern"), gguf::Array{std::move(pattern)});
  }
  if (family.architecture == "phi3") count("attention.sliding_window", windowOf(config));
  if (spec.attentionCap != 0) number("attn_logit_softcapping", spec.attentionCap);
  if (spec.logitCap != 0) number("final_logit_softcapping", spec.logitCap);
  if (family.architecture == "granite") {
    number("attention.scale", spec.attentionScale);
    number("embedding_scale", spec.embeddingScale);
    number("residual_scale", spec.residualScale);
    number("logit_scale", 1 / spec.logitScale);
  }
}

std::int64_t slidingPattern(const GgufFamily& family) {
  return family.architecture == "gemma2" ? 2 : 6;
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
  if (!isGemma(family)) return 1;
  const auto size = scoreSize(family, config.layers, config.headDim, config.width / config.heads);
  return config.decoder.attentionScale * std::sqrt(static_cast<double>(size));
}

std::vector<float> ropeFactors(const ModelConfig& config) {
  if (config.ropes.empty() || config.ropes.front().type != RopeConfig::Type::Llama3) return {};
  const auto& rope = config.ropes.front();
  // In single precision, as the models compute them and the converter does.
  const auto original = static_cast<float>(rope.originalPositions);
  const auto low = static_cast<float>(rope.lowFrequencyFactor), high = static_cast<float>(rope.highFrequencyFactor);
  const auto factor = static_cast<float>(rope.factor);
  std::vector<float> factors;
  for (std::int64_t i = 0; i < config.headDim / 2; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(config.headDim);
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

}  // namespace rosa::convert
