// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/command_log.h"

#include <string>
#include <thread>
#include <vector>

#include "store_fixture.h"

namespace rosa::store {
namespace {

class CommandLogTest : public StoreTest {
 protected:
  RunFolder folder_ = makeRun();
};

std::vector<std::string> texts(const std::vector<Command>& commands) {
  std::vector<std::string> lines;
  for (const auto& command : commands) lines.push_back(toJson(command));
  return lines;
}

const std::vector<Command>& everyCommand() {
  static const std::vector<Command> kAll = {PauseRun{},
                                            UnpauseRun{},
                                            SaveRun{},
                                            SampleRun{"Once upon \"a\" time"},
                                            EvaluateRun{},
                                            ResampleRun{},
                                            SetLearningRate{2.5e-4},
                                            StopRun{false}};
  return kAll;
}

TEST_F(CommandLogTest, EveryCommandComesBackAsItWasGiven) {
  ASSERT_EQ(everyCommand().size(), std::variant_size_v<Command>);
  CommandTail tail(folder_, 0);
  for (const auto& command : everyCommand()) ASSERT_TRUE(appendCommand(folder_, command));
  const auto news = tail.read();
  ASSERT_TRUE(news) << news.error().message;
  EXPECT_EQ(texts(news->commands), texts(everyCommand()));
  EXPECT_TRUE(news->mistakes.empty());
  const auto again = tail.read();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->commands.empty()) << "each is read once";
}

TEST_F(CommandLogTest, WhatWasAskedOfAnEarlierSessionIsNotReadAgain) {
  ASSERT_TRUE(appendCommand(folder_, StopRun{}));
  CommandTail tail(folder_, commandBytes(folder_));
  ASSERT_TRUE(appendCommand(folder_, SaveRun{}));
  const auto news = tail.read();
  ASSERT_TRUE(news);
  EXPECT_EQ(texts(news->commands), std::vector{toJson(SaveRun{})});
}

TEST_F(CommandLogTest, GarbageIsToldAndPassedOver) {
  appendText(folder_.commandsFile(), "rm -rf\n{\"command\":\"fly\"}\n{\"command\":\"sample\",\"prompt\":3}\n\n");
  ASSERT_TRUE(appendCommand(folder_, SaveRun{}));
  appendText(folder_.commandsFile(), "{\"command\":\"pau");  // somebody still writes
  CommandTail tail(folder_, 0);
  auto news = tail.read();
  ASSERT_TRUE(news);
  EXPECT_EQ(texts(news->commands), std::vector{toJson(SaveRun{})});
  ASSERT_EQ(news->mistakes.size(), 4U);
  EXPECT_NE(news->mistakes[1].find("\"fly\""), std::string::npos) << news->mistakes[1];
  appendText(folder_.commandsFile(), "se\"}\n");
  news = tail.read();
  ASSERT_TRUE(news);
  EXPECT_EQ(texts(news->commands), std::vector{toJson(PauseRun{})});
}

TEST_F(CommandLogTest, WritersAtOnceLoseNothing) {
  constexpr int kEach = 50;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([this] {
      for (int i = 0; i < kEach; ++i) EXPECT_TRUE(appendCommand(folder_, SaveRun{}));
    });
  }
  for (auto& writer : writers) writer.join();
  const auto news = CommandTail(folder_, 0).read();
  ASSERT_TRUE(news);
  EXPECT_EQ(news->commands.size(), 4U * kEach);
  EXPECT_TRUE(news->mistakes.empty());
}

}  // namespace
}  // namespace rosa::store
