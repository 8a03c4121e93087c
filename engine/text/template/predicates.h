// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "text/template/objects.h"
#include "text/template/runtime.h"
#include "text/template/value.h"

/// Jinja's tests, `value is name(arguments)`.
namespace rosa::text::jinja {

/// The value of a test is what Python's function returns: mostly a truth value.
using Predicate = Value (*)(Runtime& runtime, const Value& value, const Arguments& arguments);

/// Null where there is none of that name.
[[nodiscard]] Predicate findPredicate(std::string_view name);

}  // namespace rosa::text::jinja
