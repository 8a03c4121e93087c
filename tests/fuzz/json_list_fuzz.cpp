// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/json_list_reader.h"
#include "fuzz/fuzz_input.h"
#include "fuzz/read_rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  auto reader = data::JsonListReader::open(fuzz::fileWith(fuzz::asText(data, size)));
  if (!reader) {
    fuzz::requireSentence(reader.error().message);
    return 0;
  }
  fuzz::readRows(**reader, [&](const data::Row& row) {
    fuzz::require(row.cells.size() <= (*reader)->columns().size(), "each cell has a column");
  });
  return 0;
}
