// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rosa::generate {

/// Lets text through up to the first stop string, and never any part of one. Of several, that stops which is complete
/// first, the longest of those; so it does not matter in what pieces the text comes.
class StopFilter {
 public:
  StopFilter() = default;
  explicit StopFilter(std::vector<std::string> stops) : stops_(std::move(stops)) {}

  /// The text that is now certain. What may yet become a stop string is held back.
  [[nodiscard]] std::string push(std::string_view text);
  /// What was held back, when the text ends without a stop string.
  [[nodiscard]] std::string finish();
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace rosa::generate
