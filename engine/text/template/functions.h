// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/template/runtime.h"
#include "text/template/value.h"

namespace rosa::text::jinja {

/// The functions that every template can call: range, dict, namespace, cycler, joiner, lipsum, raise_exception,
/// strftime_now. Nothing where there is none of that name.
[[nodiscard]] std::optional<Value> globalFunction(std::string_view name);

/// A time as C's strftime writes it in the C locale, %f included.
[[nodiscard]] std::string formattedTime(const LocalTime& time, const std::string& format);

}  // namespace rosa::text::jinja
