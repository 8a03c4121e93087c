// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "data/text_source.h"
#include "rosa/expected.h"

namespace rosa::data {

/// A stretch of a text, which ends where a line does and the next one begins with a word, or with one space and a word,
/// or where the text ends.
struct TextPiece {
  std::string text;     ///< of the piece, and some of what follows it
  std::size_t end = 0;  ///< bytes of the piece itself
  bool last = false;
};

/// A text file, piece by piece: well-formed UTF-8 with "\n" line ends.
class TextPieces {
 public:
  // What a tokenizer makes of it in between stays in the processor's cache.
  static constexpr std::size_t kPieceBytes = std::size_t{32} << 10U;

  /// `maxLines` > 0 keeps only the first lines. A piece is at least as long as asked for, and no longer than its place
  /// to end asks for.
  [[nodiscard]] static Expected<TextPieces> open(const std::filesystem::path& path, std::int64_t maxLines,
                                                 std::size_t pieceBytes = kPieceBytes);

  /// False where no text is left. A piece that finds no place to end is refused.
  [[nodiscard]] Expected<bool> next(TextPiece& piece);

  /// Lines read so far.
  [[nodiscard]] std::int64_t lines() const { return lines_.number() - (waits_ ? 1 : 0); }
  [[nodiscard]] double share() const { return lines_.source().share(); }

 private:
  TextPieces(std::filesystem::path path, LineReader lines, std::int64_t maxLines, std::size_t pieceBytes)
      : path_(std::move(path)), lines_(std::move(lines)), maxLines_(maxLines), pieceBytes_(pieceBytes) {}
  [[nodiscard]] Status fetch();

  std::filesystem::path path_;
  LineReader lines_;
  std::int64_t maxLines_;
  std::size_t pieceBytes_;
  std::string line_;    ///< with its break
  bool waits_ = false;  ///< `line_` belongs to the next piece
  bool begun_ = false;
};

}  // namespace rosa::data
