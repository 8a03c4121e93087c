// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/gguf_places.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace rosa::convert {
namespace {

using model::DecoderNames;
using model::ModelConfig;

/// A part of a decoder by the member of DecoderNames that names it, and what llama.cpp calls it.
struct Part {
  std::string_view DecoderNames::*ours;
  std::string_view theirs;
};

constexpr std::array kOutside = {
    Part{&DecoderNames::tokens, "token_embd"},
    Part{&DecoderNames::positions, "position_embd"},
    Part{&DecoderNames::finalNorm, "output_norm"},
    Part{&DecoderNames::layerTokens, "per_layer_token_embd"},
    Part{&DecoderNames::layerProjection, "per_layer_model_proj"},
    Part{&DecoderNames::layerProjectionNorm, "per_layer_proj_norm"},
};

constexpr std::array kInside = {
    Part{&DecoderNames::attentionNorm, "attn_norm"},
    Part{&DecoderNames::query, "attn_q"},
    Part{&DecoderNames::key, "attn_k"},
    Part{&DecoderNames::value, "attn_v"},
    Part{&DecoderNames::projections, "attn_qkv"},
    Part{&DecoderNames::queryNorm, "attn_q_norm"},
    Part{&DecoderNames::keyNorm, "attn_k_norm"},
    Part{&DecoderNames::attentionOut, "attn_output"},
    Part{&DecoderNames::attentionOutNorm, "post_attention_norm"},
    Part{&DecoderNames::mlpNorm, "ffn_norm"},
    Part{&DecoderNames::gate, "ffn_gate"},
    Part{&DecoderNames::up, "ffn_up"},
    Part{&DecoderNames::gateUp, "ffn_up"},
    Part{&DecoderNames::down, "ffn_down"},
    Part{&DecoderNames::mlpOutNorm, "post_ffw_norm"},
    Part{&DecoderNames::layerInputGate, "inp_gate"},
    Part{&DecoderNames::layerInputOut, "proj"},
    Part{&DecoderNames::layerInputNorm, "post_norm"},
};

/// A tensor by its names on both sides.
struct Pair {
  std::string_view ours, theirs;
};

/// Behind DecoderNames::mixer: LFM2's convolutions.
constexpr std::array kConvolution = {
    Pair{".conv.weight", "shortconv.conv.weight"},
    Pair{".in_proj.weight", "shortconv.in_proj.weight"},
    Pair{".out_proj.weight", "shortconv.out_proj.weight"},
};
/// And Qwen3.5's gated delta rule.
constexpr std::array kDelta = {
    Pair{".in_proj_qkv.weight", "attn_qkv.weight"},
    Pair{".in_proj_z.weight", "attn_gate.weight"},
    Pair{".in_proj_b.weight", "ssm_beta.weight"},
    Pair{".in_proj_a.weight", "ssm_alpha.weight"},
    Pair{".conv1d.weight", "ssm_conv1d.weight"},
    Pair{".A_log", "ssm_a"},
    Pair{".dt_bias", "ssm_dt.bias"},
    Pair{".norm.weight", "ssm_norm.weight"},
    Pair{".out_proj.weight", "ssm_out.weight"},
};
constexpr std::string_view kLayerScale = "layer_output_scale.weight";

std::span<const Pair> mixerTensors(const GgufFamily& family) {
  return family.architecture == "lfm2" ? std::span<const Pair>(kConvolution) : std::span<const Pair>(kDelta);
}

/// What llama.cpp calls a part in this family.
std::string_view theirName(const Part& part, const GgufFamily& family) {
  if (part.ours == &DecoderNames::finalNorm && family.architecture == "lfm2") return "token_embd_norm";
  // Qwen3.5 names the norm by what it comes after.
  if (part.ours == &DecoderNames::mlpNorm && family.architecture == "qwen35") return "post_attention_norm";
  return part.theirs;
}

/// A name without its ".weight" or ".bias", and that; nothing where it ends otherwise.
std::optional<std::pair<std::string_view, std::string_view>> parted(std::string_view name) {
  for (const std::string_view kind : {".weight", ".bias"}) {
    if (name.ends_with(kind)) return std::pair(name.substr(0, name.size() - kind.size()), kind);
  }
  return std::nullopt;
}

std::optional<FilePlace> placeOutside(std::string_view name, const ModelConfig& config, const GgufFamily& family) {
  const auto split = parted(name);
  if (!split) return std::nullopt;
  const auto& [stem, kind] = *split;
  if (stem == "lm_head") return FilePlace{fmt::format("output{}", kind), nullptr, -1};
  for (const auto& part : kOutside) {
    const auto own = config.decoder.names->*part.ours;
    if (own.empty() || stem != config.decoder.placed(own)) continue;
    return FilePlace{fmt::format("{}{}", theirName(part, family), kind), part.ours, -1};
  }
  return std::nullopt;
}

}  // namespace

std::optional<FilePlace> placeInFile(std::string_view name, const ModelConfig& config, const GgufFamily& family) {
  const auto& names = *config.decoder.names;
  const auto prefix = config.decoder.placed(names.layer);
  if (!name.starts_with(prefix)) return placeOutside(name, config, family);
  auto rest = name.substr(prefix.size());
  std::int64_t layer = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), layer);
  if (error != std::errc() || end == rest.data() + rest.size() || *end != '.') return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  if (!names.layerScale.empty() && rest == names.layerScale) {
    return FilePlace{fmt::format("blk.{}.{}", layer, kLayerScale), &DecoderNames::layerScale, layer};
  }
  if (!names.mixer.empty() && rest.starts_with(names.mixer)) {
    rest.remove_prefix(names.mixer.size());
    for (const auto& tensor : mixerTensors(family)) {
      if (rest == tensor.ours) {
        return FilePlace{fmt::format("blk.{}.{}", layer, tensor.theirs), &DecoderNames::mixer, layer};
      }
    }
    return std::nullopt;
  }
  const auto split = parted(rest);
  if (!split) return std::nullopt;
  for (const auto& part : kInside) {
    if (!(names.*part.ours).empty() && split->first == names.*part.ours) {
      return FilePlace{fmt::format("blk.{}.{}{}", layer, theirName(part, family), split->second), part.ours, layer};
    }
  }
  return std::nullopt;
}

std::optional<FolderPlace> placeInFolder(std::string_view name, const ModelConfig& config, const GgufFamily& family) {
  const auto& names = *config.decoder.names;
  constexpr std::string_view kBlock = "blk.";
  if (!name.starts_with(kBlock)) {
    const auto split = parted(name);
    if (!split) return std::nullopt;
    const auto& [stem, kind] = *split;
    if (stem == "output") return FolderPlace{fmt::format("lm_head{}", kind), nullptr};
    for (const auto& part : kOutside) {
      const auto own = names.*part.ours;
      if (!own.empty() && stem == theirName(part, family)) {
        return FolderPlace{config.decoder.placed(own) + std::string(kind), part.ours};
      }
    }
    return std::nullopt;
  }
  const auto dot = name.find('.', kBlock.size());
  if (dot == std::string_view::npos) return std::nullopt;
  const auto layer = name.substr(kBlock.size(), dot - kBlock.size());
  const auto rest = name.substr(dot + 1);
  const auto place = [&](std::string_view own, std::string_view kind) {
    return fmt::format("{}{}.{}{}", config.decoder.placed(names.layer), layer, own, kind);
  };
  if (!names.layerScale.empty() && rest == kLayerScale) {
    return FolderPlace{place(names.layerScale, ""), &DecoderNames::layerScale};
  }
  if (!names.mixer.empty()) {
    for (const auto& tensor : mixerTensors(family)) {
      if (rest == tensor.theirs) return FolderPlace{place(names.mixer, tensor.ours), &DecoderNames::mixer};
    }
  }
  const auto split = parted(rest);
  if (!split) return std::nullopt;
  for (const auto& part : kInside) {
    const auto own = names.*part.ours;
    if (!own.empty() && split->first == theirName(part, family)) {
      return FolderPlace{place(own, split->second), part.ours};
    }
  }
  return std::nullopt;
}

}  // namespace rosa::convert
