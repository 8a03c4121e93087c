// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "base/json.h"
#include "rosa/expected.h"
#include "text/aligned_text.h"

namespace rosa::text {

/// Rewrites a text before it is cut, keeping track of where each code point came from.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void apply(AlignedText& text) const = 0;
  /// Whether the text behind a line break becomes the same whatever stands before.
  [[nodiscard]] virtual bool forgets() const { return false; }
  /// The same of the text from a line break on that stands between two words, blanks aside, where both can be seen.
  [[nodiscard]] virtual bool forgetsBehindWord() const { return forgets(); }
};

/// From tokenizer.json's "normalizer"; null makes null.
[[nodiscard]] Expected<std::unique_ptr<Normalizer>> makeNormalizer(const base::Json& json);

}  // namespace rosa::text
