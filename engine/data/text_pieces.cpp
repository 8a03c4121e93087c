// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/text_pieces.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "text/unicode.h"

namespace rosa::data {

namespace {

/// Of what stands beside a piece.
constexpr auto kShownBytes = text::kShownAtSeam;
/// Between the words beside a seam, at most.
constexpr std::size_t kBlankBytes = 128;

bool isSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Whether a token may well begin with the line: behind a break, tokenizers take a single space with the word that
/// follows it, and more of them with the break.
bool beginsAnew(std::string_view line) {
  return !isSpace(line.front()) || (line.front() == ' ' && line.size() > 1 && !isSpace(line[1]));
}

bool hasWord(std::string_view text) {
  return !std::ranges::all_of(text, isSpace);
}

/// The beginning of a line, whole characters.
std::string_view beginning(std::string_view line) {
  if (line.size() <= kShownBytes) return line;
  auto end = kShownBytes;
  while (end > 0 && text::isInsideCharacter(line[end])) --end;
  return line.substr(0, end);
}

/// The end of a text, whole characters.
std::string_view ending(std::string_view text) {
  if (text.size() <= kShownBytes) return text;
  return text.substr(text::characterFrom(text, text.size() - kShownBytes));
}

}  // namespace

Expected<TextPieces> TextPieces::open(const std::filesystem::path& path, std::int64_t maxLines, text::Seam seam,
                                      std::size_t pieceBytes) {
  ROSA_TRY(LineReader lines, LineReader::open(path, kLongestTextBytes));
  return TextPieces(path, std::move(lines), maxLines, seam, pieceBytes);
}

Status TextPieces::fetch() {
  waits_ = false;
  if (maxLines_ > 0 && lines_.number() >= maxLines_) return {};
  ROSA_TRY(waits_, lines_.next(line_));
  if (waits_ && lines_.hadBreak()) line_ += '\n';
  return {};
}

/// Where the next line begins. A break between words belongs to the piece behind it.
bool TextPieces::endsHere(const TextPiece& piece) const {
  const auto own = std::string_view(piece.text).substr(piece.begin);
  if (own.size() < pieceBytes_) return false;
  if (seam_ == text::Seam::BehindBreak) return beginsAnew(line_);
  return hasWord(own.substr(own.size() - std::min(own.size(), kBlankBytes))) &&
         hasWord(std::string_view(line_).substr(0, kBlankBytes));
}

Expected<bool> TextPieces::next(TextPiece& piece) {
  piece = {};
  if (!begun_) ROSA_CHECK(fetch());
  begun_ = true;
  if (!waits_) return false;
  if (!before_.empty()) {
    piece.begin = before_.size();
    piece.text = std::exchange(before_, {}) + '\n';
  }
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
    if (!endsHere(piece)) continue;
    if (seam_ == text::Seam::BetweenWords) {
      --piece.end;
      before_ = ending(std::string_view(piece.text).substr(0, piece.end));
    }
    piece.text += beginning(line_);
    return true;
  }
}

}  // namespace rosa::data
