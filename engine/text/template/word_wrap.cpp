// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/word_wrap.h"

#include <algorithm>

#include "text/template/character.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

bool isBlank(char32_t c) {
  return c == U' ' || (c >= 0x09 && c <= 0x0D);
}
bool isLetter(char32_t c) {
  return (isAlnum(c) || c == U'_') && !isDecimal(c);
}
bool isWord(char32_t c) {
  return isAlnum(c) || c == U'_';
}
bool isWordOrPunctuation(char32_t c) {
  return isWord(c) || std::u32string_view(U"!\"'&.,?").find(c) != std::u32string_view::npos;
}

/// Cuts a text where a line may end.
class Chunks {
 public:
  Chunks(const std::u32string& text, bool hyphens) : text_(text), hyphens_(hyphens) {}

  std::vector<std::u32string> all() const {
    std::vector<std::u32string> chunks;
    for (std::size_t at = 0; at < text_.size();) {
      const auto end = endOf(at);
      chunks.push_back(text_.substr(at, end - at));
      at = end;
    }
    return chunks;
  }

 private:
  [[nodiscard]] bool at(std::size_t index, bool (*test)(char32_t)) const {
    return index < text_.size() && test(text_[index]);
  }

  /// Two or more hyphens with a word after them; the end of the hyphens, or 0.
  [[nodiscard]] std::size_t dashEnd(std::size_t from) const {
    std::size_t end = from;
    while (end < text_.size() && text_[end] == U'-') ++end;
    return end - from >= 2 && at(end, isWord) ? end : 0;
  }

  /// The hyphen at `index` stands inside a word that may be broken there.
  [[nodiscard]] bool breaksAfter(std::size_t begin, std::size_t index) const {
    if (text_[index] != U'-' || index < begin + 1) return false;
    const bool twoLetters = index >= 2 && isLetter(text_[index - 1]) && isLetter(text_[index - 2]);
    const bool spelled =
        index >= 3 && isLetter(text_[index - 1]) && text_[index - 2] == U'-' && isLetter(text_[index - 3]);
    if (!twoLetters && !spelled) return false;
    return at(index + 1, isLetter) &&
           (at(index + 2, isLetter) ||
            (at(index + 2, [](char32_t c) { return c == U'-'; }) && at(index + 3, isLetter)));
  }

  [[nodiscard]] std::size_t endOf(std::size_t begin) const {
    std::size_t end = begin;
    while (at(end, isBlank)) ++end;
    if (end > begin) return end;
    if (!hyphens_) {
      while (end < text_.size() && !isBlank(text_[end])) ++end;
      return end;
    }
    if (begin > 0 && isWordOrPunctuation(text_[begin - 1])) {
      if (const auto dash = dashEnd(begin)) return dash;
    }
    for (end = begin + 1; end < text_.size(); ++end) {
      if (breaksAfter(begin, end)) return end + 1;
      if (isBlank(text_[end])) return end;
      if (isWordOrPunctuation(text_[end - 1]) && dashEnd(end) != 0) return end;
    }
    return end;
  }

  const std::u32string& text_;
  bool hyphens_;
};

bool allBlank(const std::u32string& chunk) {
  return std::all_of(chunk.begin(), chunk.end(), isSpace);
}

/// Where a word that is longer than a line is cut.
std::size_t cutOf(const std::u32string& chunk, std::size_t room, const WrapStyle& style) {
  if (!style.breakOnHyphens || chunk.size() <= room || room == 0) return room;
  const auto hyphen = chunk.rfind(U'-', room - 1);
  if (hyphen == std::u32string::npos || hyphen == 0) return room;
  const bool onlyHyphens = chunk.find_first_not_of(U'-') >= hyphen;
  return onlyHyphens ? room : hyphen + 1;
}

}  // namespace

std::vector<std::string> wrappedLines(Runtime& runtime, std::string_view text, const WrapStyle& style) {
  const auto points = codePoints(text);
  auto chunks = Chunks(points, style.breakOnHyphens).all();
  runtime.meter.bytes(chunks.size() * sizeof(std::u32string) + points.size() * 4);
  std::reverse(chunks.begin(), chunks.end());
  std::vector<std::string> lines;
  while (!chunks.empty()) {
    runtime.meter.step();
    std::vector<std::u32string> line;
    std::size_t length = 0;
    if (!lines.empty() && allBlank(chunks.back())) chunks.pop_back();
    while (!chunks.empty() && length + chunks.back().size() <= style.width) {
      length += chunks.back().size();
      line.push_back(std::move(chunks.back()));
      chunks.pop_back();
    }
    if (!chunks.empty() && chunks.back().size() > style.width) {
      auto& chunk = chunks.back();
      if (style.breakLongWords) {
        const auto cut = cutOf(chunk, style.width - length, style);
        line.push_back(chunk.substr(0, cut));
        runtime.meter.bytes(chunk.size() - cut);
        chunk.erase(0, cut);
      } else if (line.empty()) {
        line.push_back(std::move(chunk));
        chunks.pop_back();
      }
    }
    if (!line.empty() && allBlank(line.back())) line.pop_back();
    if (line.empty()) continue;
    std::string out;
    for (const auto& chunk : line) out += toUtf8(chunk);
    lines.push_back(std::move(out));
  }
  return lines;
}

}  // namespace rosa::text::jinja
