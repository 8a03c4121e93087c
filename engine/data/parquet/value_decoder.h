// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/parquet/metadata.h"
#include "data/parquet/schema.h"
#include "rosa/expected.h"

namespace rosa::data::parquet {

/// The values of one page, one after another, as the bytes that the PLAIN encoding has for them: little-endian numbers,
/// one byte for a truth value, a byte array without its length. Nulls are not among them.
class ValueDecoder {
 public:
  virtual ~ValueDecoder() = default;
  /// The next value, valid until the call after; nothing where the page ends or is damaged.
  [[nodiscard]] virtual std::optional<std::string_view> next() = 0;
};

/// The values that a column chunk's pages count by number.
class Dictionary {
 public:
  /// `page` holds `count` values in the PLAIN encoding.
  [[nodiscard]] static Expected<Dictionary> open(const Node& leaf, std::string page, std::int64_t count);
  [[nodiscard]] std::optional<std::string_view> at(std::size_t index) const;

 private:
  std::string page_;
  std::size_t width_ = 0;  ///< of a value; 0: they have `places_`
  std::vector<std::size_t> places_;
};

/// Takes apart the values' part of a page; `page` and `dictionary` (null if there is none) must outlive the decoder.
[[nodiscard]] Expected<std::unique_ptr<ValueDecoder>> openValues(Encoding encoding, const Node& leaf,
                                                                 std::string_view page, const Dictionary* dictionary);

}  // namespace rosa::data::parquet
