// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "text/template/runtime.h"
#include "text/template/value.h"

namespace rosa::text::jinja {

struct WrapStyle {
  std::size_t width = 79;  ///< code points
  bool breakLongWords = true, breakOnHyphens = true;
};

/// Python's textwrap.wrap, which keeps white space inside a line as it is.
[[nodiscard]] std::vector<std::string> wrappedLines(Runtime& runtime, std::string_view text, const WrapStyle& style);

/// Python's pprint.pformat at 80 columns, keys in order.
[[nodiscard]] std::string prettyText(Runtime& runtime, const Value& value);

}  // namespace rosa::text::jinja
