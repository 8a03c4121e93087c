// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "data/order.h"
#include "data/summary.h"
#include "read_rows.h"
#include "support/golden.h"
#include "temporary_folder.h"

namespace rosa::data {
namespace {

/// The seed that resources/samples/e2e/README.md names.
constexpr std::int64_t kSeed = 2017;

std::filesystem::path sampleFolder() {
  return test::sourceDirectory() / "resources" / "samples" / "e2e";
}

TEST(SampleGolden, IsDrawnFromTheOfficialFilesAsItsReadmeSays) {
  const auto official = test::dataDirectory() / "e2e" / "official";
  if (!std::filesystem::exists(official)) GTEST_SKIP() << official << " is missing";
  const std::pair<const char*, const char*> files[] = {{"train.csv", "trainset.csv"}, {"dev.csv", "devset.csv"}};
  for (const auto& [sampleName, officialName] : files) {
    SCOPED_TRACE(sampleName);
    const ReadFile sample = readAll(sampleFolder() / sampleName);
    const ReadFile whole = readAll(official / officialName);
    ASSERT_EQ(sample.error + whole.error, "");
    const auto count = std::ssize(whole.rows);
    const double fraction = static_cast<double>(sample.rows.size()) / static_cast<double>(count);
    std::vector<std::vector<std::string>> drawn;
    const auto texts = whole.texts();
    for (const auto row : heldOutRows(count, fraction, kSeed)) drawn.push_back(texts[static_cast<std::size_t>(row)]);
    EXPECT_EQ(sample.texts(), drawn);
  }
}

TEST(SampleGolden, IsRecognisedForCompletion) {
  const auto summary = summarise(sampleFolder());
  ASSERT_TRUE(summary) << messageOf(summary);
  EXPECT_EQ(summary->rows, 4000);
  EXPECT_EQ(summary->validationRows, 200);
  EXPECT_EQ(summary->suggestedTask, "completion");
  EXPECT_EQ(summary->suggestedPrompt, "mr");
  EXPECT_EQ(summary->suggestedCompletion, "ref");
}

}  // namespace
}  // namespace rosa::data
