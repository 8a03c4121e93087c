// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "rosa/expected.h"

namespace rosa::data {

/// A file as a stream of UTF-8 bytes, read in pieces of bounded size. A byte order mark is dropped; UTF-16 with its
/// mark, as spreadsheet programs write it, is turned into UTF-8. What comes out is not checked for well-formed UTF-8:
/// readers do that where they can name the line. Lone UTF-16 surrogates come out as bytes that this check refuses.
class TextSource {
 public:
  static constexpr int kEnd = -1;

  [[nodiscard]] static Expected<TextSource> open(const std::filesystem::path& path);

  /// The next byte, or kEnd at the end of the file or after a read error.
  int next() { return at_ < buffer_.size() || fill() ? static_cast<unsigned char>(buffer_[at_++]) : kEnd; }
  int peek() { return at_ < buffer_.size() || fill() ? static_cast<unsigned char>(buffer_[at_]) : kEnd; }

  /// Takes of a line what is at hand, up to its break, which stays; empty before a break and at the end.
  std::string_view takeOfLine() {
    if (at_ == buffer_.size() && !fill()) return {};
    const auto rest = std::string_view(buffer_).substr(at_);
    const auto taken = rest.substr(0, rest.find('\n'));
    at_ += taken.size();
    return taken;
  }

  /// After kEnd: whether that was the end of the file, or a read that failed.
  [[nodiscard]] const Status& status() const { return status_; }
  /// Of the file's bytes, those that were read: 0 to 1.
  [[nodiscard]] double share() const {
    return file_->size() == 0 ? 1 : static_cast<double>(offset_) / static_cast<double>(file_->size());
  }
  [[nodiscard]] bool isUtf16() const { return encoding_ != Encoding::Utf8; }

 private:
  enum class Encoding { Utf8, Utf16LittleEndian, Utf16BigEndian };

  explicit TextSource(std::unique_ptr<base::FileReader> file) : file_(std::move(file)) {}
  bool fill();
  [[nodiscard]] std::string readPiece();
  void decodeUtf16(const std::string& bytes);
  void decodeUnit(char32_t unit);

  std::unique_ptr<base::FileReader> file_;
  std::uint64_t offset_ = 0;  ///< in the file, of the next piece
  Status status_;
  Encoding encoding_ = Encoding::Utf8;
  std::string buffer_;
  std::size_t at_ = 0;
  std::string oddByte_;         ///< half of a UTF-16 unit that lies across two pieces
  char32_t highSurrogate_ = 0;  ///< waiting for its other half
};

/// "Line 7 of data.csv", or "Row 7 of data.parquet".
[[nodiscard]] std::string linePlace(const std::filesystem::path& path, std::int64_t line);
/// "Line 7 of data.csv has ...": what is wrong with it and what to do.
[[nodiscard]] Error lineError(const std::filesystem::path& path, std::int64_t line, std::string_view what);

/// A file's lines as well-formed UTF-8, without their ends (LF or CRLF).
class LineReader {
 public:
  /// A line of more than `longestLine` bytes is refused.
  [[nodiscard]] static Expected<LineReader> open(const std::filesystem::path& path, std::size_t longestLine);

  /// Reads the next line into `line`; false at the end of the file.
  [[nodiscard]] Expected<bool> next(std::string& line);

  /// Of the line read last, from 1.
  [[nodiscard]] std::int64_t number() const { return number_; }
  /// Whether the line read last ended with a line break; only a file's last line may not.
  [[nodiscard]] bool hadBreak() const { return hadBreak_; }
  [[nodiscard]] const TextSource& source() const { return source_; }

 private:
  LineReader(std::filesystem::path path, TextSource source, std::size_t longestLine)
      : path_(std::move(path)), source_(std::move(source)), longestLine_(longestLine) {}

  std::filesystem::path path_;
  TextSource source_;
  std::size_t longestLine_;
  std::int64_t number_ = 0;
  bool hadBreak_ = false;
};

struct TextFile {
  std::string text;         ///< well-formed UTF-8 with "\n" line ends
  std::uint64_t bytes = 0;  ///< of the whole text, more than `text` has where not all was to be kept
  std::int64_t lines = 0;   ///< of the whole
};
/// `maxLines` > 0 reads only the first lines. Lines are kept until they have `keep` bytes, the others counted;
/// `giveUp`, asked often, ends the reading with an error.
[[nodiscard]] Expected<TextFile> readTextFile(const std::filesystem::path& path, std::int64_t maxLines = 0,
                                              std::size_t keep = std::string::npos,
                                              const std::function<bool()>& giveUp = {});

/// A longer text is refused: the offsets and ids of its tokens take many times its size while it is cut into them.
inline constexpr std::size_t kLongestTextBytes = std::size_t{1} << 30U;

}  // namespace rosa::data
