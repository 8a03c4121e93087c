// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "rosa/expected.h"

namespace rosa::data::parquet {

/// Snappy's raw format (google/snappy, format_description.txt): literals and copies of what stands before. The text
/// must have `size` bytes.
[[nodiscard]] Status decompressSnappy(std::string_view packed, std::size_t size, std::string& plain);

}  // namespace rosa::data::parquet
