// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "text/template/objects.h"
#include "text/template/runtime.h"
#include "text/template/value.h"

/// Python's three ways to put values into a text.
namespace rosa::text::jinja {

/// format % values
[[nodiscard]] Value percentFormatted(Runtime& runtime, const Value& format, const Value& values);
/// format(value, specification), of the mini-language [[fill]align][sign][#][0][width][,_][.precision][type].
[[nodiscard]] std::string formatted(Runtime& runtime, const Value& value, std::string_view specification);
/// text.format(...), as the sandbox runs it. `mapping` is format_map's argument, else null.
[[nodiscard]] Value braceFormatted(Runtime& runtime, const Text& text, const Arguments& arguments,
                                   const Value* mapping = nullptr);

}  // namespace rosa::text::jinja
