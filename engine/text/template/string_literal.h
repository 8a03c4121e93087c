// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace rosa::text::jinja {

/// The text that a string in a template stands for: what lies between its quotes, Python's escapes resolved. Throws a
/// TemplateSyntaxError in `line` where one is cut short.
[[nodiscard]] std::string unescapedLiteral(std::string_view inside, int line);

}  // namespace rosa::text::jinja
