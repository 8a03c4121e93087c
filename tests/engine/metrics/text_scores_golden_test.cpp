// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text_scores.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "data/row_reader.h"
#include "metrics/meteor.h"
#include "metrics/ptb_tokenizer.h"
#include "support/golden.h"
#include "support/wordnet.h"

namespace rosa::metrics {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> readLines(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// The references of each meaning, meanings in the order they appear.
std::vector<std::vector<std::string>> readReferences(const fs::path& csv) {
  std::vector<std::vector<std::string>> references;
  std::map<std::string, std::size_t> placeOf;
  auto reader = data::openRows(csv);
  if (!reader) return references;
  for (data::Row row;;) {
    const auto found = (*reader)->next(row);
    if (!found || !*found) return references;
    const auto [entry, fresh] = placeOf.try_emplace(row.cells.at(0).text, references.size());
    if (fresh) references.emplace_back();
    references[entry->second].push_back(row.cells.at(1).text);
  }
}

/// One line of the table: a system's output and the scores the challenge's own scripts gave it, as printed.
struct Published {
  fs::path file;
  std::map<std::string, std::string> scores;
};

/// Real outputs of a system of the E2E challenge on the development set, with published scores.
class TextScoresGolden : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = test::dataDirectory() / "e2e-metric-vectors" / "ukp";
    const auto devset = test::dataDirectory() / "e2e" / "official" / "devset.csv";
    if (!fs::exists(folder / "expected.tsv")) GTEST_SKIP() << folder << " is missing";
    if (!fs::exists(devset)) GTEST_SKIP() << devset << " is missing";
    references_ = readReferences(devset);
    const auto lines = readLines(folder / "expected.tsv");
    const auto names = fields(lines.at(0));
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const auto values = fields(lines[i]);
      auto& entry = published_.emplace_back();
      entry.file = folder / values.at(0);
      for (std::size_t column = 1; column < names.size(); ++column) entry.scores[names[column]] = values.at(column);
    }
    ASSERT_FALSE(published_.empty());
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    constexpr std::size_t kEnough = 3;
    if (published_.size() > kEnough) published_.resize(kEnough);
    std::cout << "Under a sanitizer, which makes this slow: the first " << published_.size() << " outputs\n";
#endif
  }

  static std::vector<std::string> fields(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> parts;
    for (std::string part; std::getline(in, part, '\t');) parts.push_back(part);
    return parts;
  }

  std::vector<Published> published_;
  std::vector<std::vector<std::string>> references_;
};

TEST_F(TextScoresGolden, EqualThePublishedOnesToThePrintedDigits) {
  double least = 1;
  double most = -1;
  for (const auto& [file, expected] : published_) {
    SCOPED_TRACE(file.filename());
    const auto hypotheses = readLines(file);
    ASSERT_EQ(hypotheses.size(), references_.size());
    for (const auto& [name, value] : textScores(hypotheses, references_)) {
      const double published = std::stod(expected.at(name));
      if (name == "meteor") {
        least = std::min(least, value - published);
        most = std::max(most, value - published);
      } else {
        // The table drops zeros at the end: "0.717" is 0.7170.
        EXPECT_EQ(fmt::format("{:.4f}", value), fmt::format("{:.4f}", published)) << name;
      }
    }
  }
  std::cout << fmt::format(
      "METEOR less the published one, {} outputs: {:+.4f} to {:+.4f} (no paraphrases, no synonyms)\n",
      published_.size(), least, most);
  EXPECT_GT(least, -0.01);
  EXPECT_LT(most, 0);
}

TEST_F(TextScoresGolden, MeteorComesNearerWithWordNetsSynonyms) {
  const auto wordNet = test::WordNet::installed();
  if (!wordNet) GTEST_SKIP() << "WordNet is not installed (Debian's wordnet-base)";
  std::vector<TextSegment> segments;
  for (const auto& references : references_) {
    auto& segment = segments.emplace_back();
    for (const auto& reference : references) segment.references.push_back(ptbWords(reference));
  }
  constexpr std::size_t kEnough = 5;
  if (published_.size() > kEnough) published_.resize(kEnough);
  double least = 1;
  double most = -1;
  for (const auto& [file, expected] : published_) {
    SCOPED_TRACE(file.filename());
    const auto hypotheses = readLines(file);
    for (std::size_t i = 0; i < segments.size(); ++i) segments[i].hypothesis = ptbWords(hypotheses.at(i));
    const auto senses = [&wordNet](const std::string& word) -> const auto& {
      return wordNet->synsets(word);
    };
    const double difference = meteor(segments, senses) - std::stod(expected.at("meteor"));
    least = std::min(least, difference);
    most = std::max(most, difference);
  }
  std::cout << fmt::format(
      "METEOR less the published one, {} outputs: {:+.4f} to {:+.4f} (with WordNet, no paraphrases)\n",
      published_.size(), least, most);
  EXPECT_GT(least, -0.005);
  EXPECT_LT(most, 0);
}

}  // namespace
}  // namespace rosa::metrics
