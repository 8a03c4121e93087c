// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/row_reader.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "base/text.h"
#include "data/delimited_reader.h"
#include "data/json_lines_reader.h"
#include "data/json_list_reader.h"
#include "data/parquet_rows.h"
#include "data/shards.h"

namespace rosa::data {

namespace {

bool isDelimited(FileFormat format) {
  return format == FileFormat::Csv || format == FileFormat::Tsv;
}

Expected<FileFormat> formatByName(const std::filesystem::path& path) {
  const auto ending = base::lowered(path.extension().string());
  if (ending == ".csv") return FileFormat::Csv;
  if (ending == ".tsv") return FileFormat::Tsv;
  if (ending == ".jsonl" || ending == ".ndjson") return FileFormat::JsonLines;
  if (ending == ".json") return FileFormat::Json;
  if (ending == ".parquet") return FileFormat::Parquet;
  if (ending == ".txt") return FileFormat::Text;
  return Error{
      fmt::format("{} is not named as a data file: data files end in .csv, .tsv, .jsonl, .json, .parquet or .txt.",
                  base::printable(path.native()))};
}

}  // namespace

Expected<FileFormat> fileFormat(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return formatByName(path);
  ROSA_TRY(const auto shards, shardsOf(path));
  return formatByName(shards.front());
}

const std::filesystem::path& RowReader::file() const {
  static const std::filesystem::path kNone;
  return kNone;
}

std::string_view formatName(FileFormat format) {
  switch (format) {
    case FileFormat::Csv:
      return "CSV";
    case FileFormat::Tsv:
      return "TSV";
    case FileFormat::JsonLines:
      return "JSONL";
    case FileFormat::Json:
      return "JSON";
    case FileFormat::Parquet:
      return "Parquet";
    case FileFormat::Text:
      break;
  }
  return "text";
}

bool namesItsColumns(FileFormat format) {
  return !isDelimited(format) && format != FileFormat::Text;
}

Expected<bool> readsQuotes(const std::filesystem::path& path, Reading quotes) {
  ROSA_TRY(const FileFormat format, fileFormat(path));
  if (!isDelimited(format)) return false;
  if (quotes != Reading::Auto) return quotes == Reading::Yes;
  if (format == FileFormat::Csv) return true;
  ROSA_TRY(const auto shards, shardsOf(path));
  return DelimitedReader::writtenWithQuotes(shards.front(), '\t');
}

Expected<std::unique_ptr<RowReader>> openRows(const std::filesystem::path& path, const RowOptions& options) {
  ROSA_TRY(const FileFormat format, fileFormat(path));
  bool quotes = options.quotes.value_or(false);
  if (!options.quotes) {
    ROSA_TRY(quotes, readsQuotes(path, Reading::Auto));
  }
  ROSA_TRY(auto shards, shardsOf(path));
  if (shards.front() != path) return openShards(std::move(shards), options);
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
    case FileFormat::Json:
      return JsonListReader::open(path);
    case FileFormat::Parquet:
      return ParquetRows::open(path);
    case FileFormat::Text:
      break;
  }
  return Error{fmt::format("{} is plain text and has no columns: use --task lm, or a file with columns.",
                           base::printable(path.native()))};
}

}  // namespace rosa::data
