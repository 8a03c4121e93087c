// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "base/json.h"
#include "data/parquet/schema.h"
#include "rosa/expected.h"

namespace rosa::data::parquet {

/// A leaf's value from the bytes that a ValueDecoder hands out: numbers and truth values as such, texts as strings.
/// What JSON has no word for is written as a string: decimals with all their digits, days and times after ISO 8601
/// (with
/// "+00:00" where they are instants), UUIDs. Bytes without a meaning stay bytes (`is_binary`). Text that is no valid
/// UTF-8 is an error.
[[nodiscard]] Expected<base::Json> toJson(const Node& leaf, std::string_view value);

}  // namespace rosa::data::parquet
