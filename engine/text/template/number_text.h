// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "text/template/runtime.h"
#include "text/template/value.h"

/// Numbers read and rounded as Python does.
namespace rosa::text::jinja {

/// int(text, base), nothing where it is no number. Throws an OverflowError beyond 128 bits.
[[nodiscard]] std::optional<Integer> readInteger(std::string_view text, int base);
/// float(text)
[[nodiscard]] std::optional<double> readReal(std::string_view text);
/// int(real); throws where it is infinite, not a number, or beyond 128 bits.
[[nodiscard]] Integer truncated(double real);
/// round(value, digits)
[[nodiscard]] Value rounded(const Value& value, Integer digits);

}  // namespace rosa::text::jinja
