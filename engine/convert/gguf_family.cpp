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
    GgufFamily{.modelType = "gpt2",
               .architecture = "gpt2",
               .wholeWidthHeads = true,
               .ropes = false,
               .outputBiases = true,
               .tanhGelu = true},
    GgufFamily{.modelType = "llama",
               .architecture = "llama",
               .turnsNeighbours = true,
               .llama3Rope = true,
               .outputBiases = true},
    GgufFamily{.modelType = "mistral", .architecture = "llama", .turnsNeighbours = true},
    GgufFamily{.modelType = "ministral3", .architecture = "mistral3", .turnsNeighbours = true, .yarnBounds = true},
    GgufFamily{.modelType = "qwen2", .architecture = "qwen2", .wholeWidthHeads = true},
    GgufFamily{.modelType = "qwen3", .architecture = "qwen3"},
    GgufFamily{.modelType = "gemma2",
               .architecture = "gemma2",
               .tanhGelu = true,
               .alwaysTied = true,
               .slidingPattern = 2,
               .yarn = false},
    GgufFamily{.modelType = "gemma3_text",
               .architecture = "gemma3",
               .tanhGelu = true,
               .alwaysTied = true,
               .slidingPattern = 6,
               .yarn = false},
    GgufFamily{.modelType = "phi3", .architecture = "phi3", .wholeWidthHeads = true},
    GgufFamily{.modelType = "smollm3", .architecture = "smollm3", .turnsNeighbours = true},
    GgufFamily{.modelType = "olmo2", .architecture = "olmo2", .wholeWidthHeads = true, .neverTied = true},
    GgufFamily{
        .modelType = "olmo3", .architecture = "olmo2", .wholeWidthHeads = true, .neverTied = true, .slidingPattern = 4},
    GgufFamily{.modelType = "granite",
               .architecture = "granite",
               .turnsNeighbours = true,
               .wholeWidthHeads = true,
               .outputBiases = true},
    GgufFamily{.modelType = "cohere2",
               .architecture = "cohere2",
               .turnsNeighbours = true,
               .wholeWidthHeads = true,
               .alwaysTied = true,
               .slidingPattern = 4,
               .yarn = false},
    // llama.cpp has no name for it: it computes as a Llama whose neighbours turn, which is how Llama's files lie.
    GgufFamily{.modelType = "helium", .architecture = "llama", .turnsNeighbours = true},
    GgufFamily{.modelType = "ernie4_5", .architecture = "ernie4_5", .turnsNeighbours = true},
    GgufFamily{
        .modelType = "exaone4", .architecture = "exaone4", .wholeWidthHeads = true, .llama3Rope = true, .yarn = false},
    GgufFamily{.modelType = "hunyuan_v1_dense", .architecture = "hunyuan-dense", .llama3Rope = true},
    GgufFamily{
        .modelType = "gemma4_text", .architecture = "gemma4", .tanhGelu = true, .slidingPattern = 6, .yarn = false},
    GgufFamily{.modelType = "qwen3_5_text", .architecture = "qwen35", .yarn = false},
    GgufFamily{.modelType = "lfm2", .architecture = "lfm2", .wholeWidthHeads = true, .yarn = false},
};

std::string namesOfFamilies() {
  std::string names;
  for (const auto& family : kFamilies) names += fmt::format("{}{}", names.empty() ? "" : ", ", family.modelType);
  return names;
}

Error cannot(const ModelConfig& config, std::string_view reason) {
  return Error{fmt::format(
      "{} cannot be written as GGUF: {}. What remains is a merged model (--as merged), and of a run what it changed "
      "(--as peft or --as delta).",
      config.architecture, reason)};
}

Status checkRope(const ModelConfig& config, const GgufFamily& family, const RopeConfig& rope) {
  if (rope.neighbours && !family.turnsNeighbours) {
    return cannot(config, "its rope turns neighbours, which llama.cpp does not do in this family");
  }
  switch (rope.type) {
    case RopeConfig::Type::Default:
    case RopeConfig::Type::Linear:
      return {};
    case RopeConfig::Type::Llama3:
      if (family.llama3Rope) return {};
      return cannot(config, "llama.cpp does not read llama3's rope scaling in this family");
    case RopeConfig::Type::Yarn:
      if (!rope.roundedRange) return cannot(config, "its yarn does not round its range, and llama.cpp's does");
      if (!family.yarnBounds && (rope.betaFast != 32 || rope.betaSlow != 1)) {
        return cannot(config, "llama.cpp has its own beta_fast and beta_slow of yarn, 32 and 1");
      }
      if (!family.yarn) return cannot(config, "yarn was not compared with llama.cpp in this family");
      return {};
    case RopeConfig::Type::LongRope:
      if (family.architecture == "phi3") return {};
      return cannot(config, "llama.cpp reads longrope's factors in the Phi-3 family alone");
    case RopeConfig::Type::Proportional:
      if (family.architecture == "gemma4") return {};
      return cannot(config, "llama.cpp reads proportional ropes in Gemma 4 alone");
  }
  return {};
}

/// Whether llama.cpp turns queries and keys of a layer, which is written into it, not into the file.
bool turnsLayer(const GgufFamily& family, const model::LayerSpec& layer, std::size_t number) {
  if (family.architecture == "smollm3") return (number + 1) % 4 != 0;
  if (family.architecture == "cohere2") return layer.window > 0;
  return true;
}

/// Gemma 4: heads of one size for the layers that slide and of one for the others, keys shared as llama.cpp has it.
Status checkGemma4(const ModelConfig& config) {
  const auto& layers = config.layerSpecs;
  const auto own = std::ranges::count_if(layers, [](const auto& layer) { return layer.keysOf < 0; });
  for (const auto& layer : layers) {
    const auto last = static_cast<int>(own) - (layer.window > 0 ? 2 : 1);
    if (layer.keysOf >= 0 && layer.keysOf != last) {
      return cannot(config, "llama.cpp shares the keys of the last two layers that have their own");
    }
    if (layer.window > 0 && layer.headDim != config.headDim) {
      return cannot(config, "its layers differ in their sizes");
    }
  }
  if (windowOf(config) == 0) return cannot(config, "none of its layers slides");
  if (config.decoder.layerInput > 0 && config.decoder.layerInputVocabulary != config.vocabularySize) {
    return cannot(config, "the table of what every layer is given has another length than that of the tokens");
  }
  return {};
}

Status checkLayers(const ModelConfig& config, const GgufFamily& family) {
  if (family.architecture == "gemma4") return checkGemma4(config);
  for (std::size_t i = 0; i < config.layerSpecs.size(); ++i) {
    const auto& layer = config.layerSpecs[i];
    if (layer.heads != config.heads || layer.headDim != config.headDim || layer.feedForward != config.feedForward ||
        (layer.keyValueHeads != config.keyValueHeads)) {
      return cannot(config, "its layers differ in their sizes");
    }
    const bool turns = layer.rope >= 0 || layer.mixer != model::Mixer::Attention;
    const bool expected = turnsLayer(family, layer, i);
    if (family.ropes && turns != expected) {
      return cannot(config, fmt::format("llama.cpp {} layer {}, and this model does not",
                                        expected ? "turns queries and keys of" : "leaves out the rope of", i));
    }
  }
  const auto& delta = config.decoder.delta;
  if (family.architecture == "qwen35" && delta.keySize != delta.valueSize) {
    return cannot(config, "llama.cpp wants keys and values of one size in its linear attention");
  }
  return {};
}

Status checkParts(const ModelConfig& config, const GgufFamily& family) {
  if (config.activation != (family.tanhGelu ? Activation::GeluTanh : Activation::Silu)) {
    return cannot(config, "llama.cpp has another activation in this family");
  }
  if (family.wholeWidthHeads && config.heads * config.headDim != config.width) {
    return cannot(config, "llama.cpp wants heads whose sizes add up to the width");
  }
  if (config.decoder.attentionCap != 0 && family.architecture != "gemma2") {
    return cannot(config, "llama.cpp caps attention scores in Gemma 2 alone");
  }
  if (config.decoder.convolutionBias) return cannot(config, "its convolutions have biases");
  if (config.attentionOutputBias && !family.outputBiases) {
    return cannot(config, "its attention's output has a bias");
  }
  if (config.mlpBias && !family.outputBiases) return cannot(config, "its MLPs have biases");
  if (config.ropes.size() > 1 && (config.ropes[1].type != RopeConfig::Type::Default ||
                                  (family.architecture == "olmo2" && config.ropes[1].theta != config.ropes[0].theta))) {
    return cannot(config, "layers that slide turn otherwise than llama.cpp's");
  }
  if (family.alwaysTied && !config.tied) return cannot(config, "llama.cpp has no output layer of its own here");
  if (family.neverTied && config.tied) return cannot(config, "llama.cpp wants an output layer of its own here");
  return {};
}

}  // namespace

std::int64_t windowOf(const ModelConfig& config) {
  const auto found = std::ranges::find_if(config.layerSpecs, [](const auto& layer) { return layer.window > 0; });
  return found == config.layerSpecs.end() ? 0 : found->window;
}

bool reordersHeads(const ModelConfig& config, const GgufFamily& family) {
  return family.turnsNeighbours && !config.ropes.empty() && !config.ropes.front().neighbours;
}

const GgufFamily* ggufFamilyOfFile(std::string_view architecture, bool slides) {
  const auto* found = std::ranges::find(kFamilies, architecture, &GgufFamily::architecture);
  if (found == kFamilies.end()) return nullptr;
  const auto* better = std::ranges::find_if(kFamilies, [&](const GgufFamily& family) {
    return family.architecture == architecture && (family.slidingPattern > 0) == slides;
  });
  return better == kFamilies.end() ? found : better;
}

std::string ggufArchitectures() {
  std::string names;
  for (const auto& family : kFamilies) {
    if (std::ranges::find(kFamilies, family.architecture, &GgufFamily::architecture) != &family) continue;
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
  const auto type = config.text->modelType;
  const auto* found = ggufFamilyNamed(type);
  if (found == nullptr) {
    return cannot(config, fmt::format("{} is none of the kinds that are written ({})", type, namesOfFamilies()));
  }
  ROSA_CHECK(checkParts(config, *found));
  ROSA_CHECK(checkLayers(config, *found));
  for (const auto& rope : config.ropes) ROSA_CHECK(checkRope(config, *found, rope));
  return *found;
}

std::vector<std::string> ggufRemarks(const ModelConfig& config, const GgufFamily& family) {
  std::vector<std::string> remarks;
  if (windowOf(config) > 0 && family.slidingPattern == 0) {
    remarks.push_back(fmt::format(
        "llama.cpp has no sliding window in this family: it computes the same up to {} tokens, and lets later tokens "
        "see more.",
        windowOf(config)));
  }
  if (config.row->whole()) {
    remarks.emplace_back(
        "The file holds the text half. llama.cpp keeps the picture half in a file of its own (mmproj), which its "
        "converter "
        "makes of the base model's folder.");
  }
  return remarks;
}

}  // namespace rosa::convert
