// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/text_pieces.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace rosa::data {

namespace {

/// Of what follows a piece, enough to see where its last token ends.
constexpr std::size_t kShownBytes = 1024;

bool isSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Whether a token may well begin with the line: behind a break, tokenizers take a single space with the word that
/// follows it, and more of them with the break.
bool beginsAnew(std::string_view line) {
  return !isSpace(line.front()) || (line.front() == ' ' && line.size() > 1 && !isSpace(line[1]));
}

/// The beginning of a line, whole characters.
std::string_view beginning(std::string_view line) {
  if (line.size() <= kShownBytes) return line;
  auto end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  return line.substr(0, end);
}

}  // namespace

Expected<TextPieces> TextPieces::open(const std::filesystem::path& path, std::int64_t maxLines,
                                      std::size_t pieceBytes) {
  ROSA_TRY(LineReader lines, LineReader::open(path, kLongestTextBytes));
  return TextPieces(path, std::move(lines), maxLines, pieceBytes);
}

Status TextPieces::fetch() {
  waits_ = false;
  if (maxLines_ > 0 && lines_.number() >= maxLines_) return {};
  ROSA_TRY(waits_, lines_.next(line_));
  if (waits_ && lines_.hadBreak()) line_ += '\n';
  return {};
}

Expected<bool> TextPieces::next(TextPiece& piece) {
  piece = {};
  if (!begun_) ROSA_CHECK(fetch());
  begun_ = true;
  if (!waits_) return false;
  for (;;) {
    piece.text += line_;
    if (piece.text.size() > kLongestTextBytes) {
      return Error{
          fmt::format("{} has more than {} in which every line begins with blanks: split it, or read only its "
                      "first lines with --max-rows.",
                      base::printable(path_.native()), base::formatBytes(kLongestTextBytes))};
    }
    ROSA_CHECK(fetch());
    piece.end = piece.text.size();
    piece.last = !waits_;
    if (piece.last) return true;
    if (piece.end < pieceBytes_ || !beginsAnew(line_)) continue;
    piece.text += beginning(line_);
    return true;
  }
}

}  // namespace rosa::data
