// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "metrics/text_segment.h"

namespace rosa::metrics {

/// "a b" as its two words.
inline Words words(const std::string& text) {
  std::istringstream in(text);
  Words result;
  for (std::string word; in >> word;) result.push_back(word);
  return result;
}

/// Words with single blanks between them.
inline std::string joined(const Words& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

inline TextSegment segment(const std::string& hypothesis, const std::vector<std::string>& references) {
  TextSegment result{words(hypothesis), {}};
  for (const auto& reference : references) result.references.push_back(words(reference));
  return result;
}

}  // namespace rosa::metrics
