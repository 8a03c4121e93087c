// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "text/template/runtime.h"
#include "text/template/value.h"

/// value.name and value[key] as the sandboxed environment answers them: each falls back on the other, and what is not
/// there or not allowed is an undefined value.
namespace rosa::text::jinja {

[[nodiscard]] Value attributeOf(Runtime& runtime, const Value& value, std::string_view name);
/// The filter attr: an attribute alone, without the way out over value[name].
[[nodiscard]] Value plainAttributeOf(Runtime& runtime, const Value& value, std::string_view name);
[[nodiscard]] Value itemOf(Runtime& runtime, const Value& value, const Value& key);

}  // namespace rosa::text::jinja
