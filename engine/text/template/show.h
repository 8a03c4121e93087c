// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "text/template/runtime.h"
#include "text/template/value.h"

/// Values as Python prints them.
namespace rosa::text::jinja {

/// repr() of a string, the quotes included.
[[nodiscard]] std::string pythonQuoted(std::string_view utf8);
/// What is not ASCII as \x, \u and \U, which makes of a repr() what ascii() gives.
[[nodiscard]] std::string asciiEscaped(std::string_view utf8);
[[nodiscard]] std::string integerText(Integer value);
/// repr() of a float: the shortest digits that read back to it.
[[nodiscard]] std::string realText(double value);

/// str(value)
[[nodiscard]] std::string shown(Runtime& runtime, const Value& value);
/// repr(value)
[[nodiscard]] std::string represented(Runtime& runtime, const Value& value);
/// markupsafe's escape(): Markup as it is, all else with & < > ' " written as entities.
[[nodiscard]] std::string escaped(Runtime& runtime, const Value& value);
[[nodiscard]] std::string escapedText(std::string_view utf8);

}  // namespace rosa::text::jinja
