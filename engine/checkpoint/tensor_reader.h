// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/safetensors_header.h"
#include "rosa/expected.h"

namespace rosa::checkpoint {

/// Named tensors on disk, whether they lie in one file or in many. Immutable once opened; may be read from several
/// threads at a time. Pointers to entries live as long as the reader.
class TensorReader {
 public:
  virtual ~TensorReader() = default;

  /// In the order of their data, file by file.
  [[nodiscard]] virtual const std::vector<const TensorEntry*>& entries() const = 0;
  /// nullptr if there is none of this name.
  [[nodiscard]] virtual const TensorEntry* find(std::string_view name) const = 0;
  /// Fills `bytes` with the tensor's little-endian data from byte `offset` of the tensor on; `offset` and size must lie
  /// within it.
  [[nodiscard]] virtual Status read(const TensorEntry& entry, std::uint64_t offset,
                                    std::span<std::byte> bytes) const = 0;
  /// The file or folder, for messages.
  [[nodiscard]] virtual std::string source() const = 0;

  /// The whole tensor; `bytes` has exactly its size. An unknown name is an error that says so.
  [[nodiscard]] Status read(std::string_view name, std::span<std::byte> bytes) const;

 protected:
  TensorReader() = default;
  TensorReader(const TensorReader&) = default;
  TensorReader(TensorReader&&) = default;
  TensorReader& operator=(const TensorReader&) = default;
  TensorReader& operator=(TensorReader&&) = default;
};

}  // namespace rosa::checkpoint
