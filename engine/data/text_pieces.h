// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "data/text_source.h"
#include "rosa/expected.h"
#include "text/encoding.h"

namespace rosa::data {

/// A stretch of a text, which ends where the text does or, by the seam asked for, behind a line break where the next
/// line begins with a word, or with one space and a word; or before a line break between two words.
struct TextPiece {
  std::string text;       ///< of the piece, and some of what stands before it and behind
  std::size_t begin = 0;  ///< in bytes: where the piece begins; 0 behind a break, of which nothing is shown
  std::size_t end = 0;    ///< where it ends
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
                                                 text::Seam seam, std::size_t pieceBytes = kPieceBytes);

  /// False where no text is left. A piece that finds no place to end is refused.
  [[nodiscard]] Expected<bool> next(TextPiece& piece);

  /// Lines read so far.
  [[nodiscard]] std::int64_t lines() const { return lines_.number() - (waits_ ? 1 : 0); }
  [[nodiscard]] double share() const { return lines_.source().share(); }

 private:
  TextPieces(std::filesystem::path path, LineReader lines, std::int64_t maxLines, text::Seam seam,
             std::size_t pieceBytes)
      : path_(std::move(path)), lines_(std::move(lines)), maxLines_(maxLines), seam_(seam), pieceBytes_(pieceBytes) {}
  [[nodiscard]] Status fetch();
  [[nodiscard]] bool endsHere(const TextPiece& piece) const;

  std::filesystem::path path_;
  LineReader lines_;
  std::int64_t maxLines_;
  text::Seam seam_;
  std::size_t pieceBytes_;
  std::string before_;  ///< of the next piece: what is shown of the text before it, and the line break it begins with
  std::string line_;    ///< with its break
  bool waits_ = false;  ///< `line_` belongs to the next piece
  bool begun_ = false;
};

}  // namespace rosa::data
