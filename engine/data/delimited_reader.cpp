// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/delimited_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/text.h"

namespace rosa::data {
namespace {

constexpr int kQuote = '"';

bool endsLine(int byte) {
  return byte == '\n' || byte == '\r';
}
bool endsRow(int byte) {
  return endsLine(byte) || byte == TextSource::kEnd;
}

/// Looks at each field as RFC 4180 would have it, and asks whether a writer of quotation marks made all of them.
class QuoteEvidence {
 public:
  QuoteEvidence(TextSource source, char delimiter)
      : source_(std::move(source)), delimiter_(static_cast<unsigned char>(delimiter)) {}

  /// Whether some field holds a delimiter or a line end.
  [[nodiscard]] bool encloses() const { return encloses_; }

  [[nodiscard]] Expected<bool> found() {
    for (std::size_t rows = 0;; ++rows) {
      while (endsLine(source_.peek())) source_.next();
      if (source_.peek() == TextSource::kEnd) break;
      std::size_t fields = 0;
      bool allQuoted = true;
      for (Field field = nextField();; field = nextField(), ++fields) {
        if (field.broken) return unlessUnread();
        allQuoted = allQuoted && field.quoted;
        quoted_ += field.quoted ? 1 : 0;
        encloses_ = encloses_ || field.encloses;
        needless_ += field.quoted && !field.needed ? 1 : 0;
        if (field.lastOfRow) break;
      }
      ++fields;
      if (rows == 0) {
        columns_ = fields;
        firstRowQuoted_ = allQuoted;
      }
      if (fields != columns_) return unlessUnread();
    }
    ROSA_CHECK(source_.status());
    return quoted_ > 0 && (needless_ == 0 || firstRowQuoted_);
  }

 private:
  struct Field {
    bool quoted = false, needed = false, broken = false, lastOfRow = false;
    bool encloses = false;  ///< a delimiter or a line end
  };

  Expected<bool> unlessUnread() {
    ROSA_CHECK(source_.status());
    return false;
  }

  Field nextField() {
    Field field;
    if (source_.peek() == kQuote) {
      field.quoted = true;
      source_.next();
      for (int byte = source_.next();; byte = source_.next()) {
        field.broken = byte == TextSource::kEnd;
        if (field.broken) return field;
        field.encloses = field.encloses || byte == delimiter_ || endsLine(byte);
        if (byte != kQuote) continue;
        if (source_.peek() != kQuote) break;
        source_.next();
        field.needed = true;
      }
      field.needed = field.needed || field.encloses;
    }
    for (int byte = source_.next(); byte != delimiter_; byte = source_.next()) {
      field.lastOfRow = endsRow(byte);
      field.broken = !field.lastOfRow && (field.quoted || byte == kQuote);
      if (field.lastOfRow || field.broken) break;
    }
    return field;
  }

  TextSource source_;
  int delimiter_;
  std::size_t columns_ = 0;
  std::size_t quoted_ = 0, needless_ = 0;
  bool firstRowQuoted_ = false;
  bool encloses_ = false;
};

}  // namespace

Expected<bool> DelimitedReader::writtenWithQuotes(const std::filesystem::path& path, char delimiter) {
  ROSA_TRY(TextSource source, TextSource::open(path));
  QuoteEvidence evidence(std::move(source), delimiter);
  ROSA_TRY(const bool found, evidence.found());
  if (!found || !evidence.encloses()) return found;
  // Two marks far apart may seem to enclose whole rows: where every line is a row without them, they do not.
  ROSA_TRY(const auto literal, open(path, delimiter, false, false));
  for (Row row;;) {
    const auto more = literal->next(row);
    if (!more) return true;
    if (!*more) return false;
  }
}

Expected<std::unique_ptr<RowReader>> DelimitedReader::open(const std::filesystem::path& path, char delimiter,
                                                           bool quotes, bool header) {
  ROSA_TRY(TextSource source, TextSource::open(path));
  std::unique_ptr<DelimitedReader> reader(new DelimitedReader(path, std::move(source), delimiter, quotes));
  ROSA_CHECK(reader->takeColumns(header));
  return std::unique_ptr<RowReader>(std::move(reader));
}

Expected<char> DelimitedReader::guessDelimiter(const std::filesystem::path& path) {
  constexpr std::string_view kCandidates = ",;\t|";
  constexpr std::size_t kEnoughBytes = std::size_t{1} << 20U;
  ROSA_TRY(TextSource source, TextSource::open(path));
  while (endsLine(source.peek())) source.next();
  std::array<std::size_t, kCandidates.size()> counts{};
  bool quoted = false;
  for (std::size_t read = 0; read < kEnoughBytes; ++read) {
    const int byte = source.next();
    if (byte == TextSource::kEnd) break;
    if (byte == kQuote) quoted = !quoted;
    if (quoted) continue;
    if (endsRow(byte)) break;
    const auto place = kCandidates.find(static_cast<char>(byte));
    if (place != std::string_view::npos) ++counts[place];
  }
  const auto best = std::max_element(counts.begin(), counts.end());
  return kCandidates[static_cast<std::size_t>(best - counts.begin())];
}

Status DelimitedReader::takeColumns(bool header) {
  ROSA_TRY(const bool found, readRow(first_));
  if (!found) {
    return Error{
        fmt::format("{} is empty: write a row of column names and rows below it.", base::printable(path_.native()))};
  }
  if (!header) {
    for (std::size_t i = 1; i <= first_.cells.size(); ++i) columns_.push_back(std::to_string(i));
    firstWaits_ = true;
    return {};
  }
  std::unordered_set<std::string_view> seen;
  for (Cell& cell : first_.cells) {
    named_ = cell.text.empty() ? named_ : columns_.size() + 1;
    columns_.push_back(std::move(cell.text));
  }
  for (const std::string& name : columns_) {
    if (!name.empty() && !seen.insert(name).second) {
      return errorAt(first_.line,
                     fmt::format("gives two columns the name {}: give each one of its own.", base::inQuotes(name)));
    }
  }
  return {};
}

Expected<bool> DelimitedReader::next(Row& row) {
  if (firstWaits_) {
    firstWaits_ = false;
    std::swap(row, first_);
  } else {
    ROSA_TRY(const bool found, readRow(row));
    if (!found) return false;
  }
  row.number = ++rows_;
  leaveOutSpare(row);
  if (row.cells.size() == columns_.size()) return true;
  // Only fields behind the last name may be lacking.
  if (named_ > 0 && row.cells.size() >= named_ && row.cells.size() < columns_.size()) {
    row.cells.resize(columns_.size());
    return true;
  }
  const char* remedy =
      !quotes_ ? "quotation marks are read as ordinary characters here and each delimiter begins a new field; if they "
                 "enclose fields, choose --quotes yes."
      : row.cells.size() > columns_.size() ? "enclose fields that contain the delimiter in quotation marks, or give "
                                             "every column a name in the first row."
                                           : "write the missing fields, empty ones too.";
  return errorAt(row.line, fmt::format("has {} {} where the first row has {}: {}", row.cells.size(),
                                       row.cells.size() == 1 ? "field" : "fields", columns_.size(), remedy));
}

/// What is too much in a row and holds nothing of use: empty fields at its end (a comma closes each row), or the row
/// numbers that R writes before the first column without a name for them. Nothing ever moves to another column.
void DelimitedReader::leaveOutSpare(Row& row) {
  if (named_ == 0 || row.cells.size() <= columns_.size()) return;
  const bool numbered = row.cells.size() == columns_.size() + 1 && row.cells.front().text == std::to_string(row.number);
  if (row.number == 1) numbered_ = numbered && !row.cells.back().text.empty();
  const auto nameless = [](const Cell& cell) { return cell.text.empty(); };
  if (numbered_ && numbered) {
    row.cells.erase(row.cells.begin());
  } else if (!numbered_ && std::all_of(row.cells.begin() + std::ssize(columns_), row.cells.end(), nameless)) {
    row.cells.resize(columns_.size());
  }
}

Expected<bool> DelimitedReader::readRow(Row& row) {
  while (endsLine(source_.peek())) skipLineEnd(source_.next());
  if (source_.peek() == TextSource::kEnd) {
    ROSA_CHECK(source_.status());
    return false;
  }
  row.line = line_;
  rowBytes_ = 0;
  openingQuoteLine_ = 0;
  std::size_t fields = 0;
  for (bool more = true; more; ++fields) {
    if (fields == kMostColumns) {
      return errorAt(row.line,
                     fmt::format("has more than {} columns, read with {} between them: leave out columns, or separate "
                                 "the fields by what does not occur in them.",
                                 kMostColumns, delimiter_ == '\t' ? "tabs" : fmt::format("\"{}\"", delimiter_)));
    }
    if (row.cells.size() <= fields) row.cells.emplace_back();
    Cell& cell = row.cells[fields];
    cell.kind = Cell::Kind::Text;
    ROSA_TRY(more, readField(cell.text));
    if (!base::isUtf8(cell.text)) {
      return errorAt(row.line, "is not valid UTF-8: save the file as UTF-8.");
    }
  }
  row.cells.resize(fields);
  ROSA_CHECK(source_.status());
  return true;
}

/// True when a delimiter ended the field, false when the row ended with it.
Expected<bool> DelimitedReader::readField(std::string& field) {
  field.clear();
  const bool quoted = quotes_ && source_.peek() == kQuote;
  if (quoted) ROSA_CHECK(readQuoted(field));
  for (int byte = source_.next();; byte = source_.next()) {
    if (byte == static_cast<unsigned char>(delimiter_)) return true;
    if (endsRow(byte)) {
      skipLineEnd(byte);
      return false;
    }
    if (quoted) {
      return errorAt(line_,
                     fmt::format("has text after a closing quotation mark (the field begins in line {}): write "
                                 "quotation marks inside a quoted field twice (\"\"), or choose --quotes no if none of "
                                 "them encloses a field.",
                                 openingQuoteLine_));
    }
    ROSA_CHECK(grow(field, byte));
  }
}

Status DelimitedReader::readQuoted(std::string& field) {
  openingQuoteLine_ = line_;
  source_.next();
  for (int byte = source_.next();; byte = source_.next()) {
    if (byte == TextSource::kEnd) {
      ROSA_CHECK(source_.status());
      return errorAt(openingQuoteLine_,
                     "opens a quotation mark that is never closed: close it; if it is part of the "
                     "text, enclose the field in quotation marks and write it twice (\"\"), or choose --quotes no if "
                     "no field is enclosed in them.");
    }
    if (byte == kQuote) {
      if (source_.peek() != kQuote) return {};
      source_.next();
    }
    if (byte == '\n' || (byte == '\r' && source_.peek() != '\n')) ++line_;
    ROSA_CHECK(grow(field, byte));
  }
}

Status DelimitedReader::grow(std::string& field, int byte) {
  if (++rowBytes_ > kLongestRowBytes) {
    const bool quoted = openingQuoteLine_ != 0;
    return errorAt(quoted ? openingQuoteLine_ : line_,
                   fmt::format("is part of a row of more than {}: {}", base::formatBytes(kLongestRowBytes),
                               quoted ? "close the quotation mark that opens a field here." : "split it."));
  }
  field += static_cast<char>(byte);
  return {};
}

void DelimitedReader::skipLineEnd(int byte) {
  if (!endsLine(byte)) return;
  if (byte == '\r' && source_.peek() == '\n') source_.next();
  ++line_;
}

}  // namespace rosa::data
