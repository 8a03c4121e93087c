// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "text/template/objects.h"
#include "text/template/runtime.h"
#include "text/template/value.h"

/// Jinja's filters, `value | name(arguments)`, with tojson as transformers has it.
namespace rosa::text::jinja {

using Filter = Value (*)(Runtime& runtime, const Value& value, const Arguments& arguments);

/// Null where there is none of that name.
[[nodiscard]] Filter findFilter(std::string_view name);

// The parts that findFilter puts together.
[[nodiscard]] Filter findTextFilter(std::string_view name);
[[nodiscard]] Filter findSequenceFilter(std::string_view name);
[[nodiscard]] Filter findNumberFilter(std::string_view name);

}  // namespace rosa::text::jinja
