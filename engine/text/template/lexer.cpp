// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/lexer.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "text/template/character.h"
#include "text/template/number_text.h"
#include "text/template/show.h"
#include "text/template/string_literal.h"
#include "text/template/text_ops.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

struct Operator {
  std::string_view text;
  TokenKind kind;
};
// Longer ones first.
constexpr std::array<Operator, 26> kOperators = {{
    {"//", TokenKind::FloorDiv}, {"**", TokenKind::Pow},      {"==", TokenKind::Eq},    {"!=", TokenKind::Ne},
    {">=", TokenKind::GtEq},     {"<=", TokenKind::LtEq},     {"+", TokenKind::Add},    {"-", TokenKind::Sub},
    {"/", TokenKind::Div},       {"*", TokenKind::Mul},       {"%", TokenKind::Mod},    {"~", TokenKind::Tilde},
    {"[", TokenKind::LBracket},  {"]", TokenKind::RBracket},  {"(", TokenKind::LParen}, {")", TokenKind::RParen},
    {"{", TokenKind::LBrace},    {"}", TokenKind::RBrace},    {">", TokenKind::Gt},     {"<", TokenKind::Lt},
    {"=", TokenKind::Assign},    {".", TokenKind::Dot},       {":", TokenKind::Colon},  {"|", TokenKind::Pipe},
    {",", TokenKind::Comma},     {";", TokenKind::Semicolon},
}};

std::string withPlainNewlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      out += source[i];
    }
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

bool isAsciiDigit(char c) {
  return c >= '0' && c <= '9';
}

class Lexer {
 public:
  explicit Lexer(std::string source) : source_(std::move(source)) {}

  Tokens run() {
    Tokens result;
    try {
      while (at_ < source_.size()) text();
      add(TokenKind::End);
    } catch (const Failure& failure) {
      result.fault = std::make_shared<Failure>(failure);
    }
    result.tokens = std::move(tokens_);
    return result;
  }

 private:
  [[noreturn]] void fault(std::string message) const {
    throw Failure("TemplateSyntaxError", std::move(message), line_);
  }

  void add(TokenKind kind, std::string text = {}) { tokens_.push_back({kind, line_, std::move(text), {}}); }

  void advance(std::size_t to) {
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         source_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
    if (to > at_) lineStarting_ = source_[to - 1] == '\n';
    at_ = to;
  }

  [[nodiscard]] bool startsWith(std::string_view text, std::size_t at) const {
    return std::string_view(source_).substr(std::min(at, source_.size())).starts_with(text);
  }
  [[nodiscard]] std::size_t afterSpace(std::size_t at) const {
    const auto rest = std::string_view(source_).substr(at);
    return at + rest.size() - strip(rest, nullptr, true, false).size();
  }

  /// The text before a tag, cut as the tag's sign and lstrip_blocks have it.
  void addData(std::size_t end, char sign, bool variable) {
    std::string_view data = std::string_view(source_).substr(at_, end - at_);
    if (sign == '-') {
      data = strip(data, nullptr, false, true);
    } else if (sign != '+' && !variable) {
      const auto newline = data.rfind('\n');
      const auto begin = newline == std::string_view::npos ? 0 : newline + 1;
      if ((begin > 0 || lineStarting_) && strip(data.substr(begin), nullptr).empty()) data = data.substr(0, begin);
    }
    if (!data.empty()) add(TokenKind::Data, std::string(data));
    advance(end);
  }

  /// Text up to the next tag, and the tag.
  void text() {
    std::size_t open = at_;
    while (true) {
      open = source_.find('{', open);
      if (open == std::string::npos || open + 1 >= source_.size()) {
        add(TokenKind::Data, source_.substr(at_));
        return advance(source_.size());
      }
      const char second = source_[open + 1];
      if (second == '%' || second == '{' || second == '#') break;
      ++open;
    }
    const char second = source_[open + 1];
    const char sign =
        open + 2 < source_.size() && (source_[open + 2] == '-' || source_[open + 2] == '+') ? source_[open + 2] : 0;
    const auto inside = open + (sign == 0 ? 2 : 3);
    addData(open, sign, second == '{');
    if (second == '#') return comment(inside);
    if (second == '%') {
      if (const auto end = rawBegin(inside)) return raw(end);
    }
    const bool block = second == '%';
    add(block ? TokenKind::BlockBegin : TokenKind::VariableBegin);
    advance(inside);
    tag(block);
  }

  void comment(std::size_t inside) {
    advance(inside);
    const auto end = source_.find("#}", inside);
    if (end == std::string::npos && inside < source_.size()) fault("Missing end of comment tag");
    if (end == std::string::npos) return;  // Jinja lets a template end where a comment begins
    // A sign belongs to the end, not to the comment; {#-#} has its sign at both ends.
    const char sign = end > inside ? source_[end - 1] : 0;
    advance(afterEnd(end + 2, sign));
  }

  /// Behind the end of a tag: a minus takes all white space, no sign one newline.
  [[nodiscard]] std::size_t afterEnd(std::size_t at, char sign) const {
    if (sign == '-') return afterSpace(at);
    if (sign != '+' && at < source_.size() && source_[at] == '\n') return at + 1;
    return at;
  }

  /// Behind {% raw %}, or 0 where the tag is another.
  [[nodiscard]] std::size_t rawBegin(std::size_t inside) const {
    auto at = afterSpace(inside);
    if (!startsWith("raw", at)) return 0;
    at = afterSpace(at + 3);
    if (startsWith("-%}", at)) return afterSpace(at + 3);
    return startsWith("%}", at) ? at + 2 : 0;
  }

  void raw(std::size_t begin) {
    advance(begin);
    for (auto open = source_.find("{%", at_); open != std::string::npos; open = source_.find("{%", open + 1)) {
      const char sign =
          open + 2 < source_.size() && (source_[open + 2] == '-' || source_[open + 2] == '+') ? source_[open + 2] : 0;
      auto at = afterSpace(open + (sign == 0 ? 2 : 3));
      if (!startsWith("endraw", at)) continue;
      at = afterSpace(at + 6);
      const char last = startsWith("-%}", at) ? '-' : startsWith("+%}", at) ? '+' : 0;
      if (last == 0 && !startsWith("%}", at)) continue;
      addData(open, sign, false);
      return advance(afterEnd(at + (last == 0 ? 2 : 3), last));
    }
    if (begin < source_.size()) fault("Missing end of raw directive");
  }

  /// The tokens of one tag, its end included.
  void tag(bool block) {
    std::string open;  // brackets that wait to be closed
    while (at_ < source_.size()) {
      if (open.empty() && tagEnd(block)) return;
      const auto next = afterSpace(at_);
      if (next > at_) {
        advance(next);
      } else if (!number() && !name() && !string()) {
        sign(open);
      }
    }
  }

  bool tagEnd(bool block) {
    const std::string_view end = block ? "%}" : "}}";
    const char sign = source_[at_] == '-' || (block && source_[at_] == '+') ? source_[at_] : 0;
    const auto at = at_ + (sign == 0 ? 0 : 1);
    if (!startsWith(end, at)) return false;
    add(block ? TokenKind::BlockEnd : TokenKind::VariableEnd);
    advance(block || sign == '-' ? afterEnd(at + 2, sign) : at + 2);
    return true;
  }

  /// Behind digits with single underscores between them, or `at` where there are none.
  template <typename IsDigit>
  [[nodiscard]] std::size_t digits(std::size_t at, IsDigit isDigit, bool underscoreFirst = false) const {
    auto end = at;
    while (end < source_.size()) {
      const bool underscore = source_[end] == '_' && (end > at || underscoreFirst);
      const auto digit = end + (underscore ? 1 : 0);
      if (digit >= source_.size() || !isDigit(source_[digit])) break;
      end = digit + 1;
    }
    return end;
  }

  bool number() {
    if (!isAsciiDigit(source_[at_])) return false;
    const auto whole = digits(at_, isAsciiDigit);
    auto end = whole;
    bool real = false;
    if (at_ == 0 || source_[at_ - 1] != '.') {
      if (end < source_.size() && source_[end] == '.') {
        const auto fraction = digits(end + 1, isAsciiDigit);
        if (fraction > end + 1) end = fraction, real = true;
      }
      if (end < source_.size() && (source_[end] == 'e' || source_[end] == 'E')) {
        auto power = end + 1;
        if (power < source_.size() && (source_[power] == '+' || source_[power] == '-')) ++power;
        const auto exponent = digits(power, isAsciiDigit);
        if (exponent > power) end = exponent, real = true;
      }
    }
    if (!real) end = integerEnd(whole);
    auto text = source_.substr(at_, end - at_);
    text.erase(std::remove(text.begin(), text.end(), '_'), text.end());
    add(real ? TokenKind::Real : TokenKind::Whole);
    tokens_.back().number =
        real ? Value::real(std::strtod(text.c_str(), nullptr)) : Value::integer(*readInteger(text, 0));
    advance(end);
    return true;
  }

  [[nodiscard]] std::size_t integerEnd(std::size_t decimalEnd) const {
    if (source_[at_] != '0') return decimalEnd;
    const char kind = at_ + 1 < source_.size() ? static_cast<char>(source_[at_ + 1] | 0x20) : 0;
    const auto based = [&](auto isDigit) { return digits(at_ + 2, isDigit, true); };
    auto end = at_ + 2;
    if (kind == 'x')
      end = based([](char c) { return isAsciiDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
    if (kind == 'o') end = based([](char c) { return c >= '0' && c <= '7'; });
    if (kind == 'b') end = based([](char c) { return c == '0' || c == '1'; });
    if (end > at_ + 2) return end;
    return digits(at_, [](char c) { return c == '0'; });
  }

  bool name() {
    auto end = at_;
    while (end < source_.size()) {
      const auto next = characterFrom(source_, end + 1);
      const char32_t c = codePoints(std::string_view(source_).substr(end, next - end))[0];
      if (!isAlnum(c) && c != U'_' && !(c > 0x7F && (isCombiningMark(c) || c == 0xB7))) break;
      end = next;
    }
    if (end == at_) return false;
    auto text = source_.substr(at_, end - at_);
    if (!isIdentifier(text)) fault("Invalid character in identifier");
    add(TokenKind::Name, std::move(text));
    advance(end);
    return true;
  }

  bool string() {
    const char quote = source_[at_];
    if (quote != '\'' && quote != '"') return false;
    auto end = at_ + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) return false;
    auto text = unescapedLiteral(std::string_view(source_).substr(at_ + 1, end - at_ - 1), line_);
    add(TokenKind::String, std::move(text));
    advance(end + 1);
    return true;
  }

  void sign(std::string& open) {
    const auto* found = std::find_if(kOperators.begin(), kOperators.end(),
                                     [&](const Operator& candidate) { return startsWith(candidate.text, at_); });
    if (found == kOperators.end()) {
      const auto next = characterFrom(source_, at_ + 1);
      const auto before = codePoints(std::string_view(source_).substr(0, at_)).size();
      fault("unexpected char " + pythonQuoted(source_.substr(at_, next - at_)) + " at " + std::to_string(before));
    }
    const char c = found->text[0];
    if (c == '{' || c == '(' || c == '[') open += c == '{' ? '}' : c == '(' ? ')' : ']';
    if (c == '}' || c == ')' || c == ']') {
      if (open.empty()) fault(std::string("unexpected '") + c + "'");
      if (open.back() != c) fault(std::string("unexpected '") + c + "', expected '" + open.back() + "'");
      open.pop_back();
    }
    add(found->kind);
    advance(at_ + found->text.size());
  }

  std::string source_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool lineStarting_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::string_view describe(TokenKind kind) {
  switch (kind) {
    case TokenKind::Data:
      return "template data / text";
    case TokenKind::VariableBegin:
      return "begin of print statement";
    case TokenKind::VariableEnd:
      return "end of print statement";
    case TokenKind::BlockBegin:
      return "begin of statement block";
    case TokenKind::BlockEnd:
      return "end of statement block";
    case TokenKind::Name:
      return "name";
    case TokenKind::String:
      return "string";
    case TokenKind::Whole:
      return "integer";
    case TokenKind::Real:
      return "float";
    case TokenKind::End:
      return "end of template";
    default:
      break;
  }
  const auto* found = std::find_if(kOperators.begin(), kOperators.end(),
                                   [&](const Operator& candidate) { return candidate.kind == kind; });
  return found->text;
}

Tokens tokenize(std::string_view source) {
  return Lexer(withPlainNewlines(source)).run();
}

}  // namespace rosa::text::jinja
