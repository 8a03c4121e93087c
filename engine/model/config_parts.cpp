// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/config_parts.h"

#include <fmt/format.h>

#include <algorithm>

namespace rosa::model {

Activation readActivation(ConfigReader& reader, const char* key, const char* fallback) {
  const auto name = reader.text(key, fallback);
  if (name == "gelu") return Activation::Gelu;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") return Activation::GeluTanh;
  if (name == "relu") return Activation::Relu;
  if (name == "silu" || name == "swish") return Activation::Silu;
  if (name == "tanh") return Activation::Tanh;
  reader.fail(key, fmt::format("is '{}'; gelu, gelu_new, relu, silu and tanh are supported", name));
  return Activation::Gelu;
}

std::int64_t integerUnderEither(ConfigReader& reader, const char* key, const char* other, std::int64_t largest,
                                std::int64_t fallback) {
  const bool elsewhere = reader.find(key) == nullptr && reader.find(other) != nullptr;
  return reader.integer(elsewhere ? other : key, 1, largest, fallback);
}

std::vector<bool> readLayerTypes(ConfigReader& reader, const ModelConfig& config, const char* other,
                                 const std::function<bool(std::int64_t)>& otherwise) {
  std::vector<bool> are;
  const auto* types = reader.find("layer_types");
  if (types == nullptr) {
    for (std::int64_t i = 0; i < config.layers; ++i) are.push_back(otherwise(i));
    return are;
  }
  if (!types->is_array() || std::ssize(*types) != config.layers) {
    reader.fail("layer_types", fmt::format("is no list of {} kinds, one for each layer", config.layers));
    return std::vector<bool>(static_cast<std::size_t>(config.layers), false);
  }
  for (const auto& type : *types) {
    if (type != "full_attention" && type != other) {
      reader.fail("layer_types",
                  fmt::format("holds {}; full_attention and {} are supported",
                              type.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace), other));
    }
    are.push_back(type == other);
  }
  return are;
}

void settleHeads(ConfigReader& reader, ModelConfig& config, const char* headsKey) {
  if (config.headDim == 0) {
    if (config.width % config.heads != 0) {
      reader.fail(headsKey, fmt::format("is {}, which does not divide the width {}", config.heads, config.width));
    }
    config.headDim = std::max<std::int64_t>(1, config.width / config.heads);
  }
  if (config.heads % config.keyValueHeads != 0) {
    reader.fail("num_key_value_heads",
                fmt::format("is {}, which does not divide the {} heads", config.keyValueHeads, config.heads));
  }
  if (config.headDim > kLargestSize / config.heads) {
    reader.fail("head_dim", fmt::format("is {}, too large for {} heads", config.headDim, config.heads));
    config.headDim = 1;
  }
}

void checkHeads(ConfigReader& reader, const LayerSpec& layer) {
  if (layer.heads % layer.keyValueHeads != 0) {
    reader.fail("num_key_value_heads",
                fmt::format("is {} in a layer, which does not divide the {} heads", layer.keyValueHeads, layer.heads));
  }
  if (layer.headDim > kLargestSize / layer.heads) {
    reader.fail("head_dim", fmt::format("is {} in a layer, too large for {} heads", layer.headDim, layer.heads));
  }
}

std::vector<LayerSpec> equalLayers(const ModelConfig& config) {
  LayerSpec layer;
  layer.heads = config.heads;
  layer.keyValueHeads = config.keyValueHeads;
  layer.headDim = config.headDim;
  layer.feedForward = config.feedForward;
  layer.rope = config.ropes.empty() ? -1 : 0;
  return {static_cast<std::size_t>(config.layers), layer};
}

}  // namespace rosa::model
