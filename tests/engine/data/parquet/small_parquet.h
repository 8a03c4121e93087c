// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rosa::data::parquet {

/// Writes Thrift's compact protocol: what a test needs of it.
class CompactWriter {
 public:
  CompactWriter& integer(int id, std::int64_t value, unsigned type = 6) {
    head(id, type);
    return varint((static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U));
  }
  CompactWriter& text(int id, std::string_view value) {
    head(id, 8);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  /// A field whose value is written already: a struct (12), or a list (9) with its head.
  CompactWriter& part(int id, unsigned type, const std::string& bytes) {
    head(id, type);
    bytes_ += bytes;
    return *this;
  }
  CompactWriter& structs(int id, const std::vector<std::string>& elements) {
    head(id, 9);
    bytes_ += '\xFC';
    varint(elements.size());
    for (const auto& element : elements) bytes_ += element;
    return *this;
  }
  [[nodiscard]] std::string end() const { return bytes_ + '\0'; }

 private:
  void head(int id, unsigned type) {
    bytes_ += static_cast<char>(static_cast<unsigned>(id - last_) << 4U | type);
    last_ = id;
  }
  CompactWriter& varint(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) bytes_ += static_cast<char>(value | 0x80U);
    bytes_ += static_cast<char>(value);
    return *this;
  }

  std::string bytes_;
  int last_ = 0;
};

inline std::string littleEndian(std::uint32_t value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

/// A column of texts, some of them null.
struct SmallColumn {
  std::string name;
  std::vector<std::optional<std::string>> values;
};

/// A page of plain values behind their definition levels, as runs of one.
inline std::string smallPage(const std::vector<std::optional<std::string>>& values, bool checksum) {
  std::string levels;
  std::string texts;
  for (const auto& value : values) {
    levels += '\x02';
    levels += value ? '\x01' : '\0';
    if (value) texts += littleEndian(static_cast<std::uint32_t>(value->size())) + *value;
  }
  const std::string body = littleEndian(static_cast<std::uint32_t>(levels.size())) + levels + texts;
  CompactWriter header;
  header.integer(1, 0, 5).integer(2, std::ssize(body), 5).integer(3, std::ssize(body), 5);
  if (checksum) {
    const auto sum = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size()));
    header.integer(4, static_cast<std::int32_t>(sum), 5);
  }
  const auto data =
      CompactWriter().integer(1, std::ssize(values), 5).integer(2, 0, 5).integer(3, 3, 5).integer(4, 3, 5);
  return header.part(5, 12, data.end()).end() + body;
}

/// A whole file of such columns, uncompressed, with so many rows in a row group.
inline std::string smallParquet(const std::vector<SmallColumn>& columns, std::size_t rowsInGroup = 1'000,
                                bool checksum = false) {
  std::string file = "PAR1";
  std::vector<std::string> schema{CompactWriter().text(4, "schema").integer(5, std::ssize(columns), 5).end()};
  for (const auto& column : columns) {
    schema.push_back(CompactWriter().integer(1, 6, 5).integer(3, 1, 5).text(4, column.name).integer(6, 0, 5).end());
  }
  const std::size_t rows = columns.front().values.size();
  std::vector<std::string> groups;
  for (std::size_t begin = 0; begin < rows; begin += rowsInGroup) {
    const std::size_t end = std::min(begin + rowsInGroup, rows);
    std::vector<std::string> chunks;
    for (const auto& column : columns) {
      const std::string page = smallPage({column.values.begin() + static_cast<std::ptrdiff_t>(begin),
                                          column.values.begin() + static_cast<std::ptrdiff_t>(end)},
                                         checksum);
      const auto metadata = CompactWriter()
                                .integer(1, 6, 5)
                                .integer(4, 0, 5)
                                .integer(5, static_cast<std::int64_t>(end - begin))
                                .integer(7, std::ssize(page))
                                .integer(9, std::ssize(file));
      chunks.push_back(CompactWriter().part(3, 12, metadata.end()).end());
      file += page;
    }
    groups.push_back(CompactWriter().structs(1, chunks).integer(3, static_cast<std::int64_t>(end - begin)).end());
  }
  const std::string footer = CompactWriter()
                                 .integer(1, 2, 5)
                                 .structs(2, schema)
                                 .integer(3, static_cast<std::int64_t>(rows))
                                 .structs(4, groups)
                                 .end();
  return file + footer + littleEndian(static_cast<std::uint32_t>(footer.size())) + "PAR1";
}

}  // namespace rosa::data::parquet
