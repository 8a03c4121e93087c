// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <utility>

namespace rosa::text::jinja {

/// Why a template cannot be parsed or rendered. Thrown inside this folder alone and caught in Template, where it
/// becomes a Problem: the language raises errors from the depth of an expression, and some filters catch them.
struct Failure {
  std::string type;     ///< as Python names it: "TypeError", "UndefinedError", "TemplateSyntaxError", ...
  std::string message;  ///< as Python and Jinja word it
  int line = 0;         ///< of the template, from 1; 0 while it is not known

  Failure(std::string kind, std::string text, int where = 0)
      : type(std::move(kind)), message(std::move(text)), line(where) {}
};

[[noreturn]] inline void fail(std::string type, std::string message) {
  throw Failure(std::move(type), std::move(message));
}
[[noreturn]] inline void typeError(std::string message) {
  throw Failure("TypeError", std::move(message));
}
[[noreturn]] inline void valueError(std::string message) {
  throw Failure("ValueError", std::move(message));
}

}  // namespace rosa::text::jinja
