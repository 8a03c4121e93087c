// SPDX-License-Identifier: GPL-3.0-or-later
#include <vector>

#include "data/parquet/parquet_file.h"
#include "fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  auto file = data::parquet::ParquetFile::open(fuzz::fileWith(fuzz::asText(data, size)));
  if (!file) {
    fuzz::requireSentence(file.error().message);
    return 0;
  }
  // A few bytes may say truthfully that millions of rows are null: that is no finding, only long.
  constexpr std::int64_t kMostRows = 2'000;
  std::int64_t rows = 0;
  for (std::vector<base::Json> row; rows < kMostRows; ++rows) {
    const auto found = file->next(row);
    if (!found) fuzz::requireSentence(found.error().message);
    if (!found || !*found) break;
    fuzz::require(row.size() == file->columns().size(), "each column has a value");
    // Every text is UTF-8, or this throws.
    for (const auto& value : row) (void)value.dump();
  }
  fuzz::require(rows <= file->rows(), "no more rows than the file counts");
  return 0;
}
