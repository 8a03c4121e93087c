// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/column_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "data/parquet/bits.h"
#include "data/parquet/value_json.h"

namespace rosa::data::parquet {

std::optional<std::uint32_t> ColumnCursor::Levels::next() {
  if (auto* runs = std::get_if<HybridDecoder>(&decoder_)) return runs->next();
  if (auto* packed = std::get_if<PackedLevels>(&decoder_)) return packed->next();
  return 0;
}

Expected<bool> ColumnCursor::load() {
  if (loaded_) return true;
  while (onPage_ == 0) {
    if (left_ == 0) return false;
    const Status status = nextPage();
    if (!status) return pages_.failed() ? status.error() : fault(status.error().message);
  }
  --onPage_;
  const auto repetition = repetitions_.next();
  const auto definition = definitions_.next();
  if (!repetition || !definition) return fault("a page of it has fewer levels than values");
  if (*repetition > static_cast<std::uint32_t>(leaf_.repeatable) ||
      *definition > static_cast<std::uint32_t>(leaf_.deepest)) {
    return fault("a page of it has levels that its type does not have");
  }
  repetition_ = static_cast<int>(*repetition);
  definition_ = static_cast<int>(*definition);
  loaded_ = true;
  return true;
}

Status ColumnCursor::expect(int repetition, int definition) {
  ROSA_TRY(const bool found, load());
  if (!found) return fault("it has fewer values than its row group has rows");
  if (repetition_ != repetition || definition_ < definition) return fault("its levels contradict one another");
  return {};
}

Expected<base::Json> ColumnCursor::take() {
  loaded_ = false;
  if (definition_ < leaf_.deepest) return base::Json(nullptr);
  const auto bytes = values_->next();
  if (!bytes) return fault("a page of it is damaged, or ends before its last value");
  auto value = toJson(leaf_, *bytes);
  if (!value) return fault(value.error().message);
  return value;
}

Status ColumnCursor::drop(int definition) {
  if (definition_ >= definition) return fault("its levels contradict one another");
  loaded_ = false;
  return {};
}

Error ColumnCursor::fault(std::string_view reason) const {
  return source_.fault(fmt::format("column {} in row group {}: {}", base::inQuotes(leaf_.name), rowGroup_, reason));
}

Status ColumnCursor::nextPage() {
  ROSA_TRY(const Page page, pages_.next());
  const PageHeader& header = page.header;
  if (header.kind == PageHeader::Kind::Dictionary) return readDictionary(page);
  if (header.values > left_) return Error{"its pages have more values than it says"};
  anyData_ = true;
  std::string_view values = page.body;
  ROSA_CHECK(openLevels(page, values));
  ROSA_TRY(values_, openValues(header.encoding, leaf_, values, dictionary_ ? &*dictionary_ : nullptr));
  left_ -= header.values;
  onPage_ = header.values;
  return {};
}

Status ColumnCursor::readDictionary(const Page& page) {
  if (dictionary_) return Error{"it has two dictionaries"};
  if (anyData_) return Error{"its dictionary does not come first"};
  const bool plain = page.header.encoding == Encoding::Plain || page.header.encoding == Encoding::PlainDictionary;
  if (!plain) return Error{"its dictionary has an encoding that dictionaries do not have"};
  ROSA_TRY(dictionary_, Dictionary::open(leaf_, std::string(page.body), page.header.values));
  return {};
}

Status ColumnCursor::openLevels(const Page& page, std::string_view& values) {
  const PageHeader& header = page.header;
  if (header.kind == PageHeader::Kind::DataV2) {
    const auto levels = [](std::string_view bytes, int largest) {
      return largest == 0 ? Levels() : Levels(HybridDecoder(bytes, bitsFor(static_cast<unsigned>(largest))));
    };
    repetitions_ = levels(page.repetition, leaf_.repeatable);
    definitions_ = levels(page.definition, leaf_.deepest);
    return {};
  }
  ROSA_TRY(repetitions_, takeLevels(header.repetitionEncoding, leaf_.repeatable, header.values, values));
  ROSA_TRY(definitions_, takeLevels(header.definitionEncoding, leaf_.deepest, header.values, values));
  return {};
}

/// Those at the beginning of a page's body, which are removed from it.
Expected<ColumnCursor::Levels> ColumnCursor::takeLevels(Encoding encoding, int largest, std::int64_t count,
                                                        std::string_view& body) {
  if (largest == 0) return Levels();
  const unsigned width = bitsFor(static_cast<unsigned>(largest));
  const auto take = [&](std::size_t size) {
    const std::string_view bytes = body.substr(0, size);
    body.remove_prefix(size);
    return bytes;
  };
  if (encoding == Encoding::BitPacked) {
    const std::uint64_t size = (static_cast<std::uint64_t>(count) * width + 7) / 8;
    if (size > body.size()) return Error{"a page of it ends within its levels"};
    return Levels(PackedLevels(take(size), width));
  }
  if (encoding != Encoding::Rle) return Error{"a page of it has levels in an encoding that levels do not have"};
  constexpr std::size_t kLengthBytes = 4;
  if (body.size() < kLengthBytes) return Error{"a page of it ends within its levels"};
  const auto size = readLittleEndian<std::uint32_t>(take(kLengthBytes));
  if (size > body.size()) return Error{"a page of it ends within its levels"};
  return Levels(HybridDecoder(take(size), width));
}

}  // namespace rosa::data::parquet
