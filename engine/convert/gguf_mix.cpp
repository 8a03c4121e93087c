// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/gguf_mix.h"

namespace rosa::convert {
namespace {

using gguf::BlockType;

bool fits(BlockType type, std::int64_t rowLength) {
  return rowLength % static_cast<std::int64_t>(gguf::formatOf(type).values) == 0;
}

/// The first and last eighth of the layers, and every third between.
bool takesMoreBits(std::int64_t layer, std::int64_t layers) {
  const auto eighth = layers / 8;
  return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
}

BlockType fourBitMix(const TensorPlace& place) {
  if (place.name == "output.weight" || place.tiedTable) {
    return fits(BlockType::Q6_K, place.rowLength) ? BlockType::Q6_K : BlockType::Q8_0;
  }
  const auto is = [&](std::string_view part) { return place.name.find(part) != std::string_view::npos; };
  const bool sensitive = is(".attn_v.") || is(".ffn_down.");
  if (is(".attn_qkv.") || (sensitive && takesMoreBits(place.layer, place.layers))) {
    return fits(BlockType::Q6_K, place.rowLength) ? BlockType::Q6_K : BlockType::Q8_0;
  }
  return fits(BlockType::Q4_K, place.rowLength) ? BlockType::Q4_K : BlockType::Q5_0;
}

}  // namespace

gguf::BlockType blockTypeOf(GgufType type, const TensorPlace& place) {
  const bool plain = place.dimensions < 2 || place.name == "position_embd.weight" ||
                     place.name.find("shortconv.conv") != std::string_view::npos ||
                     place.name.find("ssm_conv1d") != std::string_view::npos;
  if (plain || type == GgufType::F32) return BlockType::F32;
  if (type == GgufType::F16) return BlockType::F16;
  if (type == GgufType::Bf16) return BlockType::BF16;
  if (place.name == "per_layer_model_proj.weight") return BlockType::F16;
  const auto block = type == GgufType::Q8_0 ? BlockType::Q8_0 : fourBitMix(place);
  return fits(block, place.rowLength) ? block : BlockType::F16;
}

std::uint32_t fileTypeNumber(GgufType type) {
  switch (type) {
    case GgufType::F32:
      return 0;
    case GgufType::F16:
      return 1;
    case GgufType::Q8_0:
      return 7;
    case GgufType::Q4_K_M:
      return 15;
    case GgufType::Bf16:
      return 32;
  }
  return 0;
}

}  // namespace rosa::convert
