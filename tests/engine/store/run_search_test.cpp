// SPDX-License-Identifier: GPL-3.0-or-later
#include "rosa/run_search.h"

#include <gtest/gtest.h>

namespace rosa {
namespace {

RunRecord searched() {
  RunRecord run;
  run.directory = "/home/someone/runs/2026-01-01-mrpc";
  run.host = "gpu1";
  run.name = "ÜBERBLICK Straße";
  run.model = "bert-base";
  run.method = "rosa";
  run.status = "completed";
  run.notes = {{"Paper", "ΣΊΣΥΦΟΣ"}, "for figure\n3"};
  return run;
}

bool finds(std::string_view words) {
  return RunSearch(words).matches(searchText(searched(), {"fertig"}));
}

TEST(RunSearch, EachWordMustStandSomewhereWhateverItsCase) {
  for (const char* words : {"", "  ", "überblick", "STRASSE bert", "paper\tROSA", "σίσυφος", "2026-01-01", "gpu1",
                            "FERTIG", "figure 3", "completed"}) {
    EXPECT_TRUE(finds(words)) << words;
  }
  for (const char* words : {"uberblick", "paper nowhere", "figure3", "someone", "rosacompleted"}) {
    EXPECT_FALSE(finds(words)) << words;
  }
  EXPECT_TRUE(RunSearch(" \n").empty());
}

}  // namespace
}  // namespace rosa
