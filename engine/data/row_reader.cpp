// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/row_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "data/delimited_reader.h"
#include "data/json_lines_reader.h"

namespace rosa::data {

Expected<FileFormat> fileFormat(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  if (ending == ".csv") return FileFormat::Csv;
  if (ending == ".tsv") return FileFormat::Tsv;
  if (ending == ".jsonl" || ending == ".ndjson") return FileFormat::JsonLines;
  if (ending == ".txt") return FileFormat::Text;
  const char* remedy = ending == ".json"      ? "write one object a line and call the file .jsonl."
                       : ending == ".parquet" ? "Parquet is not read; convert it to JSON Lines or CSV."
                                              : "data files end in .csv, .tsv, .jsonl or .txt.";
  return Error{fmt::format("{} is not named as a data file: {}", base::printable(path.native()), remedy)};
}

std::string_view formatName(FileFormat format) {
  switch (format) {
    case FileFormat::Csv:
      return "CSV";
    case FileFormat::Tsv:
      return "TSV";
    case FileFormat::JsonLines:
      return "JSONL";
    case FileFormat::Text:
      break;
  }
  return "text";
}

Expected<bool> readsQuotes(const std::filesystem::path& path, Reading quotes) {
  ROSA_TRY(const FileFormat format, fileFormat(path));
  if (format == FileFormat::JsonLines || format == FileFormat::Text) return false;
  if (quotes != Reading::Auto) return quotes == Reading::Yes;
  return format == FileFormat::Csv ? Expected<bool>(true) : DelimitedReader::writtenWithQuotes(path, '\t');
}

Expected<std::unique_ptr<RowReader>> openRows(const std::filesystem::path& path, const RowOptions& options) {
  ROSA_TRY(const FileFormat format, fileFormat(path));
  bool quotes = options.quotes.value_or(false);
  if (!options.quotes) {
    ROSA_TRY(quotes, readsQuotes(path, Reading::Auto));
  }
  switch (format) {
    case FileFormat::Csv: {
      char delimiter = options.delimiter.value_or('\0');
      if (!options.delimiter) {
        ROSA_TRY(delimiter, DelimitedReader::guessDelimiter(path));
      }
      return DelimitedReader::open(path, delimiter, quotes, options.header);
    }
    case FileFormat::Tsv:
      return DelimitedReader::open(path, options.delimiter.value_or('\t'), quotes, options.header);
    case FileFormat::JsonLines:
      return JsonLinesReader::open(path);
    case FileFormat::Text:
      break;
  }
  return Error{fmt::format("{} is plain text and has no columns: use --task lm, or a .csv, .tsv or .jsonl file.",
                           base::printable(path.native()))};
}

}  // namespace rosa::data
