// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/json_lines_reader.h"
#include "fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  auto reader = data::JsonLinesReader::open(fuzz::fileWith(fuzz::asText(data, size)));
  if (!reader) {
    fuzz::requireSentence(reader.error().message);
    return 0;
  }
  std::int64_t rows = 0;
  for (data::Row row;;) {
    const auto found = (*reader)->next(row);
    if (!found) fuzz::requireSentence(found.error().message);
    if (!found || !*found) break;
    fuzz::require(row.number == ++rows, "rows are counted one by one");
    fuzz::require(row.cells.size() <= (*reader)->columns().size(), "each cell has a column");
  }
  return 0;
}
