// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "cli_fixture.h"

namespace rosa::test {
namespace {

/// `rosa score` on small files.
class CliScore : public CliFixture {
 protected:
  [[nodiscard]] std::string write(const char* name, const std::string& text) const {
    const auto path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  [[nodiscard]] ProcessResult score(const std::string& hypotheses, const std::string& references) const {
    return rosa({"score", "--hypotheses", hypotheses, "--references", references, "--json"});
  }
  void expectError(const ProcessResult& result, const std::string& part) const {
    EXPECT_EQ(result.exitCode, 2);
    EXPECT_EQ(result.output, "");
    EXPECT_NE(result.error.find(part), std::string::npos) << result.error;
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
  }
};

const char* const kHypotheses = "Aromi is a cheap pub .\nThe Mill serves fish by the river .\n";
const char* const kReferences = "Aromi is a cheap pub.\nA cheap pub is Aromi.\n\nThe Mill serves fish by the river.\n";

TEST_F(CliScore, ReadsGroupsOfLinesAndTables) {
  const auto lines = score(write("out.txt", kHypotheses), write("ref.txt", kReferences));
  ASSERT_EQ(lines.exitCode, 0) << lines.error;
  const auto scores = json::parse(lines.output);
  EXPECT_EQ(scores.at("bleu"), 1);
  EXPECT_EQ(scores.at("rouge_l"), 1);
  EXPECT_EQ(scores.at("meteor"), 1);
  EXPECT_GT(scores.at("nist"), 1);
  EXPECT_GT(scores.at("cider"), 1);
  EXPECT_EQ(scores.at("hypotheses"), 2);
  EXPECT_EQ(scores.at("references"), 3);

  // The same groups from a table whose rows of one source are apart, and hypotheses in another order with sources.
  const auto table = write("ref.csv",
                           "mr,ref\na,Aromi is a cheap pub.\nb,The Mill serves fish by the river.\n"
                           "a,A cheap pub is Aromi.\n");
  EXPECT_EQ(json::parse(score(write("out.txt", kHypotheses), table).output), scores);
  const auto sourced =
      write("out.tsv", "MR\tOutput\nb\tThe Mill serves fish by the river .\na\tAromi is a cheap pub .\n");
  EXPECT_EQ(json::parse(score(sourced, table).output), scores);
}

TEST_F(CliScore, WithoutBlankLinesEachReferenceIsAGroup) {
  const auto result = score(write("out.txt", kHypotheses), write("ref.txt", kHypotheses));
  ASSERT_EQ(result.exitCode, 0) << result.error;
  EXPECT_EQ(json::parse(result.output).at("references"), 2);
}

TEST_F(CliScore, SaysWhatItMeasuredInWords) {
  const auto result =
      rosa({"score", "--hypotheses", write("out.txt", kHypotheses), "--references", write("ref.txt", kReferences)});
  EXPECT_EQ(result.exitCode, 0) << result.error;
  for (const char* part : {"bleu 1.0000", "rouge_l 1.0000", "2 texts, 3 references", "METEOR without"})
    EXPECT_NE(result.output.find(part), std::string::npos) << result.output;
}

TEST_F(CliScore, TellsMistakesInOneSentenceEach) {
  const auto output = write("out.txt", kHypotheses);
  expectError(score(output, write("one.txt", "Only one.\n")), "has 2 texts and");
  expectError(score(output, write("gap.txt", "A.\n\n\nB.\n")), "Line 3 of");
  expectError(score(output, write("empty.txt", "\n")), "holds no texts");
  expectError(score(output, write("names.csv", "mr,text\na,b\n")), "no column \"ref\"");
  expectError(score(write("out.csv", "mr,output\nc,C.\n"), write("ref.csv", "mr,ref\na,A.\n")),
              "no reference for \"c\"");
  expectError(score(output, (folder_.path() / "missing.txt").string()), "does not exist");
  expectError(score(write("bytes.txt", "\xFF\n"), write("ref.txt", kReferences)), "not valid UTF-8");
}

}  // namespace
}  // namespace rosa::test
