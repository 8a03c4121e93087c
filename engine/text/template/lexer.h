// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/template/failure.h"
#include "text/template/value.h"

namespace rosa::text::jinja {

enum class TokenKind {
  Data,
  VariableBegin,
  VariableEnd,
  BlockBegin,
  BlockEnd,
  Name,
  String,
  Whole,
  Real,
  End,
  Add,
  Assign,
  Colon,
  Comma,
  Div,
  Dot,
  Eq,
  FloorDiv,
  Gt,
  GtEq,
  LBrace,
  LBracket,
  LParen,
  Lt,
  LtEq,
  Mod,
  Mul,
  Ne,
  Pipe,
  Pow,
  RBrace,
  RBracket,
  RParen,
  Semicolon,
  Sub,
  Tilde,
};

struct Token {
  TokenKind kind = TokenKind::End;
  int line = 1;
  std::string text;  ///< of data, names, strings (unescaped)
  Value number;      ///< of integers and floats
};

/// As messages name a kind of token: "end of print statement", "+", "name".
[[nodiscard]] std::string_view describe(TokenKind kind);

/// The tokens of a template. A fault is told when the parser reaches it, as what stands before may have one of its own.
struct Tokens {
  std::vector<Token> tokens;  ///< the last is End, or what stands before the fault
  std::shared_ptr<const Failure> fault;
};

/// Cuts a template with trim_blocks and lstrip_blocks on, and one newline at the end dropped.
[[nodiscard]] Tokens tokenize(std::string_view source);

}  // namespace rosa::text::jinja
