// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "text/template/runtime.h"
#include "text/template/value.h"

namespace rosa::text::jinja {

struct JsonStyle {
  bool ascii = false;                 ///< all else as \uXXXX
  std::optional<std::string> indent;  ///< of one level; nothing: all on one line
  std::string between = ", ", afterKey = ": ";
  bool sortKeys = false;
};

/// Python's json.dumps. Throws a TypeError where a value or key has no place in JSON.
[[nodiscard]] std::string jsonText(Runtime& runtime, const Value& value, const JsonStyle& style);

}  // namespace rosa::text::jinja
