// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "gguf/block_type.h"
#include "gguf/value.h"
#include "rosa/expected.h"

namespace rosa::gguf {

struct TensorInfo {
  std::string name;                       ///< any text: show it with base::inQuotes, never use it as a path
  std::vector<std::uint64_t> dimensions;  ///< the length of a row first; empty: one number
  BlockFormat format;
  std::uint64_t begin = 0;  ///< bytes from the start of the data
  std::uint64_t bytes = 0;

  [[nodiscard]] std::uint64_t count() const;  ///< of numbers
};

constexpr std::size_t kMostDimensions = 4;        ///< of ggml
constexpr std::size_t kLongestTensorName = 63;    ///< bytes, of ggml
constexpr std::uint64_t kLongestKey = 65535;      ///< bytes, of the format
constexpr std::uint64_t kDefaultAlignment = 32;   ///< where general.alignment says nothing
constexpr std::uint64_t kLargestHead = 1U << 30;  ///< bytes of metadata and tensor table; the largest known have 30 MB

/// One GGUF file (version 2 or 3, little-endian), opened for reading. `open` checks every rule of the format, and the
/// stricter ones of llama.cpp: tensors lie in their order, each at the next multiple of the alignment, and nothing
/// follows the last but its padding, which may be missing. Afterwards only the disk can fail. Immutable; may be read
/// from several threads.
class GgufFile {
 public:
  [[nodiscard]] static Expected<GgufFile> open(base::FileSystem& files, std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::uint32_t version() const { return version_; }
  [[nodiscard]] const Metadata& metadata() const { return metadata_; }
  [[nodiscard]] const std::string& architecture() const;  ///< general.architecture, which every file has
  [[nodiscard]] std::uint64_t dataBegin() const { return dataBegin_; }
  /// In the order of their data.
  [[nodiscard]] const std::vector<TensorInfo>& tensors() const { return tensors_; }
  /// nullptr if there is none of this name.
  [[nodiscard]] const TensorInfo* find(std::string_view name) const;

  /// Fills `bytes` with the tensor's data from byte `offset` of the tensor on; `offset` and size must lie within it.
  [[nodiscard]] Status read(const TensorInfo& tensor, std::uint64_t offset, std::span<std::byte> bytes) const;
  /// Numbers `from` on, which begin a block; so must end `values`, or the tensor. An error for formats that are not
  /// read here.
  [[nodiscard]] Status readValues(const TensorInfo& tensor, std::uint64_t from, std::span<float> values) const;

 private:
  GgufFile(std::filesystem::path path, std::unique_ptr<base::FileReader> file);

  std::filesystem::path path_;
  std::unique_ptr<base::FileReader> file_;
  std::uint32_t version_ = 0;
  Metadata metadata_;
  std::vector<TensorInfo> tensors_;
  std::vector<std::size_t> byName_;  ///< places in `tensors_`
  std::uint64_t dataBegin_ = 0;
};

}  // namespace rosa::gguf
