// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "data/parquet/metadata.h"
#include "data/parquet/source.h"
#include "rosa/expected.h"

namespace rosa::data::parquet {

/// A page as it lies decompressed in its reader's memory.
struct Page {
  PageHeader header;
  std::string_view repetition, definition;  ///< DataV2: levels
  std::string_view body;                    ///< Data: levels and values; otherwise the values
};

/// A column chunk's pages, one in memory at a time, checked against their checksums where they have them.
class PageReader {
 public:
  /// The chunk must lie within the file.
  PageReader(const Source& source, const ColumnChunk& chunk)
      : source_(source), codec_(chunk.codec), at_(chunk.begin), end_(chunk.begin + chunk.bytes) {}

  /// The next page, valid until the call after. Index pages are passed over. Errors of the page itself are reasons;
  /// those of the disk are sentences, and `failed()` says so.
  [[nodiscard]] Expected<Page> next();
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  [[nodiscard]] Expected<PageHeader> readHeader();
  [[nodiscard]] Status readBytes(std::uint64_t offset, std::size_t size, std::string& bytes);

  const Source& source_;
  Codec codec_;
  std::uint64_t at_;
  std::uint64_t end_;
  std::string stored_;
  std::string plain_;
  bool failed_ = false;
};

/// A larger page is refused: writers keep theirs near 1 MiB.
inline constexpr std::size_t kLargestPageBytes = std::size_t{1} << 30U;

}  // namespace rosa::data::parquet
