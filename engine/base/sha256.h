// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "rosa/expected.h"

namespace rosa::base {

/// SHA-256 (FIPS 180-4) of a stream of bytes; uses the CPU's SHA instructions where it has them.
class Sha256 {
 public:
  enum class Implementation { Fastest, Portable };

  explicit Sha256(Implementation implementation = Implementation::Fastest) : implementation_(implementation) {}

  void update(std::span<const std::byte> bytes);
  /// The digest of all bytes so far in lower-case hexadecimal, 64 characters. Ends the stream.
  [[nodiscard]] std::string finish();

 private:
  void compress(std::span<const std::byte> blocks);

  Implementation implementation_;
  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> pending_{};
  std::uint64_t total_ = 0;  ///< bytes; total_ % 64 of them are pending
};

struct FileDigest {
  std::string sha256;
  std::uint64_t bytes = 0;
};

[[nodiscard]] FileDigest digestText(std::string_view text);
/// Reads the whole file in pieces. `goOn` is told the share that was read; false ends the reading with an error.
[[nodiscard]] Expected<FileDigest> digestFile(FileSystem& files, const std::filesystem::path& path,
                                              const std::function<bool(double)>& goOn = {});

}  // namespace rosa::base
