// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <csignal>
#include <fstream>

#include "cli_fixture.h"

namespace rosa::test {
namespace {

/// `rosa generate` on the sample's model.
class CliGenerate : public CliFixture {
 protected:
  const std::string prompt_ = "Once upon a time, there was a";

  [[nodiscard]] std::vector<std::string> arguments(std::vector<std::string> more) const {
    std::vector<std::string> all = {"generate", "--model", (samples() / "stories260k").string(), "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] std::string printed(std::vector<std::string> more) const {
    const auto result = rosa(arguments(std::move(more)));
    EXPECT_EQ(result.exitCode, 0) << result.error;
    return result.output;
  }
};

TEST_F(CliGenerate, APromptIsPrintedWithItsContinuation) {
  EXPECT_EQ(printed({"--prompt", prompt_, "--max-new-tokens", "7"}), prompt_ + " little girl named Lily.\n");
  EXPECT_EQ(printed({"--prompt", prompt_, "--stop", "named Li"}), prompt_ + " little girl \n");
  EXPECT_EQ(printed({"--prompt", prompt_, "--end-token", "."}), prompt_ + " little girl named Lily\n");
}

TEST_F(CliGenerate, ManyPromptsAreAnsweredInTheirOrderAndAsEachAlone) {
  const std::vector<std::string> prompts = {prompt_, "The dog", "Lily said, \"I want to", "Tom"};
  {
    std::ofstream file(folder_.path() / "prompts.txt");
    file << prompts[2] << "\n\n" << prompts[3] << "\r\n";
  }
  const std::vector<std::string> common = {"--end-token", ".", "--json", "--temperature", "0.7", "--seed", "3"};
  auto several = common;
  several.insert(several.end(), {"--prompts", (folder_.path() / "prompts.txt").string(), "--prompt", prompts[0],
                                 "--prompt", prompts[1], "--batch", "3"});
  const auto answers = events(printed(several));
  ASSERT_EQ(answers.size(), prompts.size());
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    EXPECT_EQ(answers[i].at("prompt"), prompts[i]);
    auto alone = common;
    alone.insert(alone.end(), {"--prompt", prompts[i]});
    EXPECT_EQ(events(printed(alone)).at(0), answers[i]);
  }
}

TEST_F(CliGenerate, APromptThatIsCutIsToldOnStderrAndCountedInJson) {
  std::string prompt;
  for (int i = 0; i < 300; ++i) prompt += "The dog ran. ";
  for (const bool json : {true, false}) {
    std::vector<std::string> more = {"--prompt", prompt, "--max-new-tokens", "2"};
    if (json) more.emplace_back("--json");
    const auto result = rosa(arguments(more));
    EXPECT_EQ(result.exitCode, 0) << result.error;
    EXPECT_NE(result.error.find("note: Prompt 1 has "), std::string::npos) << result.error;
    EXPECT_NE(result.error.find(" are cut off."), std::string::npos) << result.error;
    if (!json) continue;
    const auto answer = events(result.output).at(0);
    EXPECT_EQ(answer.at("prompt_tokens").get<int>() - answer.at("dropped_prompt_tokens").get<int>(), 510);
  }
  const auto whole = events(printed({"--prompt", prompt_, "--json"})).at(0);
  EXPECT_EQ(whole.at("dropped_prompt_tokens"), 0);
  EXPECT_GT(whole.at("prompt_tokens"), 5);
}

TEST_F(CliGenerate, BeamsComeWithTheirScoresTheBestFirst) {
  const auto answers =
      events(printed({"--prompt", prompt_, "--beams", "4", "--length-penalty", "0.8", "--no-repeat-ngram", "4",
                      "--early-stopping", "yes", "--returned", "3", "--end-token", ".", "--json"}));
  ASSERT_EQ(answers.size(), 1U);
  const auto& texts = answers[0].at("texts");
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_EQ(texts[0].at("text"), " little girl named Lily");
  EXPECT_EQ(texts[0].at("ending"), "end token");
  EXPECT_GE(texts[0].at("score").get<double>(), texts[1].at("score").get<double>());
}

TEST_F(CliGenerate, AMistakeIsOneSentenceBeforeTheModelIsOpened) {
  const std::vector<std::vector<std::string>> mistakes = {
      {"--top-p", "0", "--temperature", "1"},
      {"--beams", "4", "--temperature", "1"},
      {"--repetition-penalty", "-1"},
      {"--length-penalty", "0.8"},
      {"--min-new-tokens", "100"},
      {"--stop", ""},
      {"--prompts", "/nothing/there.txt"},
  };
  for (const auto& mistake : mistakes) {
    std::vector<std::string> all = {"generate", "--model", "/no/such/model", "--prompt", "Once"};
    all.insert(all.end(), mistake.begin(), mistake.end());
    const auto result = rosa(all);
    EXPECT_EQ(result.exitCode, 2);
    EXPECT_TRUE(result.output.empty()) << result.output;
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
    EXPECT_NE(result.error.find(mistake[0].substr(2) + ": "), std::string::npos) << result.error;
  }
  EXPECT_EQ(rosa({"generate", "--model", "/no/such/model"}).exitCode, 2) << "no prompt";
}

TEST_F(CliGenerate, CtrlCEndsAfterTheTokenWithWholeLines) {
  {
    std::ofstream file(folder_.path() / "prompts.txt");
    for (int i = 0; i < 100000; ++i) file << "Once upon a time\n";
  }
  auto all = arguments({"--prompts", (folder_.path() / "prompts.txt").string(), "--json"});
  all.insert(all.begin(), program().string());
  Process process(all, environment());
  while (process.running() && process.outputSoFar().find('\n') == std::string::npos) {
  }
  process.signal(SIGINT);
  const auto stopped = process.wait();
  EXPECT_EQ(stopped.exitCode, 1);
  EXPECT_NE(stopped.error.find("stopped"), std::string::npos) << stopped.error;
  EXPECT_FALSE(events(stopped.output).empty());
  EXPECT_TRUE(stopped.output.ends_with("}\n"));
}

}  // namespace
}  // namespace rosa::test
