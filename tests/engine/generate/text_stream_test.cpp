// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/text_stream.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/golden.h"

namespace rosa::generate {
namespace {

using Ids = std::vector<std::int64_t>;

/// The sample's tokenizer: a byte is a token where a character has none, and a text's first space is not decoded.
class TextStreams : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = text::Tokenizer::fromFolder(test::sourceDirectory() / "resources" / "samples" / "stories260k");
    ASSERT_TRUE(opened.hasValue()) << opened.error().message;
    tokenizer_ = *std::move(opened);
  }
  [[nodiscard]] Ids ids(const std::string& text) const {
    Ids all;
    for (const auto& token : tokenizer_.encode(text).tokens) all.push_back(token.id);
    return all;
  }

  text::Tokenizer tokenizer_;
};

TEST_F(TextStreams, PiecesMakeTheTextThatFollowsThePrompt) {
  const std::string text =
      "Once upon a time, Tim\xC3\xA9 said \xE2\x80\x9Cgo\xE2\x80\x9D "
      "\xF0\x9F\x99\x82\xF0\x9F\x8E\x88\xF0\x9F\x99\x82\xF0\x9F\x99\x82\xF0\x9F\x99\x82\xF0\x9F\x99\x82\xF0\x9F\x99\x82"
      "\xF0\x9F\x8E\x88 and ran.\n"
      "The ball was red, the sky was blue, and Lily was very, very happy because of all that.";
  const auto all = ids(text);
  const auto whole = tokenizer_.decode(std::vector<std::int32_t>(all.begin(), all.end()), true);
  ASSERT_EQ(whole, text);
  for (std::size_t length = 1; length < all.size(); ++length) {
    const Ids prompt(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(length));
    const auto before = tokenizer_.decode(std::vector<std::int32_t>(prompt.begin(), prompt.end()), true);
    if (before.ends_with("\xEF\xBF\xBD")) continue;  // cut within a character
    TextStream stream(tokenizer_, prompt);
    std::string made;
    for (auto i = length; i < all.size(); ++i) {
      const auto piece = stream.push(all[i]);
      EXPECT_EQ(piece.find("\xEF\xBF\xBD"), std::string::npos) << "half a character after token " << i;
      made += piece;
    }
    made += stream.finish();
    EXPECT_EQ(made, text.substr(before.size())) << "after " << length << " tokens";
  }
}

TEST_F(TextStreams, BytesThatNeverBecomeACharacterDoNotHoldTheRestBack) {
  const auto smile = ids("\xF0\x9F\x99\x82");
  TextStream stream(tokenizer_, ids("Lily"));
  EXPECT_EQ(stream.push(smile[smile.size() - 4]), "");
  const auto after = ids("The dog");
  std::string made;
  for (std::size_t i = 1; i < after.size(); ++i) made += stream.push(after[i]);
  EXPECT_EQ(made, "\xEF\xBF\xBD The dog");
}

TEST_F(TextStreams, AnUnfinishedCharacterComesAtTheEnd) {
  const auto smile = ids("\xF0\x9F\x99\x82");
  TextStream stream(tokenizer_, ids("Lily"));
  EXPECT_EQ(stream.push(smile[smile.size() - 4]), "");
  EXPECT_EQ(stream.finish(), "\xEF\xBF\xBD");
}

TEST_F(TextStreams, AStopStringMaySpanTokens) {
  const auto prompt = ids("Once upon a time");
  const auto all = ids("Once upon a time there was a red ball.");
  TextStream stream(tokenizer_, prompt, StopFilter({"was a re"}));
  std::string made;
  for (auto i = prompt.size(); i < all.size() && !stream.stopped(); ++i) made += stream.push(all[i]);
  EXPECT_TRUE(stream.stopped());
  EXPECT_EQ(made, " there ");
}

TEST_F(TextStreams, CopiesGoTheirOwnWays) {
  const auto prompt = ids("Tom saw");
  const auto all = ids("Tom saw the cat.");
  TextStream first(tokenizer_, prompt, StopFilter({" cat."}));
  std::string begun;
  for (auto i = prompt.size(); i + 1 < all.size(); ++i) begun += first.push(all[i]);
  auto second = first;
  EXPECT_EQ(first.push(all.back()), "");
  EXPECT_TRUE(first.stopped());
  EXPECT_FALSE(second.stopped());
  begun += second.push(ids("Tom,").back());
  begun += second.finish();
  EXPECT_EQ(begun, " the cat,");
}

}  // namespace
}  // namespace rosa::generate
