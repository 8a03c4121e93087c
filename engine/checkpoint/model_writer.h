// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/sha256.h"
#include "checkpoint/safetensors_writer.h"
#include "rosa/expected.h"

namespace rosa::checkpoint {

/// The limit at which the Hugging Face libraries begin a new shard.
constexpr std::uint64_t kDefaultShardBytes = 5'000'000'000;

struct WrittenFile {
  std::string name;  ///< inside the folder
  base::FileDigest digest;
};

/// Writes the tensors of a model into an existing folder (usually a base::AtomicFolder's): model.safetensors, or, when
/// their data takes more than `shardBytes`, shards filled in the given order and their index, as transformers lays them
/// out. A tensor is never split; one that is larger than a shard has one to itself.
[[nodiscard]] Expected<std::vector<WrittenFile>> writeModelTensors(base::FileSystem& files,
                                                                   const std::filesystem::path& folder,
                                                                   std::span<const TensorToWrite> tensors,
                                                                   std::uint64_t shardBytes = kDefaultShardBytes);

}  // namespace rosa::checkpoint
