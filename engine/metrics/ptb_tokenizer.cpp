// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/ptb_tokenizer.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "text/unicode.h"

namespace rosa::metrics {
namespace {

/// Tokens that the COCO scripts leave out. Brackets are not among them: they arrive as "-lrb-" and the like.
constexpr std::array<std::string_view, 6> kLeftOut = {"", "?", "!", ",", ":", ";"};

constexpr std::array<std::u32string_view, 25> kAbbreviations = {
    U"mr",  U"mrs", U"ms",  U"dr",  U"prof", U"st",  U"ave", U"mt",  U"jr",  U"sr",  U"inc", U"ltd", U"corp",
    U"jan", U"feb", U"mar", U"apr", U"jun",  U"jul", U"aug", U"sep", U"oct", U"nov", U"dec", U"etc"};

bool isDigit(char32_t c) {
  return text::isNumeric(c) && text::isWordCharacter(c);
}
bool isWordLetter(char32_t c) {
  return c != '_' && text::isWordCharacter(c) && !text::isNumeric(c);
}
bool isWordLetterOrDigit(char32_t c) {
  return isWordLetter(c) || isDigit(c);
}
bool isApostrophe(char32_t c) {
  return c == '\'' || c == U'\u2019' || c == U'\u00B4';
}
bool isHyphen(char32_t c) {
  return c == '-' || c == '_' || c == U'\u2010' || c == U'\u2011';
}

/// Cuts a lower-case text from left to right; at each place the longest token wins.
class Scanner {
 public:
  explicit Scanner(std::u32string text) : text_(std::move(text)) {}

  Words words() {
    while (at_ < text_.size()) {
      if (text::isWhiteSpace(text_[at_])) {
        ++at_;
      } else {
        next();
      }
    }
    return std::move(words_);
  }

 private:
  [[nodiscard]] char32_t look(std::size_t place) const { return place < text_.size() ? text_[place] : U'\0'; }
  [[nodiscard]] bool startsWith(std::size_t place, std::u32string_view part) const {
    return std::u32string_view(text_).substr(std::min(place, text_.size())).starts_with(part);
  }

  void emit(std::string_view token) {
    if (std::ranges::find(kLeftOut, token) == kLeftOut.end()) words_.emplace_back(token);
  }
  void take(std::size_t end) {
    emit(text::toUtf8(std::u32string_view(text_).substr(at_, end - at_)));
    at_ = end;
  }
  /// The same character once or more.
  [[nodiscard]] std::size_t runEnd(std::u32string_view characters) const {
    std::size_t end = at_;
    while (end < text_.size() && characters.find(text_[end]) != std::u32string_view::npos) ++end;
    return end;
  }

  void next() {
    const char32_t c = text_[at_];
    const std::size_t thing = thingEnd();
    if (isWordLetter(c) && takeWord(thing)) return;
    if (const std::size_t number = numberEnd(at_, true); std::max(number, thing) > at_)
      return take(std::max(number, thing));
    if (isApostrophe(c) && takeClitic()) return;
    takeMark(c);
  }

  /// A word with its cliticised ending set apart ("is n't", "can not", "it 's"), or with the point of an abbreviation.
  bool takeWord(std::size_t thing) {
    const std::size_t word = wordEnd();
    const std::size_t letters = lettersEnd();
    for (const auto& [whole, first] : {std::pair<std::u32string_view, std::size_t>{U"cannot", 3},
                                       {U"gonna", 3},
                                       {U"gotta", 3},
                                       {U"lemme", 3},
                                       {U"gimme", 3},
                                       {U"wanna", 3},
                                       {U"dunno", 2}}) {
      if (startsWith(at_, whole) && std::max(word, thing) == at_ + whole.size()) {
        take(at_ + first);
        take(at_ + whole.size() - first);
        return true;
      }
    }
    // "isn't": the letters before end in the n of n't, which must not follow another n.
    if (letters >= at_ + 2 && look(letters - 1) == 'n' && look(letters - 2) != 'n' && isApostrophe(look(letters)) &&
        look(letters + 1) == 't' && !isWordLetter(look(letters + 2))) {
      take(letters - 1);
      take(letters + 2);
      return true;
    }
    if (thing > word) return false;
    if (look(word) == '.' && keepsPoint(word)) {
      take(word + 1);
    } else {
      take(word);
    }
    return true;
  }

  /// Whether the point behind a word belongs to it.
  [[nodiscard]] bool keepsPoint(std::size_t word) const {
    const char32_t behind = look(word + 1);
    if (behind == ',' || behind == ';' || behind == ':') return true;
    const auto name = std::u32string_view(text_).substr(at_, word - at_);
    // Dotted letters: "u.k."
    if (name.size() >= 3 && name[1] == '.' && isWordLetter(name[0]) &&
        std::ranges::all_of(name, [](char32_t c) { return c == '.' || isWordLetter(c); }))
      return true;
    return std::ranges::find(kAbbreviations, name) != kAbbreviations.end();
  }

  /// Letters and digits, with single marks . ! ? between a word and the letter of a next one: "riverside.the".
  [[nodiscard]] std::size_t wordEnd() const {
    std::size_t end = at_ + 1;
    for (;; ++end) {
      while (isWordLetterOrDigit(look(end))) ++end;
      const char32_t mark = look(end);
      if ((mark != '.' && mark != '!' && mark != '?') || !isWordLetter(look(end + 1))) return end;
    }
  }
  [[nodiscard]] std::size_t lettersEnd() const {
    std::size_t end = at_;
    while (isWordLetter(look(end))) ++end;
    return end;
  }

  /// Digits with points, commas and colons between them, perhaps a sign, point or comma before.
  [[nodiscard]] std::size_t numberEnd(std::size_t begin, bool sign) const {
    std::size_t end = begin;
    if (sign && (look(end) == '-' || look(end) == '+')) ++end;
    if (look(end) == '.' || look(end) == ',') ++end;
    if (!isDigit(look(end))) return begin;
    while (isDigit(look(end))) {
      while (isDigit(look(end))) ++end;
      if ((look(end) == '.' || look(end) == ',' || look(end) == ':') && isDigit(look(end + 1))) ++end;
    }
    return end;
  }

  /// A part of a hyphenated word: letters and digits, or a number; perhaps with d', o' or l' before.
  [[nodiscard]] std::size_t partEnd(std::size_t begin, bool sign) const {
    std::size_t start = begin;
    const char32_t first = look(begin);
    if ((first == 'd' || first == 'o' || first == 'l') && isApostrophe(look(begin + 1)) &&
        isWordLetterOrDigit(look(begin + 2)) && isWordLetterOrDigit(look(begin + 3)))
      start = begin + 2;
    std::size_t end = start;
    while (isWordLetterOrDigit(look(end))) ++end;
    end = std::max(end, numberEnd(start, sign && start == begin));
    return end == start ? begin : end;
  }
  /// "family-friendly", "20-25", "o'clock", "and/or".
  [[nodiscard]] std::size_t thingEnd() const {
    std::size_t end = partEnd(at_, true);
    if (end == at_) return at_;
    bool slashed = false;
    for (;;) {
      const bool slash = look(end) == '/';
      if (!isHyphen(look(end)) && !slash) return end;
      if (slash && !isWordLetterOrDigit(look(end + 1))) return end;
      const std::size_t part = partEnd(end + 1, false);
      if (part == end + 1) return end;
      if (slash && std::exchange(slashed, true) && look(part) == '/') return end;
      end = part;
    }
  }

  /// 's, 'm, 'd, 're, 've, 'll behind a word, or '90s.
  bool takeClitic() {
    for (const std::u32string_view ending : {U"re", U"ve", U"ll", U"s", U"m", U"d"}) {
      if (startsWith(at_ + 1, ending) && !isWordLetter(look(at_ + 1 + ending.size()))) {
        std::string token = "'";
        token += text::toUtf8(ending);
        emit(token);
        at_ += 1 + ending.size();
        return true;
      }
    }
    std::size_t end = at_ + 1;
    while (isDigit(look(end))) ++end;
    if (end != at_ + 3) return false;
    if (look(end) == 's') ++end;
    if (look(end) != U'\0' && !text::isWhiteSpace(look(end))) return false;
    take(end);
    return true;
  }

  void takeMark(char32_t c) {
    switch (c) {
      case '(':
        return takeAs("-lrb-");
      case ')':
        return takeAs("-rrb-");
      case '[':
        return takeAs("-lsb-");
      case ']':
        return takeAs("-rsb-");
      case '{':
        return takeAs("-lcb-");
      case '}':
        return takeAs("-rcb-");
      case U'\u00A3':
        return takeAs("#");
      case U'\u00A2':
        return takeAs("cents");
      case U'\u00A4':
      case U'\u20A0':
      case U'\u20AC':
        return takeAs("$");
      case '"':
      case '`':
      case '\'':
      case U'\u00AB':
      case U'\u00BB':
      case U'\u2018':
      case U'\u2019':
      case U'\u201A':
      case U'\u201C':
      case U'\u201D':
      case U'\u201E':
      case U'\u2013':
      case U'\u2014':
      case U'\u2026':
        return takeAs("");
      case '&':
        if (startsWith(at_, U"&amp;")) {
          emit("&");
          at_ += 5;
          return;
        }
        return take(at_ + 1);
      case '?':
      case '!':
        return take(runEnd(U"?!"));
      case '-': {
        const std::size_t end = runEnd(U"-");
        if (end - at_ > 4) return take(end);
        at_ = end;
        return;
      }
      case '.': {
        const std::size_t end = runEnd(U".");
        at_ = end;  // one or two are full stops, more an ellipsis: all left out
        return;
      }
      case '#':
      case '*':
      case '@':
      case '_':
      case '=':
        return take(runEnd(std::u32string_view(&c, 1)));
      default:
        return take(at_ + 1);
    }
  }
  void takeAs(std::string_view token) {
    emit(token);
    ++at_;
  }

  std::u32string text_;
  std::size_t at_ = 0;
  Words words_;
};

}  // namespace

Words ptbWords(std::string_view text) {
  std::u32string lower;
  for (const char32_t c : text::codePoints(text)) lower += text::lowered(c);
  return Scanner(std::move(lower)).words();
}

}  // namespace rosa::metrics
