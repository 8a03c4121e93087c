// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "text/template/syntax.h"

namespace rosa::text::jinja {

/// Throws a Failure of type TemplateSyntaxError, TemplateAssertionError or SyntaxError with its line.
[[nodiscard]] Syntax parse(std::string_view source);

}  // namespace rosa::text::jinja
