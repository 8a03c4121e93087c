// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/expected.h"

/// What a Parquet file says of itself (apache/parquet-format, parquet.thrift): the parts that reading rows needs.
/// Errors are reasons ("its footer ends early") for others to put into a sentence with the file.
namespace rosa::data::parquet {

enum class Physical : std::uint8_t { Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedBytes };
enum class Repetition : std::uint8_t { Required, Optional, Repeated };
enum class Codec : std::uint8_t { None, Snappy, Gzip, Lzo, Brotli, Lz4Hadoop, Zstd, Lz4 };
enum class Encoding : std::uint8_t {
  Plain = 0,
  PlainDictionary = 2,
  Rle = 3,
  BitPacked = 4,
  DeltaBinaryPacked = 5,
  DeltaLengthByteArray = 6,
  DeltaByteArray = 7,
  RleDictionary = 8,
  ByteStreamSplit = 9,
};

/// What the bytes of a column mean: the newer LogicalType and the older ConvertedType in one.
struct Meaning {
  enum class Kind : std::uint8_t {
    Plain,  ///< what the physical type says; of bytes, just bytes
    Text,   ///< UTF-8; enums and JSON texts too
    List,
    Map,
    Decimal,
    Date,
    Time,
    Timestamp,
    Integer,
    Null,
    Uuid,
    Float16,
  };
  Kind kind = Kind::Plain;
  int scale = 0;                   ///< decimal: digits behind the point
  std::int64_t perSecond = 1'000;  ///< time, timestamp: units in a second
  bool utc = true;                 ///< timestamp: an instant, not a local time
  int bits = 64;                   ///< integer
  bool isSigned = true;            ///< integer
};

struct SchemaElement {
  std::string name;
  std::optional<Physical> type;  ///< unset: a group
  Repetition repetition = Repetition::Required;
  int width = 0;  ///< bytes of a value of fixed length
  std::size_t children = 0;
  Meaning meaning;
};

struct ColumnChunk {
  Physical type = Physical::Boolean;
  Codec codec = Codec::None;
  std::int64_t values = 0;  ///< with nulls and empty lists
  std::uint64_t begin = 0;  ///< in the file, of the first page
  std::uint64_t bytes = 0;
};

struct RowGroup {
  std::int64_t rows = 0;
  std::vector<ColumnChunk> columns;  ///< in the order of the schema's leaves
};

struct FileMetadata {
  std::vector<SchemaElement> schema;  ///< depth first, the root included
  std::vector<RowGroup> rowGroups;
};

/// The footer, without its length and magic. Row groups whose columns are not as many as the schema's leaves, and rows
/// that do not add up, are errors.
[[nodiscard]] Expected<FileMetadata> readFileMetadata(std::string_view footer);

struct PageHeader {
  enum class Kind : std::uint8_t { Data, Index, Dictionary, DataV2 };
  Kind kind = Kind::Data;
  std::size_t bytes = 0;                  ///< as stored
  std::size_t plainBytes = 0;             ///< decompressed
  std::optional<std::uint32_t> checksum;  ///< CRC-32 of the bytes as stored
  std::int64_t values = 0;
  Encoding encoding = Encoding::Plain;
  Encoding definitionEncoding = Encoding::Rle, repetitionEncoding = Encoding::Rle;  ///< Data
  std::size_t definitionBytes = 0, repetitionBytes = 0;                             ///< DataV2
  bool compressed = true;                                                           ///< DataV2: the values are
};

struct ReadPageHeader {
  PageHeader header;
  std::size_t size = 0;  ///< bytes that it takes; 0: more bytes are needed
};
/// The header at the beginning of `bytes`, which may hold more than it, or less.
[[nodiscard]] Expected<ReadPageHeader> readPageHeader(std::string_view bytes);

}  // namespace rosa::data::parquet
