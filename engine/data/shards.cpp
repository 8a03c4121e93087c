// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace rosa::data {
namespace {

namespace fs = std::filesystem;

/// One * stands for any text.
bool matches(std::string_view name, std::string_view pattern) {
  const auto star = pattern.find('*');
  const std::string_view begin = pattern.substr(0, star);
  const std::string_view end = pattern.substr(star + 1);
  return name.size() >= begin.size() + end.size() && name.starts_with(begin) && name.ends_with(end);
}

Expected<std::vector<fs::path>> listed(const fs::path& folder, std::string_view pattern) {
  std::vector<fs::path> files;
  std::error_code problem;
  for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end; entry.increment(problem)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (name.starts_with('.') || !fileFormat(entry->path()) || fs::is_directory(entry->path(), ignored)) continue;
    if (matches(name, pattern)) files.push_back(entry->path());
  }
  if (problem) {
    return Error{fmt::format("{} cannot be listed ({}): check its permissions.", base::printable(folder.native()),
                             problem.message())};
  }
  std::ranges::sort(files);
  return files;
}

/// Kinds of files that lie beside a dataset's shards without being part of it.
bool mayBeNotes(FileFormat format) {
  return format == FileFormat::Json || format == FileFormat::Text;
}

Expected<std::vector<fs::path>> ofOneKind(const fs::path& path, std::vector<fs::path> files) {
  const auto formatOf = [](const fs::path& file) { return fileFormat(file).value(); };
  const bool anyTables = std::ranges::any_of(files, [&](const fs::path& file) { return !mayBeNotes(formatOf(file)); });
  if (anyTables) std::erase_if(files, [&](const fs::path& file) { return mayBeNotes(formatOf(file)); });
  if (files.empty()) {
    return Error{fmt::format("{} holds no data files: they end in .csv, .tsv, .jsonl, .json, .parquet or .txt.",
                             base::printable(path.native()))};
  }
  const auto other =
      std::ranges::find_if(files, [&](const fs::path& file) { return formatOf(file) != formatOf(files.front()); });
  if (other == files.end()) return files;
  return Error{
      fmt::format("{} holds files of several kinds, such as {} and {}: name one of them, or all of a kind "
                  "with * in the name.",
                  base::printable(path.native()), base::printable(files.front().filename().native()),
                  base::printable(other->filename().native()))};
}

/// Files one after another. The rows' cells are put in the order of the first file's columns.
class ShardReader final : public RowReader {
 public:
  ShardReader(std::vector<fs::path> files, RowOptions options)
      : files_(std::move(files)),
        options_(options),
        mayGrow_(fileFormat(files_.front()).value() == FileFormat::JsonLines ||
                 fileFormat(files_.front()).value() == FileFormat::Json) {}

  Status openFirst() {
    ROSA_TRY(reader_, openRows(files_.front(), options_));
    columns_ = reader_->columns();
    return {};
  }

  const std::vector<std::string>& columns() const override { return columns_; }
  const fs::path& file() const override { return files_[at_]; }
  double share() const override {
    return (static_cast<double>(at_) + reader_->share()) / static_cast<double>(files_.size());
  }

  void want(std::span<const std::size_t> columns) override {
    wanted_.assign(columns.begin(), columns.end());
    reader_->want(wanted_);
    choosy_ = true;
  }

  Expected<bool> next(Row& row) override {
    for (;;) {
      ROSA_TRY(const bool found, reader_->next(inner_));
      if (found) break;
      if (at_ + 1 == files_.size()) return false;
      ROSA_CHECK(openNext());
    }
    takeNames();
    for (Cell& cell : row.cells) cell.kind = Cell::Kind::Missing;
    if (row.cells.size() < columns_.size()) row.cells.resize(columns_.size());
    for (std::size_t i = 0; i < inner_.cells.size(); ++i) std::swap(row.cells[places_[i]], inner_.cells[i]);
    row.number = ++rows_;
    row.line = inner_.line;
    return true;
  }

 private:
  /// Fails again and again where the next file cannot be read: it is never passed over.
  Status openNext() {
    ROSA_TRY(auto next, openRows(files_[at_ + 1], options_));
    if (!mayGrow_ && !std::ranges::is_permutation(next->columns(), columns_)) {
      return Error{fmt::format("{} has other columns than {}, with which it is read: give both the same ones.",
                               base::printable(files_[at_ + 1].native()), base::printable(files_.front().native()))};
    }
    ++at_;
    reader_ = std::move(next);
    inner_.cells.clear();  // its cells are those of the columns of one file
    places_.clear();
    takeNames();
    if (!choosy_) return {};
    std::vector<std::size_t> inner;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (std::ranges::find(wanted_, places_[i]) != wanted_.end()) inner.push_back(i);
    }
    reader_->want(inner);
    return {};
  }

  /// Finds the places of the file's columns that have none yet.
  void takeNames() {
    const auto& names = reader_->columns();
    for (std::size_t i = places_.size(); i < names.size(); ++i) {
      const auto place = static_cast<std::size_t>(std::ranges::find(columns_, names[i]) - columns_.begin());
      if (place == columns_.size()) columns_.push_back(names[i]);
      // Several columns may lack a name: they stand where they stand in the first file.
      places_.push_back(names[i].empty() ? i : place);
    }
  }

  std::vector<fs::path> files_;
  RowOptions options_;
  bool mayGrow_;  ///< JSON: each row has its own keys
  std::size_t at_ = 0;
  std::unique_ptr<RowReader> reader_;
  std::vector<std::string> columns_;
  std::vector<std::size_t> places_;  ///< of the file's columns among all
  std::vector<std::size_t> wanted_;
  bool choosy_ = false;
  Row inner_;
  std::int64_t rows_ = 0;
};

}  // namespace

Expected<std::vector<fs::path>> shardsOf(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    ROSA_TRY(auto files, listed(path, "*"));
    return ofOneKind(path, std::move(files));
  }
  const std::string name = path.filename().string();
  if (name.find('*') == std::string::npos || fs::exists(path, ignored)) return std::vector{path};
  if (name.find('*') != name.rfind('*')) {
    return Error{fmt::format("{} has more than one * in its name: one is understood.", base::printable(path.native()))};
  }
  ROSA_TRY(auto files, listed(path.has_parent_path() ? path.parent_path() : fs::path("."), name));
  return ofOneKind(path, std::move(files));
}

Expected<std::unique_ptr<RowReader>> openShards(std::vector<fs::path> shards, const RowOptions& options) {
  auto reader = std::make_unique<ShardReader>(std::move(shards), options);
  ROSA_CHECK(reader->openFirst());
  return std::unique_ptr<RowReader>(std::move(reader));
}

}  // namespace rosa::data
