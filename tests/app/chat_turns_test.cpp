// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/chat_turns.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rosa::cli {
namespace {

using Next = ChatTurns::Next;

/// "system: Be brief. | user: Hi | assistant: Hello"
std::string written(const std::vector<ChatMessage>& messages) {
  std::string text;
  for (const auto& [role, content] : messages) text += (text.empty() ? "" : " | ") + role + ": " + content;
  return text;
}

class Turns : public testing::Test {
 protected:
  Next next(const std::string& line) { return turns_.take(line).next; }
  std::string note(const std::string& line) { return turns_.take(line).note; }
  void said(const std::string& user, const std::string& answer) {
    ASSERT_EQ(next(user), Next::Answer);
    turns_.answered(answer);
  }
  ChatTurns turns_{"Be brief.", {}};
};

TEST_F(Turns, ALineIsWhatTheUserSays) {
  said("Hi", "Hello");
  EXPECT_EQ(next("  And then?\r"), Next::Answer);
  EXPECT_EQ(written(turns_.messages(0)), "system: Be brief. | user: Hi | assistant: Hello | user: And then?");
  EXPECT_EQ(next(""), Next::Nothing);
  EXPECT_EQ(next("//usr/bin"), Next::Answer);
  EXPECT_EQ(turns_.turns().back().user, "/usr/bin");
}

TEST_F(Turns, EachModelSeesItsOwnAnswers) {
  said("Hi", "tuned");
  turns_.answered("base");
  EXPECT_EQ(next("More"), Next::Answer);
  EXPECT_EQ(written(turns_.messages(1)), "system: Be brief. | user: Hi | assistant: base | user: More");
}

TEST_F(Turns, CommandsChangeTheConversation) {
  EXPECT_NE(note("/undo"), "");
  EXPECT_EQ(next("/regenerate"), Next::Nothing);
  said("One", "1");
  said("Two", "2");
  EXPECT_EQ(next("/edit Three"), Next::Answer);
  EXPECT_EQ(written(turns_.messages(0)), "system: Be brief. | user: One | assistant: 1 | user: Three");
  turns_.answered("3");
  EXPECT_EQ(next("/regenerate"), Next::Answer);
  EXPECT_EQ(turns_.messages(0).back().content, "Three");
  EXPECT_EQ(next("/undo"), Next::Nothing);
  EXPECT_EQ(turns_.messages(0).back().content, "1");
  EXPECT_EQ(next("/system"), Next::Nothing);
  EXPECT_EQ(turns_.messages(0).front().role, "user");
  EXPECT_EQ(next("/new"), Next::Nothing);
  EXPECT_TRUE(turns_.turns().empty());
  EXPECT_EQ(next("/quit"), Next::End);
}

TEST_F(Turns, SettingsAreCheckedBeforeTheyHold) {
  EXPECT_EQ(note("/temperature 0.7"), "temperature 0.7");
  EXPECT_DOUBLE_EQ(turns_.settings().temperature, 0.7);
  for (const auto* wrong : {"/temperature -1", "/temperature warm", "/top-p 0", "/max 0", "/seed 1.5", "/bogus"}) {
    EXPECT_NE(note(wrong), "") << wrong;
    EXPECT_EQ(next(wrong), Next::Nothing) << wrong;
  }
  EXPECT_DOUBLE_EQ(turns_.settings().temperature, 0.7);
  EXPECT_DOUBLE_EQ(turns_.settings().topP, 1);
  EXPECT_EQ(note("/max 9"), "max 9");
  said("Hi", "Hello");
  EXPECT_NE(note("/regenerate").find("seed 1"), std::string::npos);
  EXPECT_EQ(turns_.settings().seed, 1);
}

}  // namespace
}  // namespace rosa::cli
