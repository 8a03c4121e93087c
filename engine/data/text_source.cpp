// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/text_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.h"
#include "data/utf8.h"

namespace rosa::data {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 18U;
/// Offsets and ids of a text take about thirty times its size while it is cut into tokens.
constexpr std::size_t kLongestText = std::size_t{1} << 30U;

bool isHighSurrogate(char32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool isLowSurrogate(char32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

}  // namespace

Expected<TextSource> TextSource::open(const std::filesystem::path& path) {
  ROSA_TRY(auto file, base::FileSystem::real().open(path));
  return TextSource(std::move(file));
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
    const bool first = offset_ == 0;
    std::string piece = readPiece();
    if (piece.empty()) {
      if (oddByte_.empty() && highSurrogate_ == 0) return false;
      // The file ends inside a character; what is left is no text and must not vanish unseen.
      if (highSurrogate_ != 0) appendUtf8(buffer_, highSurrogate_);
      if (!oddByte_.empty()) buffer_ += '\xFF';
      oddByte_.clear();
      highSurrogate_ = 0;
      return true;
    }
    if (first) {
      if (piece.starts_with("\xEF\xBB\xBF")) {
        piece.erase(0, 3);
      } else if (piece.starts_with("\xFF\xFE")) {
        encoding_ = Encoding::Utf16LittleEndian;
        piece.erase(0, 2);
      } else if (piece.starts_with("\xFE\xFF")) {
        encoding_ = Encoding::Utf16BigEndian;
        piece.erase(0, 2);
      }
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
    appendUtf8(buffer_, 0x10000 + ((highSurrogate_ - 0xD800) << 10U) + (unit - 0xDC00));
    highSurrogate_ = 0;
    return;
  }
  if (highSurrogate_ != 0) appendUtf8(buffer_, highSurrogate_);
  highSurrogate_ = isHighSurrogate(unit) ? unit : 0;
  if (highSurrogate_ == 0) appendUtf8(buffer_, unit);
}

Error lineError(const std::filesystem::path& path, std::int64_t line, std::string_view what) {
  return Error{fmt::format("Line {} of {} {}", line, base::printable(path.native()), what)};
}

Expected<std::string> readTextFile(const std::filesystem::path& path, std::int64_t maxLines) {
  ROSA_TRY(TextSource source, TextSource::open(path));
  std::string text;
  std::int64_t line = 1;
  std::size_t lineBegin = 0;
  const auto checkLine = [&]() -> Status {
    if (isUtf8(std::string_view(text).substr(lineBegin))) return {};
    return lineError(path, line, "is not valid UTF-8: save the file as UTF-8.");
  };
  for (int byte = source.next(); byte != TextSource::kEnd; byte = source.next()) {
    if (byte == '\r' && source.peek() == '\n') continue;
    text += static_cast<char>(byte);
    if (byte == '\n') {
      ROSA_CHECK(checkLine());
      lineBegin = text.size();
      if (line == maxLines) return text;
      ++line;
    }
    if (text.size() > kLongestText) {
      return Error{fmt::format("{} is larger than {}: split it, or read only its first lines with --max-rows.",
                               base::printable(path.native()), base::formatBytes(kLongestText))};
    }
  }
  ROSA_CHECK(source.status());
  ROSA_CHECK(checkLine());
  return text;
}

}  // namespace rosa::data
