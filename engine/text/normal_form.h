// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "text/aligned_text.h"

namespace rosa::text {

/// A code point of a rewritten text, and how it came: 0 stands for one code point of the text before, +1 was inserted
/// behind it, -n took n more code points into itself.
struct Change {
  char32_t value = 0;
  int change = 0;
};

/// Replaces the text by what `changes` say. Places follow from the changes alone, in their order, as the reference
/// library has it: of marks that change places only the code points move.
void applyChanges(AlignedText& text, const std::vector<Change>& changes);

/// Puts the text into a Unicode normal form: NFD, with `compatibility` NFKD, with `composing` NFC or NFKC.
void normalForm(AlignedText& text, bool compatibility, bool composing);

}  // namespace rosa::text
