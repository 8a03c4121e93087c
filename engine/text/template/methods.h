// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "text/template/objects.h"
#include "text/template/runtime.h"
#include "text/template/value.h"

/// The methods and attributes of Python's own types that a template may use.
namespace rosa::text::jinja {

/// A bound method or attribute of a string, list, tuple, dict or number; nothing where the type has none of that name.
[[nodiscard]] std::optional<Value> methodOf(Runtime& runtime, const Value& value, std::string_view name);

using Method = Value (*)(Runtime& runtime, const Value& self, const Arguments& arguments);
/// Null where str has no such method.
[[nodiscard]] Method textMethod(std::string_view name);

/// Throws a TypeError unless there are `least` to `most` arguments, none of them by name.
void requirePositional(std::string_view function, const Arguments& arguments, std::size_t least, std::size_t most);
/// The argument as a string, or a TypeError.
[[nodiscard]] const Text& textArgument(std::string_view function, const Value& value);
[[nodiscard]] Integer integerArgument(const Value& value);

}  // namespace rosa::text::jinja
