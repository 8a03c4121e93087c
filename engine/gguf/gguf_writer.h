// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "gguf/block_type.h"
#include "gguf/value.h"
#include "rosa/expected.h"

namespace rosa::gguf {

/// Takes a tensor's data piece by piece.
using ByteSink = std::function<Status(std::span<const std::byte>)>;

struct TensorToWrite {
  std::string name;
  std::vector<std::uint64_t> dimensions;  ///< the length of a row first
  BlockType type = BlockType::F32;
  /// Hands all data to the sink, in order. Called once, when its turn has come, so that what is converted never exists
  /// twice.
  std::function<Status(const ByteSink&)> produce;

  [[nodiscard]] std::uint64_t bytes() const;
};

/// The bytes that `writeGguf` would write.
[[nodiscard]] std::uint64_t ggufSize(const Metadata& metadata, std::span<const TensorToWrite> tensors);

/// Writes or replaces a file of version 3: all of it or nothing (base/atomic_write.h). Tensors lie in the given order
/// at multiples of 32 bytes, the last one padded too; `metadata` must hold general.architecture and no
/// general.alignment. Too little free space is an error before anything is written, and so is a tensor's name that is
/// too long or stands twice.
[[nodiscard]] Status writeGguf(base::FileSystem& files, const std::filesystem::path& path, const Metadata& metadata,
                               std::span<const TensorToWrite> tensors);

}  // namespace rosa::gguf
