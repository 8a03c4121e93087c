// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "text/unicode.h"

namespace rosa::text {

/// One code point of a text on its way through a tokenizer, and which code points [begin, end) of the original it
/// stands for.
struct AlignedChar {
  char32_t value = 0;
  std::int32_t begin = 0, end = 0;
};

using AlignedText = std::vector<AlignedChar>;
using AlignedView = std::span<const AlignedChar>;

/// Part [begin, end) of an AlignedText.
struct Span {
  std::size_t begin = 0, end = 0;
};

[[nodiscard]] inline std::string toUtf8(AlignedView text) {
  std::string utf8;
  utf8.reserve(text.size());
  for (const auto& c : text) appendUtf8(utf8, c.value);
  return utf8;
}

}  // namespace rosa::text
