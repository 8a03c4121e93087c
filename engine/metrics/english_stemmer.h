// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace rosa::metrics {

/// The stem of an English word in lower case by Porter's second algorithm, as Snowball publishes it ("english"):
/// "generously" and "generous" give "generous", "restaurants" gives "restaur". Letters beyond ASCII count as
/// consonants.
[[nodiscard]] std::string englishStem(std::string_view word);

}  // namespace rosa::metrics
