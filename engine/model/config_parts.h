// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "model/config_reader.h"
#include "model/model_config.h"

/// What the readers of all families have in common.
namespace rosa::model {

inline constexpr std::int64_t kLargestSize = std::int64_t{1} << 24;
inline constexpr std::int64_t kMostLayers = 1024;

[[nodiscard]] Activation readActivation(ConfigReader& reader, const char* key, const char* fallback);

/// A key that Transformers also takes under another name.
[[nodiscard]] std::int64_t integerUnderEither(ConfigReader& reader, const char* key, const char* other,
                                              std::int64_t largest, std::int64_t fallback);

/// Which layers are of the kind `other` and not "full_attention": `layer_types`, or `otherwise` where the file has
/// none.
[[nodiscard]] std::vector<bool> readLayerTypes(ConfigReader& reader, const ModelConfig& config, const char* other,
                                               const std::function<bool(std::int64_t)>& otherwise);

/// The size of a head where the file does not say it, and whether heads, keys and width go together; `headsKey` is the
/// file's word for the number of heads.
void settleHeads(ConfigReader& reader, ModelConfig& config, const char* headsKey);

/// Whether a layer's own heads and keys go together.
void checkHeads(ConfigReader& reader, const LayerSpec& layer);

/// `config.layers` layers that are all alike, with the sizes of `config`.
[[nodiscard]] std::vector<LayerSpec> equalLayers(const ModelConfig& config);

}  // namespace rosa::model
