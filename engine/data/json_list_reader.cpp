// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/json_list_reader.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/text.h"

namespace rosa::data {
namespace {

constexpr int kJsonQuote = '"';
constexpr int kBackslash = '\\';

bool isSpace(int byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/// Members whose lists are one conversation, not rows.
bool isConversation(std::string_view name) {
  return name == "\"messages\"" || name == "\"conversations\"" || name == "\"conversation\"";
}

}  // namespace

Expected<std::unique_ptr<RowReader>> JsonListReader::open(const std::filesystem::path& path) {
  ROSA_TRY(const bool lines, holdsLines(path));
  if (lines) return JsonLinesReader::open(path);
  ROSA_TRY(TextSource source, TextSource::open(path));
  return std::unique_ptr<RowReader>(new JsonListReader(path, std::move(source)));
}

/// Whether the file begins with an object that is a row: more text follows it, or it has no list of rows.
Expected<bool> JsonListReader::holdsLines(const std::filesystem::path& path) {
  ROSA_TRY(TextSource source, TextSource::open(path));
  if (source.isUtf16()) {
    return Error{fmt::format("{} is UTF-16, but JSON is UTF-8: save it as UTF-8.", base::printable(path.native()))};
  }
  JsonListReader reader(path, std::move(source));
  const int root = reader.skipSpace();
  if (root != '{') return root != '[';
  // No row is longer than this, so what is must be a list of them.
  std::string object;
  if (!reader.takeValue(&object)) return object.size() <= kLongestRowBytes;
  if (reader.skipSpace() != TextSource::kEnd) return true;
  ROSA_TRY(TextSource again, TextSource::open(path));
  JsonListReader list(path, std::move(again));
  return !list.findList();
}

Expected<bool> JsonListReader::next(Row& row) {
  if (!entered_) ROSA_CHECK(findList());
  entered_ = true;
  if (ended_) return false;
  int byte = skipSpace();
  if (byte == ',' && !first_) {
    take();
    byte = skipSpace();
  } else if (byte == ']') {
    take();
    ended_ = true;
    ROSA_CHECK(finish());
    return false;
  } else if (!first_ || byte == TextSource::kEnd) {
    return faultAt(line_, "ends a row without a comma or ] behind it: separate rows by commas and close the list.");
  }
  first_ = false;
  row.line = line_;
  ROSA_CHECK(takeValue(&text_));
  if (!base::isUtf8(text_)) return faultAt(row.line, "begins a row that is not valid UTF-8: save the file as UTF-8.");
  row.number = ++rows_;
  ROSA_CHECK(parser_.parse(text_, row));
  return true;
}

Status JsonListReader::findList() {
  const char* remedy =
      "write a list of objects, an object with one such list ({\"data\": [...]}), or one object a line.";
  const auto none = [&] {
    return Error{fmt::format("{} holds no list of rows: {}", base::printable(path_.native()), remedy)};
  };
  const int root = skipSpace();
  if (root == TextSource::kEnd) ROSA_CHECK(source_.status());
  if (root != '[' && root != '{') return none();
  take();
  if (root == '[') return {};
  inObject_ = true;
  for (std::string name;;) {
    if (skipSpace() != kJsonQuote) return none();
    ROSA_CHECK(takeValue(&name));
    if (skipSpace() != ':') return none();
    take();
    if (skipSpace() == '[' && !isConversation(name)) {
      take();
      return {};
    }
    ROSA_CHECK(takeValue(nullptr));
    if (skipSpace() != ',') return none();
    take();
  }
}

/// What stands behind the list.
Status JsonListReader::finish() {
  while (inObject_) {
    const int byte = skipSpace();
    take();
    if (byte == '}') break;
    std::string name;
    if (byte != ',' || skipSpace() != kJsonQuote)
      return faultAt(line_, "ends early: close the object around the rows.");
    ROSA_CHECK(takeValue(&name));
    if (skipSpace() != ':') return faultAt(line_, "has a name without a value: repair it.");
    take();
    if (skipSpace() == '[') {
      return faultAt(
          line_, fmt::format("begins a second list, {}: keep the one whose rows are meant.", base::printable(name)));
    }
    ROSA_CHECK(takeValue(nullptr));
  }
  if (skipSpace() != TextSource::kEnd) return faultAt(line_, "has text behind the list of rows: remove it.");
  return source_.status();
}

Status JsonListReader::takeValue(std::string* text) {
  if (text != nullptr) text->clear();
  const std::int64_t begin = line_;
  std::size_t size = 0;
  std::size_t depth = 0;
  bool quoted = false;
  for (;;) {
    const int byte = source_.peek();
    if (byte == TextSource::kEnd) {
      ROSA_CHECK(source_.status());
      return faultAt(begin, "begins a value that is never ended: the file was perhaps cut off. Fetch it again.");
    }
    // A number or a word ends where something else begins.
    if (!quoted && depth == 0 && size > 0 && (byte == ',' || byte == ']' || byte == '}' || isSpace(byte))) return {};
    take();
    if (++size > kLongestRowBytes && text != nullptr) {
      *text += static_cast<char>(byte);
      return faultAt(begin,
                     fmt::format("begins a row of more than {}: split it.", base::formatBytes(kLongestRowBytes)));
    }
    // A line end between the parts of a row counts as a blank for whoever is told a column.
    if (text != nullptr) *text += static_cast<char>(!quoted && (byte == '\n' || byte == '\r') ? ' ' : byte);
    if (quoted && byte == kBackslash) {
      const int escaped = take();
      if (escaped == TextSource::kEnd) continue;
      ++size;
      if (text != nullptr) *text += static_cast<char>(escaped);
      continue;
    }
    if (byte == kJsonQuote) quoted = !quoted;
    if (!quoted && (byte == '[' || byte == '{')) ++depth;
    if (!quoted && (byte == ']' || byte == '}') && depth > 0) --depth;
    if (depth == 0 && !quoted && (byte == kJsonQuote || byte == ']' || byte == '}')) return {};
  }
}

/// The next byte that is no white space, without taking it.
int JsonListReader::skipSpace() {
  while (isSpace(source_.peek())) take();
  return source_.peek();
}

int JsonListReader::take() {
  const int byte = source_.next();
  if (byte == '\n') ++line_;
  return byte;
}

}  // namespace rosa::data
