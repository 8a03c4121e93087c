// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/summary.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "data/columns.h"
#include "data/dataset.h"
#include "data/row_reader.h"
#include "data/shards.h"
#include "data/suggestion.h"
#include "data/text_source.h"

namespace rosa::data {
namespace {

/// Rows that guesses are made from.
constexpr std::size_t kFirstRows = 200;

using Texts = std::vector<std::vector<std::string>>;

/// Long texts are cut for the preview: a table of them would not be read anyway.
std::string shortened(const std::string& text) {
  constexpr std::size_t kLongestShown = 1000;
  if (text.size() <= kLongestShown) return text;
  std::size_t end = kLongestShown;
  while (end > 0 && !base::isUtf8(std::string_view(text).substr(0, end))) --end;
  return text.substr(0, end) + "…";
}

std::vector<std::string> textsOf(const Row& row) {
  std::vector<std::string> texts;
  for (const Cell& cell : row.cells) texts.push_back(cell.kind == Cell::Kind::Missing ? "" : cell.text);
  return texts;
}

Expected<Texts> firstRows(RowReader& reader, std::size_t count) {
  Texts rows;
  for (Row row; rows.size() < count;) {
    ROSA_TRY(const bool found, reader.next(row));
    if (!found) break;
    rows.push_back(textsOf(row));
  }
  return rows;
}

Expected<bool> hasHeader(const std::filesystem::path& file, const TableReading& reading, RowOptions options) {
  ROSA_TRY(const FileFormat format, fileFormat(file));
  if (namesItsColumns(format) || reading.header == Reading::Yes) return true;
  if (reading.header == Reading::No) return false;
  options.header = false;
  ROSA_TRY(const auto reader, openRows(file, options));
  ROSA_TRY(const Texts rows, firstRows(*reader, kFirstRows));
  return looksLikeHeader(rows.front(), SampleRows(rows).subspan(1));
}

Status summariseTable(const std::filesystem::path& file, std::size_t previewRows, const TableReading& reading,
                      DataSummary& summary) {
  RowOptions options;
  ROSA_TRY(options.quotes, readsQuotes(file, reading.quotes));
  summary.quotes = *options.quotes;
  ROSA_TRY(summary.hasHeader, hasHeader(file, reading, options));
  options.header = summary.hasHeader;
  ROSA_TRY(const auto reader, openRows(file, options));
  ROSA_TRY(Texts sample, firstRows(*reader, std::max(previewRows, kFirstRows)));
  summary.rows = std::ssize(sample);
  for (Row row;; ++summary.rows) {
    ROSA_TRY(const bool found, reader->next(row));
    if (!found) break;
  }
  summary.columns = shownNames(reader->columns());
  for (auto& row : sample) row.resize(summary.columns.size());
  suggestTask(summary, sample);
  sample.resize(std::min(sample.size(), previewRows));
  for (auto& row : sample) std::ranges::transform(row, row.begin(), shortened);
  summary.preview = std::move(sample);
  return {};
}

Status summariseText(const std::filesystem::path& file, std::size_t previewRows, DataSummary& summary) {
  summary.hasHeader = false;
  summary.columns = {"text"};
  summary.suggestedTask = "lm";
  ROSA_TRY(const auto shards, shardsOf(file));
  for (const auto& shard : shards) {
    ROSA_TRY(LineReader lines, LineReader::open(shard, kLongestTextBytes));
    for (std::string line;;) {
      ROSA_TRY(const bool found, lines.next(line));
      if (!found) break;
      if (summary.preview.size() < previewRows) summary.preview.push_back({shortened(line)});
    }
    summary.rows += lines.number();
  }
  return {};
}

Expected<DataSummary> summariseFile(const std::filesystem::path& file, std::size_t previewRows,
                                    const TableReading& reading) {
  DataSummary summary;
  summary.path = file;
  ROSA_TRY(const FileFormat format, fileFormat(file));
  summary.format = formatName(format);
  if (format == FileFormat::Text) {
    ROSA_CHECK(summariseText(file, previewRows, summary));
  } else {
    ROSA_CHECK(summariseTable(file, previewRows, reading, summary));
  }
  return summary;
}

}  // namespace

Expected<DataSummary> summarise(const std::filesystem::path& path, std::int64_t previewRows,
                                const TableReading& reading) {
  ROSA_TRY(const DataFiles files, locateData(path));
  ROSA_TRY(DataSummary summary, summariseFile(files.train, static_cast<std::size_t>(previewRows), reading));
  if (files.validation) {
    ROSA_TRY(const DataSummary validation, summariseFile(*files.validation, 0, reading));
    summary.validationRows = validation.rows;
    summary.validationFile = *files.validation;
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) summary.format = "folder";
  summary.path = path;
  return summary;
}

}  // namespace rosa::data
