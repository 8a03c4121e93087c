// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/json.h"
#include "data/parquet/column_cursor.h"
#include "data/parquet/schema.h"
#include "rosa/expected.h"

namespace rosa::data::parquet {

/// Puts a column's values in one row together from the entries of its leaves, as their levels say (S. Melnik et al.,
/// "Dremel: Interactive Analysis of Web-Scale Datasets", 2010). A list is an array, a struct an object, a map an array
/// of [key, value]. `cursors` holds one for each leaf of the file; those of the column must not be null.
[[nodiscard]] Expected<base::Json> assemble(const Node& column, std::span<const std::unique_ptr<ColumnCursor>> cursors);

/// A row's values in a column may take so much memory.
inline constexpr std::size_t kLargestValueBytes = std::size_t{256} << 20U;

}  // namespace rosa::data::parquet
