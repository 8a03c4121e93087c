// SPDX-License-Identifier: GPL-3.0-or-later
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "studio_fixture.h"

namespace rosa::test {
namespace {

using nlohmann::json;

QString words(const char* text) {
  return QString::fromUtf8(text);
}

/// A file of conversations, picked in the window and looked at before the start.
TEST_F(StudioE2eTest, ConversationsAreSeenTokenByTokenBeforeTheStart) {
  ASSERT_TRUE(studio_.waitFor([this] { return canStart(); }));
  const auto data = home() / "chats.jsonl";
  std::ofstream chats(data);
  constexpr int kRows = 440;  // so that the sample's first resample comes within the run
  for (int i = 0; i < kRows; ++i) {
    json messages = {{{"role", "user"}, {"content", "Tell me what pet " + std::to_string(i) + " did."}},
                     {{"role", "assistant"}, {"content", i % 2 == 0 ? "It ran to the park." : "It sat on the mat."}},
                     {{"role", "user"}, {"content", "And then?"}},
                     {{"role", "assistant"}, {"content", "Then it went home, and was happy."}}};
    chats << json{{"messages", std::move(messages)}}.dump() << "\n";
  }
  chats.close();
  ASSERT_TRUE(studio_.writePath(words("data"), QString::fromStdString(data.string())));
  // The sample's model has no template of its own, and the window says what to do about it.
  ASSERT_TRUE(studio_.waitFor([this] { return studio_.shows(words("has no chat template")); }));
  EXPECT_FALSE(canStart());
  ASSERT_TRUE(studio_.writePath(words("Chat template"), words("alpaca")));
  ASSERT_TRUE(studio_.waitFor([this] { return canStart(); }));
  ASSERT_TRUE(studio_.press(words("Tokens")));
  ASSERT_TRUE(studio_.waitFor([this] { return studio_.shows(words("2 end a turn")); }));
  EXPECT_TRUE(studio_.shows(words("0 cut off")));
  EXPECT_TRUE(studio_.picture(words("tokens"), words("Configure")));
  ASSERT_TRUE(studio_.press(words("Next row")));
  EXPECT_TRUE(studio_.waitFor([this] { return studio_.shows(words("2 end a turn")); }));
}

}  // namespace
}  // namespace rosa::test
