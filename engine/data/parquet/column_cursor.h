// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/json.h"
#include "data/parquet/hybrid_decoder.h"
#include "data/parquet/page_reader.h"
#include "data/parquet/schema.h"
#include "data/parquet/value_decoder.h"
#include "rosa/expected.h"

namespace rosa::data::parquet {

/// A leaf's entries in a row group, one after another: each is a value or a null with its levels. Pages are read as
/// they are needed. Errors are sentences that name the file, the column and the row group.
class ColumnCursor {
 public:
  /// `source` and `leaf` must outlive the cursor; `rowGroup` counts from 1, for messages.
  ColumnCursor(const Source& source, const Node& leaf, const ColumnChunk& chunk, std::size_t rowGroup)
      : source_(source), leaf_(leaf), pages_(source, chunk), left_(chunk.values), rowGroup_(rowGroup) {}

  /// Makes the next entry the one at hand, unless there is one; false at the end of the column.
  [[nodiscard]] Expected<bool> load();
  /// The same, for an entry that must be there and have this repetition level, and at least this definition level.
  [[nodiscard]] Status expect(int repetition, int definition);

  [[nodiscard]] int repetition() const { return repetition_; }
  [[nodiscard]] int definition() const { return definition_; }

  /// The value of the entry at hand, or null, and lets go of the entry.
  [[nodiscard]] Expected<base::Json> take();
  /// Lets go of the entry at hand, which has no value, for something above it is not there: its definition level must
  /// be below this one.
  [[nodiscard]] Status drop(int definition);

  [[nodiscard]] Error fault(std::string_view reason) const;

 private:
  /// A page's levels, all zero where there is nothing that they could tell.
  class Levels {
   public:
    Levels() = default;
    explicit Levels(HybridDecoder runs) : decoder_(runs) {}
    explicit Levels(PackedLevels packed) : decoder_(packed) {}
    [[nodiscard]] std::optional<std::uint32_t> next();

   private:
    std::variant<std::monostate, HybridDecoder, PackedLevels> decoder_;
  };

  [[nodiscard]] Status nextPage();
  [[nodiscard]] Status readDictionary(const Page& page);
  [[nodiscard]] Status openLevels(const Page& page, std::string_view& values);
  [[nodiscard]] static Expected<Levels> takeLevels(Encoding encoding, int largest, std::int64_t count,
                                                   std::string_view& body);

  const Source& source_;
  const Node& leaf_;
  PageReader pages_;
  std::int64_t left_;  ///< entries on pages that are not opened yet
  std::size_t rowGroup_;
  std::int64_t onPage_ = 0;  ///< entries of the page at hand that are not loaded yet
  std::optional<Dictionary> dictionary_;
  bool anyData_ = false;
  Levels repetitions_, definitions_;
  std::unique_ptr<ValueDecoder> values_;
  bool loaded_ = false;
  int repetition_ = 0;
  int definition_ = 0;
};

}  // namespace rosa::data::parquet
