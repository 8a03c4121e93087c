// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/tensor_reader.h"
#include "rosa/expected.h"

namespace rosa::checkpoint {

/// A Hugging Face model folder: config.json and its tensors, in model.safetensors or in shards with an index. Where
/// both are present the single file counts, as in transformers. Only safetensors is read, never a pickle.
class ModelFolder final : public TensorReader {
 public:
  /// Opens and checks every file of the model; reads no tensor.
  [[nodiscard]] static Expected<ModelFolder> open(base::FileSystem& files, std::filesystem::path folder);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// config.json as it stands, an object; what the keys mean is the model's business.
  [[nodiscard]] const base::Json& config() const { return config_; }
  /// The tensor files, in the order of `entries`.
  [[nodiscard]] const std::vector<SafetensorsFile>& shards() const { return shards_; }

  [[nodiscard]] const std::vector<const TensorEntry*>& entries() const override { return entries_; }
  [[nodiscard]] const TensorEntry* find(std::string_view name) const override;
  using TensorReader::read;
  [[nodiscard]] Status read(const TensorEntry& entry, std::uint64_t offset, std::span<std::byte> bytes) const override;
  [[nodiscard]] std::string source() const override { return path_.string(); }

  [[nodiscard]] std::uint64_t totalBytes() const;  ///< of all tensors
  [[nodiscard]] std::int64_t totalNumbers() const;
  /// Of the weights: "bf16", or "bf16 and fp32" with the one that takes more bytes first.
  [[nodiscard]] std::string dtypeSummary() const;

 private:
  struct Located {
    const TensorEntry* entry;
    std::size_t shard;
  };

  ModelFolder(std::filesystem::path path, base::Json config, std::vector<SafetensorsFile> shards);
  [[nodiscard]] const Located* locate(std::string_view name) const;

  std::filesystem::path path_;
  base::Json config_;
  std::vector<SafetensorsFile> shards_;
  std::vector<const TensorEntry*> entries_;
  std::vector<Located> byName_;
};

/// The licence as the folder states it: `license` in the front matter of README.md, or the first line of a LICENSE
/// file; empty if neither says.
[[nodiscard]] std::string statedLicense(base::FileSystem& files, const std::filesystem::path& folder);

}  // namespace rosa::checkpoint
