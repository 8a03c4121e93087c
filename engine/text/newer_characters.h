// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace rosa::text {

/// The tokenizers library matches by Unicode 16, the PCRE2 of today's distributions by Unicode 14. For a code point
/// that only the former knows, one of the same general category (and of Han, where it is Han) that both know; any other
/// is itself.
[[nodiscard]] char32_t asKnownToPcre(char32_t c);

}  // namespace rosa::text
