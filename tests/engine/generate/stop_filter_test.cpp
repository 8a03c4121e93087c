// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/stop_filter.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace rosa::generate {
namespace {

/// All that comes out of a text put in by pieces of a size.
std::string through(const std::vector<std::string>& stops, const std::string& text, std::size_t size) {
  StopFilter filter(stops);
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += size) out += filter.push(std::string_view(text).substr(i, size));
  if (!filter.stopped()) out += filter.finish();
  return out;
}

TEST(StopFilter, EndsBeforeTheStopStringWhateverThePieces) {
  struct Case {
    std::vector<std::string> stops;
    std::string text, expected;
  };
  const std::vector<Case> cases = {
      {{}, "all of it", "all of it"},
      {{"\n\n"}, "one\ntwo\n\nthree", "one\ntwo"},
      {{"stop"}, "no sto, no stop, no", "no sto, no "},
      {{"stop"}, "ends with sto", "ends with sto"},
      {{"aab"}, "aaaaab", "aaa"},       // the beginning overlaps itself
      {{"abcd", "c"}, "xabcd", "xab"},  // the shorter is complete first
      {{"bc", "abc"}, "xabc", "x"},     // both at once: the longer
      {{"abac", "bab"}, "xababac", "xa"},
      {{"END"}, "END", ""},
      {{"E", "longer"}, "", ""},
  };
  for (const auto& [stops, text, expected] : cases) {
    for (std::size_t size = 1; size <= text.size() + 1; ++size) {
      EXPECT_EQ(through(stops, text, size), expected) << "\"" << text << "\" by " << size;
    }
  }
}

TEST(StopFilter, HoldsBackOnlyWhatMayBecomeAStopString) {
  StopFilter filter({"###", "User:"});
  EXPECT_EQ(filter.push("Hello #"), "Hello ");
  EXPECT_EQ(filter.push("#"), "");
  EXPECT_EQ(filter.push(" two Us"), "## two ");
  EXPECT_EQ(filter.push("ed"), "Used");
  EXPECT_EQ(filter.push(" User"), " ");
  EXPECT_FALSE(filter.stopped());
  EXPECT_EQ(filter.push(": more"), "");
  EXPECT_TRUE(filter.stopped());
  EXPECT_EQ(filter.push("and more"), "");
}

}  // namespace
}  // namespace rosa::generate
