// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "data/suggestion.h"
#include "data/text_source.h"

namespace rosa::data {
namespace {

bool isNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::size_t> placeOf(std::span<const std::string> columns, std::string_view name) {
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

std::optional<std::size_t> placeByNumber(std::span<const std::string> columns, std::string_view number) {
  std::size_t place = 0;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), place);
  const bool whole = problem == std::errc() && end == number.data() + number.size() && isNumber(number);
  return whole && place >= 1 && place <= columns.size() ? std::optional(place - 1) : std::nullopt;
}

std::string listed(std::span<const std::string> columns) {
  constexpr std::size_t kMostListed = 20;
  std::string list;
  for (const auto& column : columns.first(std::min(columns.size(), kMostListed))) {
    if (!list.empty()) list += ", ";
    list += base::inQuotes(column);
  }
  if (columns.size() > kMostListed) list += fmt::format(" and {} more", columns.size() - kMostListed);
  return list;
}

Error noSuchColumn(const std::filesystem::path& file, std::span<const std::string> columns, const ColumnRole& role) {
  const std::string where = base::printable(file.native());
  if (columns.empty())
    return Error{
        fmt::format("{} has no columns, because its first line is an empty object: leave that line out.", where)};
  if (role.given.empty()) {
    return Error{
        fmt::format("{} has no column \"{}\": name one of {} with {}.", where, role.usual, listed(columns), role.flag)};
  }
  const std::vector<std::string_view> names(columns.begin(), columns.end());
  const auto nearest = base::nearestWord(role.given, names);
  return Error{fmt::format("{} has no column {} for {}: it has {}.{}", where, base::inQuotes(role.given), role.flag,
                           listed(columns), nearest ? fmt::format(" Did you mean {}?", base::inQuotes(*nearest)) : "")};
}

}  // namespace

bool namedByNumber(std::span<const ColumnRole> roles) {
  bool any = false;
  for (const ColumnRole& role : roles) {
    if (role.given.empty()) continue;
    if (!isNumber(role.given)) return false;
    any = true;
  }
  return any;
}

std::vector<std::string> shownNames(std::vector<std::string> columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].empty()) columns[i] = fmt::format("Unnamed: {}", i);
  }
  return columns;
}

Expected<std::vector<std::size_t>> findColumns(const std::filesystem::path& file, std::span<const std::string> given,
                                               std::span<const ColumnRole> roles, bool header) {
  const auto columns = shownNames({given.begin(), given.end()});
  std::vector<std::size_t> places;
  for (const ColumnRole& role : roles) {
    auto place = placeOf(columns, role.given.empty() ? role.usual : std::string_view(role.given));
    if (!place && role.given.empty() && role.onlyColumnWillDo && columns.size() == 1) place = 0;
    if (!place && header) place = placeByNumber(columns, role.given);
    if (!place) return noSuchColumn(file, columns, role);
    places.push_back(*place);
  }
  return places;
}

namespace {

/// Refuses to guess where the columns' numbers say that a file has no header and its first row says that it has.
Status refuseLikelyHeader(const std::filesystem::path& file, RowOptions options) {
  ROSA_TRY(const FileFormat format, fileFormat(file));
  if (namesItsColumns(format)) return {};
  constexpr std::size_t kSampleRows = 200;
  ROSA_TRY(const auto reader, openRows(file, options));
  std::vector<std::vector<std::string>> rows;
  for (Row row; rows.size() < kSampleRows;) {
    ROSA_TRY(const bool found, reader->next(row));
    if (!found) break;
    auto& texts = rows.emplace_back();
    for (const Cell& cell : row.cells) texts.push_back(cell.text);
  }
  if (rows.empty() || !isPlainlyHeader(rows.front(), SampleRows(rows).subspan(1))) return {};
  return Error{fmt::format(
      "The first row of {} ({}) looks like the names of its columns, but the columns are given by number, as in "
      "a file without such a row. Choose --header yes if these are names, or --header no if they are data.",
      base::printable(file.native()), listed(rows.front()))};
}

}  // namespace

Expected<ColumnReader> ColumnReader::open(const std::filesystem::path& file, std::vector<ColumnRole> roles,
                                          const TableReading& reading) {
  RowOptions options;
  ROSA_TRY(options.quotes, readsQuotes(file, reading.quotes));
  options.header = reading.header == Reading::Yes || (reading.header == Reading::Auto && !namedByNumber(roles));
  if (!options.header && reading.header == Reading::Auto) ROSA_CHECK(refuseLikelyHeader(file, options));
  ROSA_TRY(auto rows, openRows(file, options));
  ColumnReader reader(file, std::move(rows), std::move(roles));
  ROSA_TRY(const FileFormat format, fileFormat(file));
  reader.byNumber_ = options.header && !namesItsColumns(format);
  // The keys of JSON Lines are known once a row has been read.
  if (!reader.reader_->columns().empty()) {
    ROSA_TRY(reader.places_, findColumns(file, reader.reader_->columns(), reader.roles_, reader.byNumber_));
    reader.reader_->want(reader.places_);
  }
  return reader;
}

Expected<bool> ColumnReader::next(std::vector<std::string>& texts) {
  ROSA_TRY(const bool found, reader_->next(row_));
  if (!found) return false;
  if (places_.empty()) {
    ROSA_TRY(places_, findColumns(file_, reader_->columns(), roles_, byNumber_));
  }
  texts.resize(places_.size());
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const std::string& name = reader_->columns()[places_[i]];
    if (places_[i] >= row_.cells.size() || row_.cells[places_[i]].kind == Cell::Kind::Missing) {
      return lineError(file(), row_.line,
                       fmt::format("has no value for {}: fill it in or leave the row out.", base::inQuotes(name)));
    }
    Cell& cell = row_.cells[places_[i]];
    if (cell.kind == Cell::Kind::Nested && !roles_[i].lists) {
      return lineError(
          file(), row_.line,
          fmt::format("holds a list or an object in {}: write plain text or a number there, or name another "
                      "column with {}.",
                      base::inQuotes(name), roles_[i].flag));
    }
    texts[i] = cell.text;
  }
  return true;
}

}  // namespace rosa::data
