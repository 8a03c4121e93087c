// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/model_writer.h"

#include <fmt/format.h>

#include <utility>

#include "base/atomic_write.h"
#include "base/text.h"
#include "checkpoint/shard_index.h"

namespace rosa::checkpoint {
namespace {

/// transformers refuses files that do not say which framework wrote them.
const Metadata kModelMetadata = {{"format", "pt"}};

/// As huggingface_hub divides them: a tensor larger than a shard stands alone and those around it go on filling theirs.
std::vector<std::vector<TensorToWrite>> divide(std::span<const TensorToWrite> tensors, std::uint64_t shardBytes) {
  std::vector<std::vector<TensorToWrite>> shards;
  std::vector<TensorToWrite> current;
  std::uint64_t held = 0;
  for (const auto& tensor : tensors) {
    const std::uint64_t bytes = tensor.bytes();
    if (bytes > shardBytes) {
      shards.push_back({tensor});
      continue;
    }
    if (held + bytes > shardBytes) {
      shards.push_back(std::exchange(current, {}));
      held = 0;
    }
    current.push_back(tensor);
    held += bytes;
  }
  if (!current.empty() || shards.empty()) shards.push_back(std::move(current));
  return shards;
}

}  // namespace

Expected<std::vector<WrittenFile>> writeModelTensors(base::FileSystem& files, const std::filesystem::path& folder,
                                                     std::span<const TensorToWrite> tensors, std::uint64_t shardBytes) {
  const auto shards = divide(tensors, shardBytes);
  std::vector<WrittenFile> written;
  ShardIndex index;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const std::string name =
        shards.size() == 1 ? kWeightsFile : fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, shards.size());
    ROSA_TRY(base::FileDigest digest, writeSafetensors(files, folder / name, shards[i], kModelMetadata));
    written.push_back({name, std::move(digest)});
    for (const auto& tensor : shards[i]) {
      if (!index.shardOfTensor.emplace(tensor.name, name).second) {
        return Error{
            fmt::format("Could not write the model: two of its tensors are called {}.", base::inQuotes(tensor.name))};
      }
      index.totalBytes += tensor.bytes();
      index.totalNumbers += tensor.bytes() * 8 / dtypeBits(tensor.dtype);
    }
  }
  if (shards.size() > 1) {
    const std::string text = formatShardIndex(index);
    ROSA_CHECK(base::writeFileAtomically(files, folder / kIndexFile, text));
    written.push_back({kIndexFile, base::digestText(text)});
  }
  return written;
}

}  // namespace rosa::checkpoint
