// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rosa/catalogue.h"

/// Finding runs by words, in a terminal and in the window alike. Pure functions, callable from any thread.
namespace rosa {

/// Everything a search looks at, case folded as Unicode has it: what the run is called, is, trains on, is said to be,
/// and in which state. `shown`: how some of it reads elsewhere, such as in another language.
[[nodiscard]] std::string searchText(const RunRecord& run, const std::vector<std::string>& shown = {});

/// White space between the words; upper case counts as lower case.
class RunSearch {
 public:
  explicit RunSearch(std::string_view words = {});

  [[nodiscard]] bool empty() const { return words_.empty(); }
  /// Each of the words stands somewhere in what `searchText` gave.
  [[nodiscard]] bool matches(std::string_view text) const;

 private:
  std::vector<std::string> words_;
};

}  // namespace rosa
