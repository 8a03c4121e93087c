// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace rosa::text {

/// Texts in UTF-8, walked byte by byte from the first: finds all that a place in a text begins with in one pass.
class ByteTrie {
 public:
  static constexpr std::int32_t kNothing = -1;

  ByteTrie() { fromRoot_.fill(kNothing); }
  /// Of texts equal to one another the last counts; the empty text is left out.
  explicit ByteTrie(std::vector<std::pair<std::string_view, std::int32_t>> texts);

  /// The node that a byte leads to, or kNothing. The root is kNothing too.
  [[nodiscard]] std::int32_t next(std::int32_t node, unsigned char byte) const;
  /// The value of the text that ends at a node, or kNothing.
  [[nodiscard]] std::int32_t valueAt(std::int32_t node) const { return nodes_[static_cast<std::size_t>(node)].value; }

 private:
  /// Children stand side by side, in the order of their bytes.
  struct Node {
    std::int32_t value = kNothing;
    std::int32_t firstChild = 0;
    std::uint16_t children = 0;
    unsigned char byte = 0;
  };
  std::vector<Node> nodes_;
  std::array<std::int32_t, 256> fromRoot_{};
};

}  // namespace rosa::text
