// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/gguf_places.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
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
};

/// LFM2's convolutions, behind DecoderNames::mixer.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kConvolution = {{
    {".conv", "shortconv.conv"},
    {".in_proj", "shortconv.in_proj"},
    {".out_proj", "shortconv.out_proj"},
}};

std::optional<FilePlace> placeOutside(std::string_view stem, const ModelConfig& config, const GgufFamily& family) {
  const auto& names = *config.decoder.names;
  if (stem == "lm_head") return FilePlace{"output", nullptr, -1};
  for (const auto& part : kOutside) {
    const auto name = names.*part.ours;
    if (name.empty() || stem != config.decoder.placed(name)) continue;
    const bool renamed = part.ours == &DecoderNames::finalNorm && family.architecture == "lfm2";
    return FilePlace{std::string(renamed ? "token_embd_norm" : part.theirs), part.ours, -1};
  }
  return std::nullopt;
}

}  // namespace

std::optional<FilePlace> placeInFile(std::string_view stem, const ModelConfig& config, const GgufFamily& family) {
  const auto& names = *config.decoder.names;
  const auto prefix = config.decoder.placed(names.layer);
  if (!stem.starts_with(prefix)) return placeOutside(stem, config, family);
  auto rest = stem.substr(prefix.size());
  std::int64_t layer = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), layer);
  if (error != std::errc() || end == rest.data() + rest.size() || *end != '.') return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  for (const auto& part : kInside) {
    if (!(names.*part.ours).empty() && rest == names.*part.ours) {
      return FilePlace{fmt::format("blk.{}.{}", layer, part.theirs), part.ours, layer};
    }
  }
  if (names.mixer.empty() || !rest.starts_with(names.mixer)) return std::nullopt;
  rest.remove_prefix(names.mixer.size());
  for (const auto& [ours, theirs] : kConvolution) {
    if (rest == ours) return FilePlace{fmt::format("blk.{}.{}", layer, theirs), &DecoderNames::mixer, layer};
  }
  return std::nullopt;
}

std::optional<FolderPlace> placeInFolder(std::string_view stem, const ModelConfig& config, const GgufFamily& family) {
  const auto& names = *config.decoder.names;
  constexpr std::string_view kBlock = "blk.";
  if (!stem.starts_with(kBlock)) {
    if (stem == "output") return FolderPlace{"lm_head", nullptr};
    if (family.architecture == "lfm2" && stem == "token_embd_norm") stem = "output_norm";
    for (const auto& part : kOutside) {
      const auto name = names.*part.ours;
      if (!name.empty() && stem == part.theirs) return FolderPlace{config.decoder.placed(name), part.ours};
    }
    return std::nullopt;
  }
  const auto dot = stem.find('.', kBlock.size());
  if (dot == std::string_view::npos) return std::nullopt;
  const auto layer = stem.substr(kBlock.size(), dot - kBlock.size());
  const auto rest = stem.substr(dot + 1);
  const auto place = [&](std::string_view name) {
    return fmt::format("{}{}.{}", config.decoder.placed(names.layer), layer, name);
  };
  for (const auto& part : kInside) {
    const auto name = names.*part.ours;
    if (!name.empty() && rest == part.theirs) return FolderPlace{place(name), part.ours};
  }
  if (names.mixer.empty()) return std::nullopt;
  for (const auto& [ours, theirs] : kConvolution) {
    if (rest == theirs) return FolderPlace{place(fmt::format("{}{}", names.mixer, ours)), &DecoderNames::mixer};
  }
  return std::nullopt;
}

}  // namespace rosa::convert
