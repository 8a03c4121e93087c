// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "rosa/expected.h"

namespace rosa::text {

/// The tokenizers library matches with Oniguruma in Ruby's syntax. Rewrites such an expression for PCRE2 (UTF, UCP,
/// multiline), where the two read the same signs differently: \s, \w, \b, \h and \v, classes inside classes and their
/// intersections, properties by long names or of scripts, {,n}, a + behind {n,m}, and options in the middle of a group.
[[nodiscard]] Expected<std::u32string> pcreSyntax(std::u32string_view expression);

}  // namespace rosa::text
