// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/file.h"
#include "rosa/expected.h"

namespace rosa::checkpoint {

constexpr const char* kWeightsFile = "model.safetensors";
constexpr const char* kIndexFile = "model.safetensors.index.json";

/// Which shard of a model holds which tensor: `weight_map` of model.safetensors.index.json.
struct ShardIndex {
  std::map<std::string, std::string> shardOfTensor;  ///< shard: a path inside the model's folder
  std::uint64_t totalBytes = 0, totalNumbers = 0;    ///< of all tensors, as they are written
};

/// Whether a path names the same file inside a folder on every system: parts divided by "/", none of them "." or "..",
/// no drive.
[[nodiscard]] bool staysInside(std::string_view path);

/// Refuses shard names that lead out of the folder. `metadata` is not needed and its totals, not believed, are not
/// read.
[[nodiscard]] Expected<ShardIndex> readShardIndex(base::FileSystem& files, const std::filesystem::path& path);

/// The index as transformers writes it.
[[nodiscard]] std::string formatShardIndex(const ShardIndex& index);

}  // namespace rosa::checkpoint
