// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/text_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.h"
#include "text/unicode.h"

namespace rosa::data {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 18U;

bool isHighSurrogate(char32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool isLowSurrogate(char32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

}  // namespace

Expected<TextSource> TextSource::open(const std::filesystem::path& path) {
  ROSA_TRY(auto file, base::FileSystem::real().open(path));
  TextSource source(std::move(file));
  std::string mark(std::min<std::uint64_t>(3, source.file_->size()), '\0');
  ROSA_CHECK(source.file_->readAt(0, std::as_writable_bytes(std::span(mark))));
  if (mark == "\xEF\xBB\xBF") {
    source.offset_ = 3;
  } else if (mark.starts_with("\xFF\xFE")) {
    source.encoding_ = Encoding::Utf16LittleEndian;
    source.offset_ = 2;
  } else if (mark.starts_with("\xFE\xFF")) {
    source.encoding_ = Encoding::Utf16BigEndian;
    source.offset_ = 2;
  }
  return source;
}

std::string TextSource::readPiece() {
  std::string piece(std::min<std::uint64_t>(kPieceBytes, file_->size() - offset_), '\0');
  if (piece.empty()) return piece;
  status_ = file_->readAt(offset_, std::as_writable_bytes(std::span(piece)));
  if (!status_) return {};
  offset_ += piece.size();
  return piece;
}

bool TextSource::fill() {
  buffer_.clear();
  at_ = 0;
  while (buffer_.empty()) {
    std::string piece = readPiece();
    if (piece.empty()) {
      if (oddByte_.empty() && highSurrogate_ == 0) return false;
      // The file ends inside a character; what is left is no text and must not vanish unseen.
      if (highSurrogate_ != 0) text::appendUtf8(buffer_, highSurrogate_);
      if (!oddByte_.empty()) buffer_ += '\xFF';
      oddByte_.clear();
      highSurrogate_ = 0;
      return true;
    }
    if (encoding_ == Encoding::Utf8) {
      buffer_ = std::move(piece);
    } else {
      decodeUtf16(oddByte_ + piece);
    }
  }
  return true;
}

void TextSource::decodeUtf16(const std::string& bytes) {
  const std::size_t low = encoding_ == Encoding::Utf16LittleEndian ? 0 : 1;
  std::size_t at = 0;
  for (; at + 1 < bytes.size(); at += 2) {
    decodeUnit(static_cast<char32_t>(static_cast<unsigned char>(bytes[at + low]) |
                                     (static_cast<unsigned char>(bytes[at + 1 - low]) << 8U)));
  }
  oddByte_ = bytes.substr(at);
}

void TextSource::decodeUnit(char32_t unit) {
  if (highSurrogate_ != 0 && isLowSurrogate(unit)) {
    text::appendUtf8(buffer_, 0x10000 + ((highSurrogate_ - 0xD800) << 10U) + (unit - 0xDC00));
    highSurrogate_ = 0;
    return;
  }
  if (highSurrogate_ != 0) text::appendUtf8(buffer_, highSurrogate_);
  highSurrogate_ = isHighSurrogate(unit) ? unit : 0;
  if (highSurrogate_ == 0) text::appendUtf8(buffer_, unit);
}

std::string linePlace(const std::filesystem::path& path, std::int64_t line) {
  // Parquet has no lines: its rows are counted.
  const char* unit = path.extension() == ".parquet" ? "Row" : "Line";
  return fmt::format("{} {} of {}", unit, line, base::printable(path.native()));
}

Error lineError(const std::filesystem::path& path, std::int64_t line, std::string_view what) {
  return Error{fmt::format("{} {}", linePlace(path, line), what)};
}

Expected<LineReader> LineReader::open(const std::filesystem::path& path, std::size_t longestLine) {
  ROSA_TRY(TextSource source, TextSource::open(path));
  return LineReader(path, std::move(source), longestLine);
}

Expected<bool> LineReader::next(std::string& line) {
  line.clear();
  if (source_.peek() == TextSource::kEnd) {
    ROSA_CHECK(source_.status());
    return false;
  }
  ++number_;
  for (auto piece = source_.takeOfLine(); !piece.empty(); piece = source_.takeOfLine()) {
    if (piece.size() > longestLine_ - line.size()) {
      return lineError(path_, number_, fmt::format("is longer than {}: split it.", base::formatBytes(longestLine_)));
    }
    line += piece;
  }
  hadBreak_ = source_.next() == '\n';
  ROSA_CHECK(source_.status());
  if (hadBreak_ && line.ends_with('\r')) line.pop_back();
  if (!base::isUtf8(line)) return lineError(path_, number_, "is not valid UTF-8: save the file as UTF-8.");
  return true;
}

Expected<TextFile> readTextFile(const std::filesystem::path& path, std::int64_t maxLines, std::size_t keep,
                                const std::function<bool()>& giveUp) {
  constexpr std::int64_t kLinesAtOnce = 4096;
  ROSA_TRY(LineReader lines, LineReader::open(path, kLongestTextBytes));
  TextFile file;
  for (std::string line; maxLines == 0 || lines.number() < maxLines;) {
    ROSA_TRY(const bool found, lines.next(line));
    if (!found) break;
    if (lines.hadBreak()) line += '\n';
    file.bytes += line.size();
    if (file.text.size() < keep) file.text += line;
    if (file.text.size() > kLongestTextBytes) {
      return Error{fmt::format("{} is larger than {}: split it, or read only its first lines with --max-rows.",
                               base::printable(path.native()), base::formatBytes(kLongestTextBytes))};
    }
    if (giveUp && lines.number() % kLinesAtOnce == 0 && giveUp()) return Error{"The question is no longer asked."};
  }
  file.lines = lines.number();
  return file;
}

}  // namespace rosa::data
