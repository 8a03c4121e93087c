// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/stop_filter.h"

#include <algorithm>
#include <utility>

namespace rosa::generate {

std::string StopFilter::push(std::string_view text) {
  if (stopped_) return {};
  held_ += text;
  auto begin = std::string::npos;
  auto end = std::string::npos;
  for (const auto& stop : stops_) {
    const auto found = held_.find(stop);
    if (found == std::string::npos) continue;
    const auto foundEnd = found + stop.size();
    if (end == std::string::npos || foundEnd < end || (foundEnd == end && found < begin)) {
      begin = found;
      end = foundEnd;
    }
  }
  if (end != std::string::npos) {
    stopped_ = true;
    held_.resize(begin);
    return std::exchange(held_, {});
  }
  // The longest end of the text that is the beginning of a stop string.
  std::size_t kept = 0;
  for (const auto& stop : stops_) {
    for (auto length = std::min(held_.size(), stop.size() - 1); length > kept; --length) {
      if (held_.ends_with(std::string_view(stop).substr(0, length))) kept = length;
    }
  }
  auto certain = held_.substr(0, held_.size() - kept);
  held_.erase(0, certain.size());
  return certain;
}

std::string StopFilter::finish() {
  return std::exchange(held_, {});
}

}  // namespace rosa::generate
