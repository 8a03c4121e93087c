// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/byte_trie.h"

#include <algorithm>

namespace rosa::text {
namespace {

/// Texts [begin, end) of the sorted list share their first `depth` bytes, which lead to `node`.
struct Group {
  std::size_t begin = 0, end = 0;
  std::size_t depth = 0;
  std::int32_t node = ByteTrie::kNothing;
};

}  // namespace

ByteTrie::ByteTrie(std::vector<std::pair<std::string_view, std::int32_t>> texts) : ByteTrie() {
  std::ranges::stable_sort(texts, {}, &std::pair<std::string_view, std::int32_t>::first);
  // Breadth first, so that the children of a node stand together. A list of groups and no recursion: a text may be
  // as long as a file allows.
  std::vector<Group> groups = {{0, texts.size(), 0, kNothing}};
  for (std::size_t at = 0; at < groups.size(); ++at) {
    const Group group = groups[at];
    std::size_t i = group.begin;
    for (; i < group.end && texts[i].first.size() == group.depth; ++i) {
      if (group.node != kNothing) nodes_[static_cast<std::size_t>(group.node)].value = texts[i].second;
    }
    if (group.node != kNothing)
      nodes_[static_cast<std::size_t>(group.node)].firstChild = static_cast<std::int32_t>(nodes_.size());
    while (i < group.end) {
      const auto byte = static_cast<unsigned char>(texts[i].first[group.depth]);
      const auto begin = i;
      while (i < group.end && static_cast<unsigned char>(texts[i].first[group.depth]) == byte) ++i;
      const auto child = static_cast<std::int32_t>(nodes_.size());
      if (group.node == kNothing) {
        fromRoot_[byte] = child;
      } else {
        ++nodes_[static_cast<std::size_t>(group.node)].children;
      }
      nodes_.push_back({.byte = byte});
      groups.push_back({begin, i, group.depth + 1, child});
    }
  }
}

std::int32_t ByteTrie::next(std::int32_t node, unsigned char byte) const {
  if (node == kNothing) return fromRoot_[byte];
  const auto& from = nodes_[static_cast<std::size_t>(node)];
  const auto first = nodes_.begin() + from.firstChild;
  const auto last = first + from.children;
  const auto found = std::lower_bound(first, last, byte, [](const Node& a, unsigned char b) { return a.byte < b; });
  return found == last || found->byte != byte ? kNothing : static_cast<std::int32_t>(found - nodes_.begin());
}

}  // namespace rosa::text
