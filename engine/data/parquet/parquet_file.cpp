// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/parquet_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/checked.h"
#include "base/text.h"
#include "data/parquet/assembler.h"
#include "data/parquet/bits.h"

namespace rosa::data::parquet {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kEncryptedMagic = "PARE";
/// The footer's length and the magic behind it.
constexpr std::uint64_t kTailBytes = 8;

void collectLeaves(const Node& node, std::vector<const Node*>& leaves) {
  if (node.kind == Node::Kind::Leaf) leaves.push_back(&node);
  for (const Node& child : node.children) collectLeaves(child, leaves);
}

}  // namespace

Expected<ParquetFile> ParquetFile::open(const std::filesystem::path& path) {
  ROSA_TRY(auto file, base::FileSystem::real().open(path));
  return open(std::move(file), path.native());
}

Expected<ParquetFile> ParquetFile::open(std::unique_ptr<base::FileReader> file, std::string name) {
  ParquetFile result;
  result.source_ = std::make_unique<Source>(std::move(file), std::move(name));
  ROSA_CHECK(result.readFooter());
  return result;
}

Status ParquetFile::readFooter() {
  const std::uint64_t size = source_->size();
  if (size < kMagic.size() + kTailBytes) return source_->fault("it is too short");
  std::string bytes;
  ROSA_CHECK(source_->read(0, kMagic.size(), bytes));
  const bool encrypted = bytes == kEncryptedMagic;
  if (bytes != kMagic && !encrypted) return source_->fault("it does not begin as Parquet does");
  ROSA_CHECK(source_->read(size - kTailBytes, kTailBytes, bytes));
  const std::string_view tail = bytes;
  if (encrypted || tail.ends_with(kEncryptedMagic)) return source_->fault("it is encrypted");
  if (!tail.ends_with(kMagic)) return source_->fault("it does not end as Parquet does, and was perhaps cut off");
  const auto length = readLittleEndian<std::uint32_t>(tail);
  if (length > size - kTailBytes - kMagic.size()) return source_->fault("its footer is longer than itself");
  if (length > kLargestFooterBytes) {
    return source_->fault(fmt::format("its footer has more than {}", base::formatBytes(kLargestFooterBytes)));
  }
  const std::uint64_t begin = size - kTailBytes - length;
  ROSA_CHECK(source_->read(begin, length, bytes));

  auto metadata = readFileMetadata(bytes);
  if (!metadata) return source_->fault(metadata.error().message);
  auto schema = readSchema(metadata->schema);
  if (!schema) return source_->fault(schema.error().message);
  rowGroups_ = std::move(metadata->rowGroups);
  schema_ = std::move(*schema);
  for (const Node& column : schema_) {
    collectLeaves(column, leaves_);
    names_.push_back(column.name);
  }
  selected_.assign(schema_.size(), true);
  for (const RowGroup& group : rowGroups_) rows_ += group.rows;
  return checkChunks(begin);
}

Status ParquetFile::checkChunks(std::uint64_t end) const {
  for (std::size_t i = 0; i < rowGroups_.size(); ++i) {
    for (const Node* leaf : leaves_) {
      const ColumnChunk& chunk = rowGroups_[i].columns[leaf->leaf];
      if (chunk.values == 0) continue;  // nothing of it is ever read
      const auto place = fmt::format("column {} in row group {}", base::inQuotes(leaf->name), i + 1);
      const auto chunkEnd = (base::Checked(chunk.begin) + chunk.bytes).value();
      if (chunk.begin < kMagic.size() || !chunkEnd || *chunkEnd > end) {
        return source_->fault(place + " lies outside the file's data");
      }
      if (chunk.type != leaf->type) return source_->fault(place + " has another type than the schema says");
    }
  }
  return {};
}

void ParquetFile::select(std::span<const std::size_t> columns) {
  selected_.assign(schema_.size(), false);
  for (const std::size_t column : columns) selected_[column] = true;
}

Expected<bool> ParquetFile::next(std::vector<base::Json>& values) {
  while (rowsLeft_ == 0) {
    ROSA_TRY(const bool found, nextRowGroup());
    if (!found) return false;
  }
  --rowsLeft_;
  values.resize(schema_.size());
  for (std::size_t i = 0; i < schema_.size(); ++i) {
    if (!selected_[i]) continue;
    ROSA_TRY(values[i], assemble(schema_[i], cursors_));
  }
  return true;
}

Expected<bool> ParquetFile::nextRowGroup() {
  for (const auto& cursor : cursors_) {
    if (!cursor) continue;
    ROSA_TRY(const bool more, cursor->load());
    if (more) return cursor->fault("it has more values than its row group has rows");
  }
  cursors_.clear();
  if (rowGroup_ == rowGroups_.size()) return false;
  const RowGroup& group = rowGroups_[rowGroup_++];
  rowsLeft_ = group.rows;
  cursors_.resize(leaves_.size());
  for (std::size_t i = 0; i < schema_.size(); ++i) {
    if (!selected_[i]) continue;
    std::vector<const Node*> leaves;
    collectLeaves(schema_[i], leaves);
    for (const Node* leaf : leaves) {
      cursors_[leaf->leaf] = std::make_unique<ColumnCursor>(*source_, *leaf, group.columns[leaf->leaf], rowGroup_);
    }
  }
  return true;
}

}  // namespace rosa::data::parquet
