// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/text_pieces.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "data/examples.h"
#include "temporary_folder.h"

namespace rosa::data {
namespace {

class TextPiecesTest : public testing::Test {
 protected:
  /// The pieces, with "|" and what is shown of the text behind them.
  std::vector<std::string> pieces(std::string_view text, std::int64_t maxLines = 0, std::size_t bytes = 4,
                                  text::Seam seam = text::Seam::BehindBreak) {
    std::vector<std::string> all;
    auto reader = TextPieces::open(folder_.write("a.txt", text), maxLines, seam, bytes);
    EXPECT_EQ(messageOf(reader), "");
    bool last = false;
    for (TextPiece piece;;) {
      const auto more = reader->next(piece);
      EXPECT_EQ(messageOf(more), "");
      if (!more || !*more) break;
      EXPECT_FALSE(last);
      last = piece.last;
      all.push_back(piece.text.substr(0, piece.end) + "|" + piece.text.substr(piece.end));
      if (seam == text::Seam::BetweenWords) all.back().insert(piece.begin, "|");
    }
    lines_ = reader->lines();
    return all;
  }

  TemporaryFolder folder_;
  std::int64_t lines_ = 0;
};

TEST_F(TextPiecesTest, EndWhereTheNextLineBeginsWithAWordOrOneSpaceBeforeIt) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(pieces(""), Texts());
  EXPECT_EQ(pieces("ab"), Texts{"ab|"});
  EXPECT_EQ(pieces("abc\ndef\ngh\n"), (Texts{"abc\n|def\n", "def\n|gh\n", "gh\n|"}));
  EXPECT_EQ(lines_, 3);
  EXPECT_EQ(pieces("abc\n\n  d\n\tdef\nx\r\ny"), (Texts{"abc\n\n  d\n\tdef\n|x\n", "x\ny|"}));
  // As WikiText writes every line.
  EXPECT_EQ(pieces(" abc\n \n  = d\n e\n"), (Texts{" abc\n \n  = d\n| e\n", " e\n|"}));
  EXPECT_EQ(pieces("abc\ndef\nghi\n", 2), (Texts{"abc\n|def\n", "def\n|"}));
  EXPECT_EQ(lines_, 2);
}

TEST_F(TextPiecesTest, EndBeforeABreakBetweenWords) {
  using Texts = std::vector<std::string>;
  const auto between = [this](std::string_view text) { return pieces(text, 0, 4, text::Seam::BetweenWords); };
  EXPECT_EQ(between("abc\ndef\ngh\n"), (Texts{"|abc|\ndef\n", "abc|\ndef|\ngh\n", "abc\ndef|\ngh\n|"}));
  EXPECT_EQ(between(" = a = \n \n b \n\n"), (Texts{"| = a = \n |\n b \n", " = a = \n |\n b \n\n|"}));
}

TEST_F(TextPiecesTest, ShowOfALongLineWholeCharacters) {
  std::string line;
  for (int i = 0; i < 1000; ++i) line += "\xC3\xA9x";  // é
  const auto all = pieces("abc\n" + line);
  ASSERT_EQ(all.size(), 2U);
  const auto shown = all[0].substr(all[0].find('|') + 1);
  EXPECT_EQ(line.substr(0, shown.size()), shown);
  EXPECT_GT(shown.size(), 1000U);
  EXPECT_LE(shown.size(), 1024U);
  EXPECT_NE(shown.back(), '\xC3');
}

/// A token is a line break, or "a" in a row, or a single byte: only a run of "a" has to be seen whole.
class RunEncoder final : public TextEncoder {
 public:
  [[nodiscard]] EncodedText encode(std::string_view text) const override {
    auto encoded = cut(text);
    encoded.ids.insert(encoded.ids.begin(), kBegin);
    encoded.ends.insert(encoded.ends.begin(), 0);
    return encoded;
  }
  [[nodiscard]] EncodedText encodeInput(std::string_view text, std::optional<std::string_view> /*pair*/,
                                        std::int64_t /*maxLength*/) const override {
    return encode(text);
  }
  [[nodiscard]] std::optional<std::int32_t> endToken() const override { return std::nullopt; }
  [[nodiscard]] bool isSpecial(std::int32_t id) const override { return id == kBegin; }
  [[nodiscard]] bool parallel() const override { return true; }
  [[nodiscard]] text::Seam seam() const override { return seam_; }
  [[nodiscard]] std::optional<EncodedText> encodePart(std::string_view text, std::size_t begin,
                                                      std::size_t end) const override {
    ++parts;
    // As if "\nq" were one token.
    if (end < text.size() && seam_ == text::Seam::BehindBreak && text[end] == 'q') return std::nullopt;
    if (end < text.size() && text.substr(end - 1).starts_with("q\n")) return std::nullopt;
    return cut(text.substr(begin, end - begin));
  }
  void divide(text::Seam seam) { seam_ = seam; }
  mutable std::atomic<int> parts = 0;

 private:
  static constexpr std::int32_t kBegin = 1;
  static EncodedText cut(std::string_view text) {
    EncodedText encoded;
    for (std::size_t at = 0; at < text.size();) {
      auto end = at + 1;
      if (text[at] == 'a') end = std::min(text.find_first_not_of('a', at), text.size());
      if (text[at] == '\n' && end < text.size() && text[end] == 'q') ++end;
      encoded.ids.push_back(static_cast<std::int32_t>(1000 * (end - at)) + static_cast<unsigned char>(text[end - 1]));
      encoded.ends.push_back(static_cast<std::int64_t>(end));
      at = end;
    }
    return encoded;
  }
  text::Seam seam_ = text::Seam::BehindBreak;
};

TEST_F(TextPiecesTest, CutByManyThreadsTheyGiveTheTokensOfTheWhole) {
  RunEncoder encoder;
  std::string ordinary, awkward;
  for (int i = 0; i < 30'000; ++i) {
    ordinary += "xyz aaa " + std::to_string(i) + "\n" + (i % 7 == 0 ? "\n" : "") + (i % 5 == 0 ? "  aa\n" : "");
    awkward +=
        (i % 3 == 0 ? "q" : "qaa") + std::to_string(i) + " some more text in this line" + (i % 3 == 0 ? "\n" : "q\n");
  }
  for (const auto task : {Task::LanguageModelling, Task::MaskedLanguageModelling}) {
    for (const auto& text : {ordinary, ordinary + "no break at the end", awkward, awkward + ordinary}) {
      ExampleSpec spec;
      spec.task = task;
      spec.maxLength = 100;
      const auto file = folder_.write("a.txt", text);
      encoder.divide(text::Seam::None);
      const auto whole = readExamples(file, spec, encoder);
      ASSERT_TRUE(whole) << messageOf(whole);
      for (const auto seam : {text::Seam::BehindBreak, text::Seam::BetweenWords}) {
        encoder.divide(seam);
        for (const std::int64_t threads : {1, 4}) {
          encoder.parts = 0;
          const auto parts = readExamples(file, spec, encoder, {nullptr, threads, {}});
          ASSERT_TRUE(parts) << messageOf(parts);
          EXPECT_GT(encoder.parts, 1);
          ASSERT_EQ(parts->examples.size(), whole->examples.size());
          for (std::size_t i = 0; i < whole->examples.size(); ++i) {
            ASSERT_EQ(parts->examples[i].tokenIds, whole->examples[i].tokenIds) << i;
            ASSERT_EQ(parts->examples[i].targets, whole->examples[i].targets) << i;
          }
        }
      }
    }
  }
}

TEST_F(TextPiecesTest, AreGivenUpWhereNobodyWaits) {
  const RunEncoder encoder;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "xyz aaa\n";
  ReadOptions options;
  int asked = 0;
  options.giveUp = [&] { return ++asked > 1; };
  EXPECT_FALSE(readExamples(folder_.write("a.txt", text), {}, encoder, options));
}

}  // namespace
}  // namespace rosa::data
