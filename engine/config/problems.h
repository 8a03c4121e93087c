// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/fields.h"
#include "rosa/config.h"

namespace rosa::config {

/// Collects what is wrong with a configuration: each sentence begins with the key it belongs to.
class Problems {
 public:
  void add(std::string_view key, std::string_view sentence) {
    found_.push_back({std::string(key), std::string(key) + ": " + std::string(sentence)});
  }
  void addUnless(bool right, std::string_view key, std::string_view sentence) {
    if (!right) add(key, sentence);
  }
  /// In the order of the settings, several of one setting in the order they were found.
  [[nodiscard]] std::vector<ConfigProblem> take() {
    std::ranges::stable_sort(found_, {}, [](const ConfigProblem& problem) { return findField(problem.key); });
    return std::move(found_);
  }

 private:
  std::vector<ConfigProblem> found_;
};

}  // namespace rosa::config
