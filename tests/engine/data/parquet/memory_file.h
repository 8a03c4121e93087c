// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "data/parquet/parquet_file.h"

namespace rosa::data::parquet {

/// A file's bytes without a disk below them.
class MemoryFile final : public base::FileReader {
 public:
  explicit MemoryFile(std::string bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] Status readAt(std::uint64_t offset, std::span<std::byte> bytes) const override {
    if (offset > bytes_.size() || bytes.size() > bytes_.size() - offset) return Error{"a read outside the file"};
    std::memcpy(bytes.data(), bytes_.data() + offset, bytes.size());
    return {};
  }

 private:
  std::string bytes_;
};

inline std::string bytesOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct ReadTable {
  std::vector<std::string> columns;
  std::vector<std::vector<base::Json>> rows;
  std::int64_t claimedRows = 0;
  std::string error;  ///< the sentence reading ended with; empty if it reached the end
};

/// Reads to the end, keeping no more than `keep` rows.
inline ReadTable readAll(Expected<ParquetFile> opened, std::size_t keep = 100'000) {
  ReadTable table;
  if (!opened) {
    table.error = opened.error().message;
    return table;
  }
  ParquetFile file = *std::move(opened);
  table.columns = file.columns();
  table.claimedRows = file.rows();
  for (std::vector<base::Json> row;;) {
    const auto found = file.next(row);
    if (!found) table.error = found.error().message;
    if (!found || !*found) break;
    if (table.rows.size() < keep) table.rows.push_back(row);
  }
  return table;
}

inline ReadTable readBytes(std::string bytes, std::size_t keep = 100'000) {
  return readAll(ParquetFile::open(std::make_unique<MemoryFile>(std::move(bytes)), "a.parquet"), keep);
}

}  // namespace rosa::data::parquet
