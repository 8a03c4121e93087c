// SPDX-License-Identifier: GPL-3.0-or-later
#define PCRE2_CODE_UNIT_WIDTH 32
#include "text/regex_syntax.h"

#include <pcre2.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "text/unicode.h"

namespace rosa::text {
namespace {

// Written out, because PCRE2's own sets are others: its \s holds U+180E, its \w lacks marks.
constexpr std::u32string_view kSpaces =
    U"\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}";
constexpr std::u32string_view kWords =
    U"\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{24b6}-\\x{24e9}\\x{1f130}-\\x{1f149}\\x{"
    U"1f150}-\\x{1f169}\\x{1f170}-\\x{"
    U"1f189}";
/// Outside of classes Oniguruma's \w has these besides.
constexpr std::u32string_view kLatinNumbers = U"\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}";
constexpr std::u32string_view kHexDigits = U"0-9A-Fa-f";

std::u32string within(std::u32string_view open, std::u32string_view items) {
  std::u32string result(open);
  result += items;
  result += U']';
  return result;
}

std::u32string aloneWord(bool negated) {
  return within(negated ? U"[^" : U"[", std::u32string(kWords) + std::u32string(kLatinNumbers));
}

/// PCRE2's name of a general category or a property; none where it is called the same or is a script's.
std::optional<std::u32string> shortName(const std::u32string& plain) {
  static const std::unordered_map<std::u32string, std::u32string> kNames = {
      {U"letter", U"L"},
      {U"lowercaseletter", U"Ll"},
      {U"uppercaseletter", U"Lu"},
      {U"titlecaseletter", U"Lt"},
      {U"modifierletter", U"Lm"},
      {U"otherletter", U"Lo"},
      {U"mark", U"M"},
      {U"nonspacingmark", U"Mn"},
      {U"spacingmark", U"Mc"},
      {U"enclosingmark", U"Me"},
      {U"number", U"N"},
      {U"decimalnumber", U"Nd"},
      {U"letternumber", U"Nl"},
      {U"othernumber", U"No"},
      {U"punctuation", U"P"},
      {U"connectorpunctuation", U"Pc"},
      {U"dashpunctuation", U"Pd"},
      {U"openpunctuation", U"Ps"},
      {U"closepunctuation", U"Pe"},
      {U"initialpunctuation", U"Pi"},
      {U"finalpunctuation", U"Pf"},
      {U"otherpunctuation", U"Po"},
      {U"symbol", U"S"},
      {U"mathsymbol", U"Sm"},
      {U"currencysymbol", U"Sc"},
      {U"modifiersymbol", U"Sk"},
      {U"othersymbol", U"So"},
      {U"separator", U"Z"},
      {U"spaceseparator", U"Zs"},
      {U"lineseparator", U"Zl"},
      {U"paragraphseparator", U"Zp"},
      {U"other", U"C"},
      {U"control", U"Cc"},
      {U"format", U"Cf"},
      {U"privateuse", U"Co"},
      {U"unassigned", U"Cn"},
      {U"alpha", U"Alphabetic"},
      {U"upper", U"Uppercase"},
      {U"lower", U"Lowercase"},
      {U"digit", U"Nd"},
      {U"space", U"White_Space"},
  };
  const auto found = kNames.find(plain);
  return found == kNames.end() ? std::nullopt : std::optional(found->second);
}

/// A POSIX class as items of a class; `written` is it as it stands.
std::u32string_view bracketName(std::u32string_view name, std::u32string_view written) {
  if (name == U"space") return kSpaces;
  if (name == U"word") return kWords;
  if (name == U"xdigit") return kHexDigits;
  if (name == U"alpha") return U"\\p{Alphabetic}";
  if (name == U"alnum") return U"\\p{Alphabetic}\\p{Nd}";
  if (name == U"upper") return U"\\p{Uppercase}";
  if (name == U"lower") return U"\\p{Lowercase}";
  if (name == U"punct") return U"\\p{P}\\p{S}";
  return written;
}

bool compiles(const std::u32string& expression) {
  int code = 0;
  PCRE2_SIZE place = 0;
  auto* compiled = pcre2_compile_32(reinterpret_cast<PCRE2_SPTR32>(expression.data()), expression.size(),
                                    PCRE2_UTF | PCRE2_UCP, &code, &place, nullptr);
  pcre2_code_free_32(compiled);
  return compiled != nullptr;
}

class Rewriting {
 public:
  explicit Rewriting(std::u32string_view in) : in_(in) {}

  Expected<std::u32string> run() {
    while (at_ < in_.size()) {
      const char32_t c = in_[at_];
      if (c == '\\') {
        escape();
      } else if (c == '[') {
        ++at_;
        atom_ = out_.size();
        ROSA_TRY(const auto expression, classExpression(0));
        out_ += expression;
      } else if (c == '(') {
        group();
      } else if (c == ')') {
        endGroup();
      } else if (c == '{') {
        interval();
      } else {
        if (c != '*' && c != '+' && c != '?') atom_ = out_.size();
        out_ += c;
        ++at_;
      }
    }
    closeOptions(openOptions_);
    return out_;
  }

 private:
  struct Group {
    std::size_t begin = 0;    ///< in the result
    std::size_t options = 0;  ///< groups of options that were open outside
  };

  [[nodiscard]] char32_t peek(std::size_t ahead = 0) const {
    return at_ + ahead < in_.size() ? in_[at_ + ahead] : U'\0';
  }

  void closeOptions(std::size_t count) { out_.append(count, U')'); }

  void group() {
    const std::size_t begin = out_.size();
    if (peek(1) == '?') {
      std::size_t end = at_ + 2;
      while (end < in_.size() && (in_[end] == '-' || in_[end] == 'i' || in_[end] == 'm' || in_[end] == 'x')) ++end;
      if (end > at_ + 2 && end < in_.size() && (in_[end] == ':' || in_[end] == ')')) {
        out_ += U"(?";
        // Ruby's m lets the dot match newlines, which is PCRE2's s.
        for (std::size_t i = at_ + 2; i < end; ++i) out_ += in_[i] == 'm' ? U's' : in_[i];
        out_ += U':';
        at_ = end + 1;
        if (in_[end] == ')') {
          ++openOptions_;  // they hold for all that follows in the group, alternatives included
        } else {
          groups_.push_back({begin, std::exchange(openOptions_, 0)});
        }
        return;
      }
    }
    groups_.push_back({begin, std::exchange(openOptions_, 0)});
    out_ += U'(';
    ++at_;
    if (peek() != '?') return;
    // The signs behind the question mark are no repetitions.
    const bool comment = peek(1) == '#';
    const std::size_t signs = comment                                                ? in_.find(U')', at_) - at_
                              : peek(1) == '<' && (peek(2) == '=' || peek(2) == '!') ? 3
                                                                                     : 2;
    out_ += in_.substr(at_, signs);
    at_ += std::min(signs, in_.size() - at_);
  }

  void endGroup() {
    closeOptions(openOptions_);
    out_ += U')';
    ++at_;
    openOptions_ = 0;
    if (groups_.empty()) return;  // PCRE2 refuses it
    atom_ = groups_.back().begin;
    openOptions_ = groups_.back().options;
    groups_.pop_back();
  }

  void interval() {
    std::size_t end = at_ + 1;
    std::u32string low, high;
    bool comma = false;
    while (end < in_.size() && in_[end] >= '0' && in_[end] <= '9') low += in_[end++];
    if (end < in_.size() && in_[end] == ',') {
      comma = true;
      ++end;
      while (end < in_.size() && in_[end] >= '0' && in_[end] <= '9') high += in_[end++];
    }
    if (end >= in_.size() || in_[end] != '}' || (low.empty() && high.empty())) {
      atom_ = out_.size();
      out_ += U"\\{";
      ++at_;
      return;
    }
    at_ = end + 1;
    out_ += U'{';
    out_ += low.empty() ? U"0" : low;
    if (comma) out_ += U',';
    out_ += high;
    out_ += U'}';
    // Behind an interval + is a repetition of it, and behind {n} so is ?; for PCRE2 they would say how to search.
    if (peek() == '+' || (peek() == '?' && !comma)) {
      out_.insert(atom_, U"(?:");
      out_ += U')';
    }
  }

  /// "\x{41}" for "\u0041".
  std::u32string fourDigits() {
    std::u32string result = U"\\x{";
    for (int i = 0; i < 4 && at_ < in_.size(); ++i) result += in_[at_++];
    result += U'}';
    return result;
  }

  /// What stands behind \p or \P, as an item of a class.
  std::u32string property(bool negative) {
    if (peek() != '{') {
      std::u32string result = negative ? U"\\P" : U"\\p";
      if (at_ < in_.size()) result += in_[at_++];
      return result;
    }
    ++at_;
    if (peek() == '^') {
      negative = !negative;
      ++at_;
    }
    std::u32string name, plain;
    while (at_ < in_.size() && in_[at_] != '}') {
      const char32_t c = in_[at_++];
      name += c;
      if (c == '_' || c == '-' || c == ' ') continue;
      plain += c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    }
    ++at_;
    if (const auto known = shortName(plain)) {
      name = *known;
    } else if (plain.size() > 2) {
      // A script's own characters, without those that it shares.
      if (auto script = U"\\p{sc:" + name + U"}"; compiles(script)) name = U"sc:" + name;
    }
    return (negative ? U"\\P{" : U"\\p{") + name + U"}";
  }

  void escape() {
    const char32_t c = peek(1);
    atom_ = out_.size();
    at_ = std::min(at_ + 2, in_.size());
    switch (c) {
      case 's':
        out_ += within(U"[", kSpaces);
        break;
      case 'S':
        out_ += within(U"[^", kSpaces);
        break;
      case 'w':
      case 'W':
        out_ += aloneWord(c == 'W');
        break;
      case 'h':
        out_ += within(U"[", kHexDigits);
        break;
      case 'H':
        out_ += within(U"[^", kHexDigits);
        break;
      case 'b':
      case 'B': {
        const auto word = aloneWord(false);
        const std::u32string inside = c == 'b' ? U"(?!" : U"(?=";
        const std::u32string outside = c == 'b' ? U"(?=" : U"(?!";
        out_ += U"(?:(?<=" + word + U")" + inside + word + U")|(?<!" + word + U")" + outside + word + U"))";
        break;
      }
      case 'v':
        out_ += U"\\x{b}";
        break;
      case 'u':
        out_ += fourDigits();
        break;
      case 'p':
      case 'P':
        out_ += property(c == 'P');
        break;
      default:
        out_ += U'\\';
        if (c != U'\0') out_ += c;
    }
  }

  /// One class, behind its opening bracket: items that PCRE2 takes inside brackets, and others beside them.
  struct Class {
    std::u32string items;
    std::vector<std::u32string> others;
    bool lastIsSet = true;  ///< a - behind a set is a character

    void addSet(std::u32string_view set) {
      items += set;
      lastIsSet = true;
    }
    void addCharacter(std::u32string_view character) {
      items += character;
      lastIsSet = false;
    }
    [[nodiscard]] std::u32string expression() const {
      if (others.empty()) return within(U"[", items);
      std::u32string result = U"(?:";
      if (!items.empty()) result += within(U"[", items) + U"|";
      for (std::size_t i = 0; i < others.size(); ++i) result += (i > 0 ? U"|" : U"") + others[i];
      return result + U")";
    }
  };

  Expected<std::u32string> classExpression(int depth) {
    constexpr int kDeepest = 16;
    if (depth > kDeepest) return Error{"a class lies inside too many others"};
    const bool negated = peek() == '^';
    if (negated) ++at_;
    Class now;
    std::vector<std::u32string> both;  // of "first&&second"
    if (peek() == ']') {
      now.addCharacter(U"\\]");
      ++at_;
    }
    while (at_ < in_.size() && in_[at_] != ']') {
      const char32_t c = in_[at_];
      if (c == '&' && peek(1) == '&') {
        both.push_back(now.expression());
        now = {};
        at_ += 2;
      } else if (c == '[') {
        ROSA_CHECK(classInside(now, depth));
      } else if (c == '\\') {
        classEscape(now);
      } else if (c == '-') {
        ++at_;
        const bool ranges = !now.lastIsSet && peek() != ']' && peek() != '[' && !(peek() == '&' && peek(1) == '&');
        if (ranges) {
          now.items += U'-';
          now.lastIsSet = true;  // what follows ends the range
          if (peek() != '\\') {
            now.addSet(peek() == '^' ? std::u32string(U"\\^") : std::u32string(1, peek()));
            ++at_;
          }
        } else {
          now.addCharacter(U"\\-");
        }
      } else {
        now.addCharacter(c == '^' ? std::u32string(U"\\^") : std::u32string(1, c));
        ++at_;
      }
    }
    if (at_ >= in_.size()) return Error{"a class has no end"};
    ++at_;
    auto expression = now.expression();
    if (!both.empty()) {
      std::u32string all = U"(?:";
      for (const auto& part : both) all += U"(?=" + part + U")";
      expression = all + expression + U")";
    } else if (negated && now.others.empty()) {
      return within(U"[^", now.items);
    }
    return negated ? U"(?:(?!" + expression + U")(?s:.))" : expression;
  }

  Status classInside(Class& now, int depth) {
    if (peek(1) == ':') {
      if (const auto end = in_.find(U":]", at_ + 2); end != std::u32string_view::npos) {
        const auto name = in_.substr(at_ + 2, end - at_ - 2);
        const bool word = std::ranges::all_of(name, [](char32_t c) { return c == '^' || (c >= 'a' && c <= 'z'); });
        if (word) {
          if (name.starts_with('^')) {
            const auto positive = U"[:" + std::u32string(name.substr(1)) + U":]";
            now.others.push_back(within(U"[^", bracketName(name.substr(1), positive)));
            now.lastIsSet = true;
          } else {
            now.addSet(bracketName(name, in_.substr(at_, end + 2 - at_)));
          }
          at_ = end + 2;
          return {};
        }
      }
    }
    ++at_;
    ROSA_TRY(auto inner, classExpression(depth + 1));
    now.others.push_back(std::move(inner));
    now.lastIsSet = true;
    return {};
  }

  void classEscape(Class& now) {
    const char32_t c = peek(1);
    at_ = std::min(at_ + 2, in_.size());
    switch (c) {
      case 's':
        now.addSet(kSpaces);
        break;
      case 'w':
        now.addSet(kWords);
        break;
      case 'h':
        now.addSet(kHexDigits);
        break;
      case 'd':
        now.addSet(U"\\p{Nd}");
        break;
      case 'D':
        now.addSet(U"\\P{Nd}");
        break;
      case 'S':
        now.others.push_back(within(U"[^", kSpaces));
        now.lastIsSet = true;
        break;
      case 'W':
        now.others.push_back(within(U"[^", kWords));
        now.lastIsSet = true;
        break;
      case 'H':
        now.others.push_back(within(U"[^", kHexDigits));
        now.lastIsSet = true;
        break;
      case 'p':
      case 'P':
        now.addSet(property(c == 'P'));
        break;
      case 'u':
        now.addCharacter(fourDigits());
        break;
      case 'v':
        now.addCharacter(U"\\x{b}");
        break;
      case 'x': {
        std::u32string code = U"\\x";
        if (peek() == '{') {
          while (at_ < in_.size() && in_[at_] != '}') code += in_[at_++];
          code += U'}';
          ++at_;
        }
        now.addCharacter(code);
        break;
      }
      default: {
        std::u32string code = U"\\";
        if (c != U'\0') code += c;
        now.addCharacter(code);
      }
    }
  }

  std::u32string_view in_;
  std::size_t at_ = 0;
  std::u32string out_;
  std::size_t atom_ = 0;         ///< where in the result the last thing that can be repeated begins
  std::size_t openOptions_ = 0;  ///< groups that (?i) and the like opened in this group
  std::vector<Group> groups_;
};

}  // namespace

Expected<std::u32string> pcreSyntax(std::u32string_view expression) {
  return Rewriting(expression).run();
}

}  // namespace rosa::text
