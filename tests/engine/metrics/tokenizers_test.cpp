// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "metrics/meteor_words.h"
#include "metrics/mteval_tokenizer.h"
#include "metrics/ptb_tokenizer.h"
#include "words.h"

namespace rosa::metrics {
namespace {

std::string mteval(const std::string& text) {
  return joined(mtevalWords(text));
}
std::string ptb(const std::string& text) {
  return joined(ptbWords(text));
}
std::string forMeteor(const std::string& text) {
  return joined(meteorWords(words(text)));
}

TEST(MtevalTokenizerTest, SetsMarksApartButNotInsideNumbers) {
  EXPECT_EQ(mteval("It's 1,250.50, not £3.50 (or so)."), "it's 1,250.50 , not £3.50 ( or so ) .");
  EXPECT_EQ(mteval("a.b .5 5. x,y"), "a . b . 5 5 . x , y");
  EXPECT_EQ(mteval("ratings...but"), "ratings . . . but");
}

TEST(MtevalTokenizerTest, KeepsHyphensOfWordsAndPartsThemBehindDigits) {
  EXPECT_EQ(mteval("family-friendly £20-25"), "family-friendly £20 - 25");
}

TEST(MtevalTokenizerTest, ResolvesEntitiesAndLowersAsciiAlone) {
  EXPECT_EQ(mteval("&quot;Caf\u00C9 &amp; Bar&quot; &lt;x&gt;<skipped>"), "\" caf\u00C9 & bar \" < x >");
  EXPECT_EQ(mteval(" a\t b\u00A0c\u3000"), "a b c");
  EXPECT_EQ(mteval(""), "");
}

TEST(PtbTokenizerTest, CutsContractionsAsTheTreebankDoes) {
  EXPECT_EQ(ptb("It's cheap, isn't it? You'll say they DON'T."), "it 's cheap is n't it you 'll say they do n't");
  EXPECT_EQ(ptb("cannot gonna I'd we've"), "can not gon na i 'd we 've");
  EXPECT_EQ(ptb("O'Malley's o'clock '90s"), "o'malley 's o'clock '90s");
  EXPECT_EQ(ptb("the Wrestlers' food, 'The Punter' \u201Cquoted\u201D"), "the wrestlers food the punter quoted");
}

TEST(PtbTokenizerTest, KeepsHyphenatedWordsAndRangesWhole) {
  EXPECT_EQ(ptb("non-family-friendly, £20-25 or 20-£25"), "non-family-friendly # 20-25 or 20 # 25");
  EXPECT_EQ(ptb("3.5-star 5of5 and/or 1/2 -friendly high- "), "3.5-star 5of5 and/or 1/2 friendly high");
  EXPECT_EQ(ptb("\u20AC5 12:30 1,250.5 -5 rating.5"), "$ 5 12:30 1,250.5 -5 rating .5");
}

TEST(PtbTokenizerTest, LeavesOutTheScriptsListOfMarksAndNoOthers) {
  EXPECT_EQ(ptb("a. b, c; d: e! f? g- h-- i... j\u2026 \" ` '"), "a b c d e f g h i j");
  EXPECT_EQ(ptb("(a) [b] {c} & &amp; 5% !!"), "-lrb- a -rrb- -lsb- b -rsb- -lcb- c -rcb- & & 5 % !!");
}

TEST(PtbTokenizerTest, AWordKeepsAPointBeforeAMarkOrALetter) {
  EXPECT_EQ(ptb("city center., near the riverside.The Mill."), "city center. near the riverside.the mill");
  EXPECT_EQ(ptb("Mr. Smith, U.K. prices, e.g. this."), "mr. smith u.k. prices e.g. this");
}

TEST(PtbTokenizerTest, LowersLettersBeyondAscii) {
  EXPECT_EQ(ptb("CAF\u00C9 \u00C0 la carte"), "caf\u00E9 \u00E0 la carte");
  EXPECT_EQ(ptb(""), "");
}

TEST(MeteorWordsTest, PartsHyphensAndApostrophes) {
  EXPECT_EQ(forMeteor("family-friendly 20-25 a-b-c"), "family friendly 20 25 a b-c");
  EXPECT_EQ(forMeteor("it 's is n't o'clock '90s"), "it ' s is n 't o 'clock ' 90s");
  EXPECT_EQ(forMeteor("# 20 -lrb- 1,250 a,b"), "# 20 -lrb- 1,250 a , b");
}

TEST(MeteorWordsTest, DropsThePointsOfDottedLettersAndPartsTheLastWordsPoint) {
  EXPECT_EQ(forMeteor("u.k. prices"), "uk prices");
  EXPECT_EQ(forMeteor("center. near center."), "center. near center .");
}

TEST(MeteorWordsTest, KnowsWordsThatSayLittle) {
  for (const char* word : {"the", "of", "'", "n", "is"}) EXPECT_TRUE(isFunctionWord(word)) << word;
  for (const char* word : {"pub", "city", "#", "cheap"}) EXPECT_FALSE(isFunctionWord(word)) << word;
}

}  // namespace
}  // namespace rosa::metrics
