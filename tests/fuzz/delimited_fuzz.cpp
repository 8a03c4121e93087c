// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/delimited_reader.h"
#include "fuzz/fuzz_input.h"
#include "fuzz/read_rows.h"

/// The first byte chooses delimiter, quotes and header; the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  if (size == 0) return 0;
  const std::uint8_t choice = data[0];
  const auto path = fuzz::fileWith(fuzz::asText(data + 1, size - 1));
  auto delimiter = data::DelimitedReader::guessDelimiter(path);
  fuzz::require(delimiter.hasValue(), "a delimiter is guessed for every file");
  constexpr char kDelimiters[] = {',', '\t', ';'};
  if ((choice & 3U) < 3) delimiter = kDelimiters[choice & 3U];
  auto reader = data::DelimitedReader::open(path, *delimiter, (choice & 4U) == 0, (choice & 8U) == 0);
  if (!reader) {
    fuzz::requireSentence(reader.error().message);
    return 0;
  }
  fuzz::readRows(**reader, [&](const data::Row& row) {
    fuzz::require(row.cells.size() == (*reader)->columns().size(), "every row is as wide as the first");
  });
  return 0;
}
