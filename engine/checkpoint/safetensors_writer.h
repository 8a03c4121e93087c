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
#include "base/sha256.h"
#include "checkpoint/dtype.h"
#include "checkpoint/safetensors_header.h"
#include "rosa/expected.h"

namespace rosa::checkpoint {

/// Takes a tensor's data piece by piece.
using ByteSink = std::function<Status(std::span<const std::byte>)>;
/// Hands all data of one tensor to the sink, in order and little-endian. Called once, when its turn has come, so that
/// what is converted never exists twice.
using ByteProducer = std::function<Status(const ByteSink&)>;

struct TensorToWrite {
  std::string name;
  Dtype dtype = Dtype::F32;
  std::vector<std::int64_t> shape;
  ByteProducer produce;

  [[nodiscard]] std::uint64_t bytes() const;
};

/// A tensor whose data already lies in memory; `data` must outlive the writing.
[[nodiscard]] TensorToWrite tensorInMemory(std::string name, Dtype dtype, std::vector<std::int64_t> shape,
                                           std::span<const std::byte> data);

/// Writes or replaces a file: all of it or nothing (base/atomic_write.h). Laid out as the official library does: widest
/// dtype first, then by name. The digest is that of the bytes handed to the disk. Too little free space is an error
/// before anything is written.
[[nodiscard]] Expected<base::FileDigest> writeSafetensors(base::FileSystem& files, const std::filesystem::path& path,
                                                          std::span<const TensorToWrite> tensors,
                                                          const Metadata& metadata);

}  // namespace rosa::checkpoint
