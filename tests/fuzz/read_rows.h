// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/row_reader.h"
#include "fuzz/fuzz_input.h"

namespace rosa::fuzz {

/// Reads to the end or to the first mistake; `check` sees every row.
template <typename Check>
void readRows(data::RowReader& reader, const Check& check) {
  std::int64_t rows = 0;
  for (data::Row row;;) {
    const auto found = reader.next(row);
    if (!found) requireSentence(found.error().message);
    if (!found || !*found) break;
    require(row.number == ++rows, "rows are counted one by one");
    check(row);
  }
}

}  // namespace rosa::fuzz
