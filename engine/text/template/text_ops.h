// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/template/runtime.h"
#include "text/template/value.h"

/// What the methods of str and the filters of texts share. All take and give UTF-8.
namespace rosa::text::jinja {

/// Without the characters of `set` (null: white space) at the ends asked for.
[[nodiscard]] std::string_view strip(std::string_view text, const std::string* set, bool left = true,
                                     bool right = true);

/// str.split and str.rsplit; `most` < 0: no limit.
[[nodiscard]] std::vector<std::string> splitAt(std::string_view text, std::string_view separator, Integer most);
[[nodiscard]] std::vector<std::string> splitFromRight(std::string_view text, std::string_view separator, Integer most);
[[nodiscard]] std::vector<std::string> splitSpace(std::string_view text, Integer most);
[[nodiscard]] std::vector<std::string> splitSpaceFromRight(std::string_view text, Integer most);
[[nodiscard]] std::vector<std::string> splitLines(std::string_view text, bool keepEnds);

/// str.replace; counts what it makes before it makes it.
[[nodiscard]] std::string replaced(Runtime& runtime, std::string_view text, std::string_view old,
                                   std::string_view fresh, Integer most);
/// str.ljust ('<'), rjust ('>') and center ('^')
[[nodiscard]] std::string justify(Runtime& runtime, const Text& text, Integer width, char align,
                                  std::string_view fill = " ");

[[nodiscard]] bool isLowerCase(std::string_view text);  ///< str.islower
[[nodiscard]] bool isUpperCase(std::string_view text);
[[nodiscard]] bool isIdentifier(std::string_view text);

/// Markup.striptags: without comments and tags, white space made single, entities resolved.
[[nodiscard]] std::string withoutTags(std::string_view text);
/// With the commonest entities (&lt; &#39; ...) resolved.
[[nodiscard]] std::string withoutEntities(std::string_view text);

}  // namespace rosa::text::jinja
