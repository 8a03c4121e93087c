// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "data/parquet/compact_reader.h"

// The numbers of fields and values below are those of parquet.thrift.
namespace rosa::data::parquet {
namespace {

using Field = CompactReader::Field;

constexpr std::int64_t kPerSecond[] = {1'000, 1'000'000, 1'000'000'000};

/// Reads a field that holds a count or a size: not negative, and no more than `largest`.
template <typename T>
Status readCount(CompactReader& reader, Field field, std::string_view what, T& target,
                 std::int64_t largest = std::numeric_limits<std::int64_t>::max()) {
  ROSA_TRY(const std::int64_t value, reader.integer(field));
  if (value < 0 || value > largest) return Error{fmt::format("its {} is {}", what, value)};
  target = static_cast<T>(value);
  return {};
}

constexpr std::int64_t kLargestInt = std::numeric_limits<std::int32_t>::max();

template <typename Enum>
Status readEnum(CompactReader& reader, Field field, Enum last, std::string_view what, Enum& target) {
  ROSA_TRY(const std::int64_t value, reader.integer(field));
  if (value < 0 || value > static_cast<std::int64_t>(last)) {
    return Error{fmt::format("it has the unknown {} {}", what, value)};
  }
  target = static_cast<Enum>(value);
  return {};
}

Status readEncoding(CompactReader& reader, Field field, Encoding& target) {
  ROSA_CHECK(readEnum(reader, field, Encoding::ByteStreamSplit, "encoding", target));
  if (static_cast<int>(target) == 1) return Error{"it has the unknown encoding 1"};
  return {};
}

Status readTimeUnit(CompactReader& reader, Field field, Meaning& meaning) {
  return reader.structure(field, [&](Field unit) {
    if (unit.id >= 1 && unit.id <= 3) meaning.perSecond = kPerSecond[unit.id - 1];
    return reader.skip(unit);
  });
}

/// TimeType and TimestampType.
Status readTime(CompactReader& reader, Field field, Meaning& meaning) {
  return reader.structure(field, [&](Field part) -> Status {
    if (part.id == 1) {
      ROSA_TRY(meaning.utc, reader.boolean(part));
      return {};
    }
    return part.id == 2 ? readTimeUnit(reader, part, meaning) : reader.skip(part);
  });
}

Status readDecimal(CompactReader& reader, Field field, Meaning& meaning) {
  return reader.structure(field, [&](Field part) {
    return part.id == 1 ? readCount(reader, part, "decimal scale", meaning.scale, kLargestInt) : reader.skip(part);
  });
}

Status readInteger(CompactReader& reader, Field field, Meaning& meaning) {
  return reader.structure(field, [&](Field part) -> Status {
    if (part.id == 1) return readCount(reader, part, "width of an integer", meaning.bits, 64);
    if (part.id == 2) {
      ROSA_TRY(meaning.isSigned, reader.boolean(part));
      return {};
    }
    return reader.skip(part);
  });
}

/// LogicalType; one that is not known leaves `meaning` as it was.
Status readLogicalType(CompactReader& reader, Field field, Meaning& meaning) {
  using Kind = Meaning::Kind;
  return reader.structure(field, [&](Field kind) {
    switch (kind.id) {
      case 1:
      case 4:
      case 12:
        meaning.kind = Kind::Text;
        break;
      case 2:
        meaning.kind = Kind::Map;
        break;
      case 3:
        meaning.kind = Kind::List;
        break;
      case 5:
        meaning.kind = Kind::Decimal;
        return readDecimal(reader, kind, meaning);
      case 6:
        meaning.kind = Kind::Date;
        break;
      case 7:
        meaning.kind = Kind::Time;
        return readTime(reader, kind, meaning);
      case 8:
        meaning.kind = Kind::Timestamp;
        return readTime(reader, kind, meaning);
      case 10:
        meaning.kind = Kind::Integer;
        return readInteger(reader, kind, meaning);
      case 11:
        meaning.kind = Kind::Null;
        break;
      case 14:
        meaning.kind = Kind::Uuid;
        break;
      case 15:
        meaning.kind = Kind::Float16;
        break;
      default:
        break;
    }
    return reader.skip(kind);
  });
}

Meaning convertedType(std::int64_t code) {
  using Kind = Meaning::Kind;
  constexpr std::int64_t kFirstUnsigned = 11;
  constexpr std::int64_t kFirstSigned = 15;
  constexpr std::int64_t kLastSigned = 18;
  Meaning meaning;
  switch (code) {
    case 0:
    case 4:
    case 19:
      meaning.kind = Kind::Text;
      break;
    case 1:
    case 2:
      meaning.kind = Kind::Map;
      break;
    case 3:
      meaning.kind = Kind::List;
      break;
    case 5:
      meaning.kind = Kind::Decimal;
      break;
    case 6:
      meaning.kind = Kind::Date;
      break;
    case 7:
    case 8:
      meaning.kind = Kind::Time;
      meaning.perSecond = kPerSecond[code - 7];
      break;
    case 9:
    case 10:
      meaning.kind = Kind::Timestamp;
      meaning.perSecond = kPerSecond[code - 9];
      break;
    default:
      if (code >= kFirstUnsigned && code <= kLastSigned) {
        meaning.kind = Kind::Integer;
        meaning.isSigned = code >= kFirstSigned;
        meaning.bits = 8 << ((code - kFirstUnsigned) % 4);
      }
      break;
  }
  return meaning;
}

Status readSchemaElement(CompactReader& reader, Field field, SchemaElement& element) {
  Meaning logical;
  std::optional<std::int64_t> converted;
  int scale = 0;
  const Status read = reader.structure(field, [&](Field part) -> Status {
    switch (part.id) {
      case 1: {
        Physical type{};
        ROSA_CHECK(readEnum(reader, part, Physical::FixedBytes, "type", type));
        element.type = type;
        return {};
      }
      case 2:
        return readCount(reader, part, "width of a fixed type", element.width, kLargestInt);
      case 3:
        return readEnum(reader, part, Repetition::Repeated, "repetition", element.repetition);
      case 4: {
        ROSA_TRY(const std::string_view name, reader.binary(part));
        element.name = name;
        return {};
      }
      case 5:
        return readCount(reader, part, "number of children", element.children, kLargestInt);
      case 6: {
        ROSA_TRY(converted, reader.integer(part));
        return {};
      }
      case 7:
        return readCount(reader, part, "decimal scale", scale, kLargestInt);
      case 10:
        return readLogicalType(reader, part, logical);
      default:
        return reader.skip(part);
    }
  });
  if (!read) return read.error();
  if (logical.kind == Meaning::Kind::Plain && converted) {
    logical = convertedType(*converted);
    logical.scale = scale;
  }
  element.meaning = logical;
  if (element.children > 0) element.type.reset();
  return {};
}

Status readColumnMetadata(CompactReader& reader, Field field, ColumnChunk& chunk) {
  std::optional<std::uint64_t> dataBegin;
  std::uint64_t dictionaryBegin = 0;
  bool sized = false;
  const Status read = reader.structure(field, [&](Field part) -> Status {
    switch (part.id) {
      case 1:
        return readEnum(reader, part, Physical::FixedBytes, "type", chunk.type);
      case 4:
        return readEnum(reader, part, Codec::Lz4, "codec", chunk.codec);
      case 5:
        return readCount(reader, part, "number of values", chunk.values);
      case 7:
        sized = true;
        return readCount(reader, part, "size of a column", chunk.bytes);
      case 9:
        return readCount(reader, part, "place of a page", dataBegin.emplace());
      case 11:
        return readCount(reader, part, "place of a dictionary", dictionaryBegin);
      default:
        return reader.skip(part);
    }
  });
  if (!read) return read.error();
  if (!dataBegin || !sized) return Error{"its footer does not say where a column lies"};
  // Some writers put 0 where there is no dictionary.
  const bool dictionaryFirst = dictionaryBegin > 0 && dictionaryBegin < *dataBegin;
  chunk.begin = dictionaryFirst ? dictionaryBegin : *dataBegin;
  return {};
}

Status readColumnChunk(CompactReader& reader, Field field, ColumnChunk& chunk) {
  bool found = false;
  const Status read = reader.structure(field, [&](Field part) -> Status {
    switch (part.id) {
      case 1:
        return Error{"it keeps its columns in other files"};
      case 3:
        found = true;
        return readColumnMetadata(reader, part, chunk);
      case 8:
      case 9:
        return Error{"a column is encrypted"};
      default:
        return reader.skip(part);
    }
  });
  if (!read) return read.error();
  if (!found) return Error{"its footer does not say where a column lies"};
  return {};
}

Status readRowGroup(CompactReader& reader, Field field, RowGroup& group) {
  return reader.structure(field, [&](Field part) {
    switch (part.id) {
      case 1:
        return reader.list(part,
                           [&](Field column) { return readColumnChunk(reader, column, group.columns.emplace_back()); });
      case 3:
        return readCount(reader, part, "number of rows", group.rows);
      default:
        return reader.skip(part);
    }
  });
}

Status checkRows(const FileMetadata& metadata, std::int64_t rows) {
  const auto leaves = static_cast<std::size_t>(
      std::ranges::count_if(metadata.schema, [](const SchemaElement& element) { return element.type.has_value(); }));
  std::int64_t sum = 0;
  for (const RowGroup& group : metadata.rowGroups) {
    if (group.columns.size() != leaves) {
      return Error{fmt::format("a row group has {} columns, but the schema {}", group.columns.size(), leaves)};
    }
    if (__builtin_add_overflow(sum, group.rows, &sum)) return Error{"its rows are more than can be counted"};
  }
  // Some writers leave 0 where the file's rows should be counted.
  if (rows != 0 && sum != rows)
    return Error{fmt::format("it says that it has {} rows, but its row groups hold {}", rows, sum)};
  return {};
}

Status readDataHeader(CompactReader& reader, Field field, PageHeader& header) {
  return reader.structure(field, [&](Field part) {
    switch (part.id) {
      case 1:
        return readCount(reader, part, "number of values in a page", header.values, kLargestInt);
      case 2:
        return readEncoding(reader, part, header.encoding);
      case 3:
        return readEncoding(reader, part, header.definitionEncoding);
      case 4:
        return readEncoding(reader, part, header.repetitionEncoding);
      default:
        return reader.skip(part);
    }
  });
}

Status readDictionaryHeader(CompactReader& reader, Field field, PageHeader& header) {
  return reader.structure(field, [&](Field part) {
    switch (part.id) {
      case 1:
        return readCount(reader, part, "number of values in a dictionary", header.values, kLargestInt);
      case 2:
        return readEncoding(reader, part, header.encoding);
      default:
        return reader.skip(part);
    }
  });
}

Status readDataHeaderV2(CompactReader& reader, Field field, PageHeader& header) {
  return reader.structure(field, [&](Field part) -> Status {
    switch (part.id) {
      case 1:
        return readCount(reader, part, "number of values in a page", header.values, kLargestInt);
      case 4:
        return readEncoding(reader, part, header.encoding);
      case 5:
        return readCount(reader, part, "size of the definition levels", header.definitionBytes, kLargestInt);
      case 6:
        return readCount(reader, part, "size of the repetition levels", header.repetitionBytes, kLargestInt);
      case 7: {
        ROSA_TRY(header.compressed, reader.boolean(part));
        return {};
      }
      default:
        return reader.skip(part);
    }
  });
}

/// Which of the fields 5 to 8 describes a page of this kind.
int describedIn(PageHeader::Kind kind) {
  return 5 + static_cast<int>(kind);
}

Status readPageFields(CompactReader& reader, PageHeader& header) {
  std::optional<PageHeader::Kind> kind;
  bool described[4]{};
  const Status read = reader.structure([&](Field part) -> Status {
    switch (part.id) {
      case 1:
        return readEnum(reader, part, PageHeader::Kind::DataV2, "kind of page", kind.emplace());
      case 2:
        return readCount(reader, part, "size of a page", header.plainBytes, kLargestInt);
      case 3:
        return readCount(reader, part, "size of a page", header.bytes, kLargestInt);
      case 4: {
        ROSA_TRY(const std::int64_t checksum, reader.integer(part));
        header.checksum = static_cast<std::uint32_t>(checksum);
        return {};
      }
      case 5:
        described[0] = true;
        return readDataHeader(reader, part, header);
      case 7:
        described[2] = true;
        return readDictionaryHeader(reader, part, header);
      case 8:
        described[3] = true;
        return readDataHeaderV2(reader, part, header);
      default:
        return reader.skip(part);
    }
  });
  if (!read) return read.error();
  if (!kind) return Error{"a page does not say what it is"};
  header.kind = *kind;
  if (header.kind != PageHeader::Kind::Index && !described[describedIn(header.kind) - 5]) {
    return Error{"a page is not described"};
  }
  return {};
}

}  // namespace

Expected<FileMetadata> readFileMetadata(std::string_view footer) {
  FileMetadata metadata;
  std::int64_t rows = 0;
  CompactReader reader(footer);
  const Status read = reader.structure([&](Field part) -> Status {
    switch (part.id) {
      case 2:
        return reader.list(
            part, [&](Field element) { return readSchemaElement(reader, element, metadata.schema.emplace_back()); });
      case 3:
        return readCount(reader, part, "number of rows", rows);
      case 4:
        return reader.list(part,
                           [&](Field group) { return readRowGroup(reader, group, metadata.rowGroups.emplace_back()); });
      case 8:
        return Error{"it is encrypted"};
      default:
        return reader.skip(part);
    }
  });
  if (!read) return read.error();
  ROSA_CHECK(checkRows(metadata, rows));
  return metadata;
}

Expected<ReadPageHeader> readPageHeader(std::string_view bytes) {
  CompactReader reader(bytes);
  ReadPageHeader result;
  const Status status = readPageFields(reader, result.header);
  if (!status && reader.ranOut()) return result;
  if (!status) return status.error();
  result.size = reader.position();
  return result;
}

}  // namespace rosa::data::parquet
