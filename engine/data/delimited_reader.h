// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/row_reader.h"
#include "data/text_source.h"

namespace rosa::data {

/// CSV after RFC 4180 and TSV. Lines end with LF, CRLF or CR; blank lines are skipped. With `quotes`, a field that
/// begins with a quotation mark runs to its closing one and may hold delimiters and line ends, "" stands for one mark;
/// without, as in GLUE's files, quotation marks are ordinary characters. Every row must have as many fields as the
/// first, but for spare ones that a table program leaves: several columns may lack a name, and empty fields behind
/// the last column are left out.
class DelimitedReader final : public RowReader {
 public:
  [[nodiscard]] static Expected<std::unique_ptr<RowReader>> open(const std::filesystem::path& path, char delimiter,
                                                                 bool quotes, bool header);
  /// The delimiter of a CSV file: whichever of , ; tab | is most frequent outside quotes in the first row.
  [[nodiscard]] static Expected<char> guessDelimiter(const std::filesystem::path& path);

  /// Whether a file shows that its writer put fields into quotation marks: every field with a mark in it is closed and
  /// doubles those inside it, and either all such fields need their marks (they hold a mark, a delimiter or a line end)
  /// or the whole first row stands in marks. A text that merely holds marks, as GLUE's files do, fails this.
  [[nodiscard]] static Expected<bool> writtenWithQuotes(const std::filesystem::path& path, char delimiter);

  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  [[nodiscard]] Expected<bool> next(Row& row) override;
  [[nodiscard]] double share() const override { return source_.share(); }

 private:
  DelimitedReader(std::filesystem::path path, TextSource source, char delimiter, bool quotes)
      : path_(std::move(path)), source_(std::move(source)), delimiter_(delimiter), quotes_(quotes) {}

  [[nodiscard]] Status takeColumns(bool header);
  void leaveOutSpare(Row& row);
  [[nodiscard]] Expected<bool> readRow(Row& row);
  [[nodiscard]] Expected<bool> readField(std::string& field);
  [[nodiscard]] Status readQuoted(std::string& field);
  [[nodiscard]] Status grow(std::string& field, int byte);
  void skipLineEnd(int byte);
  [[nodiscard]] Error errorAt(std::int64_t line, std::string_view what) const { return lineError(path_, line, what); }

  std::filesystem::path path_;
  TextSource source_;
  char delimiter_;
  bool quotes_;
  std::vector<std::string> columns_;
  std::size_t named_ = 0;  ///< columns up to the last with a name; 0 without a header
  bool numbered_ = false;  ///< R's row numbers stand before the first column
  Row first_;              ///< read ahead to count columns where there is no header
  bool firstWaits_ = false;
  std::int64_t line_ = 1;
  std::int64_t rows_ = 0;
  std::int64_t openingQuoteLine_ = 0;  ///< of the last quoted field, for messages
  std::size_t rowBytes_ = 0;
};

}  // namespace rosa::data
