// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/expected.h"

namespace rosa::text {

/// A SentencePiece model's precompiled_charsmap: 4 bytes with the size of a double-array trie (Darts-clone), the trie,
/// and the replacements that its values point into, each ended by a zero byte. It may come from anywhere, so every step
/// through it stays inside.
class Charsmap {
 public:
  [[nodiscard]] static Expected<Charsmap> fromBase64(std::string_view base64);

  /// The replacement of the shortest beginning of `utf8` that the table holds; none where it holds none. Valid as long
  /// as the table.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view utf8) const;

 private:
  std::vector<std::uint32_t> units_;
  std::string replacements_;
};

}  // namespace rosa::text
