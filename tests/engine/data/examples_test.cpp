// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/examples.h"

#include <gtest/gtest.h>

#include "temporary_folder.h"
#include "word_encoder.h"

namespace rosa::data {
namespace {

using Ids = std::vector<std::int32_t>;
constexpr auto kEnd = WordEncoder::kEnd;

class ExamplesTest : public testing::Test {
 protected:
  Expected<ExampleSet> read(std::string_view name, std::string_view content, const LabelMap* given = nullptr) {
    return readExamples(folder_.write(name, content), spec_, encoder_, {given, 1, {}});
  }
  ExampleSet mustRead(std::string_view name, std::string_view content) {
    auto set = read(name, content);
    EXPECT_EQ(messageOf(set), "");
    return set ? *std::move(set) : ExampleSet();
  }
  Ids ids(std::initializer_list<std::string_view> words) const {
    Ids result;
    for (const auto word : words) result.push_back(encoder_.id(word));
    return result;
  }
  static Ids with(Ids ids, std::int32_t last) {
    ids.push_back(last);
    return ids;
  }

  static std::int64_t targetsOf(const ExampleSet& set) {
    std::int64_t targets = 0;
    for (const auto& example : set.examples) targets += example.targetCount;
    return targets;
  }

  TemporaryFolder folder_;
  WordEncoder encoder_;
  ExampleSpec spec_;
};

TEST_F(ExamplesTest, ARowOfTextPredictsEveryTokenAfterTheFirstAndTheEnd) {
  const auto set = mustRead("a.csv", "text,other\na b c,1\n");
  ASSERT_EQ(set.examples.size(), 1U);
  const Example& example = set.examples[0];
  EXPECT_EQ(example.tokenIds, with(ids({"a", " b", " c"}), kEnd));
  EXPECT_EQ(example.targets, (Ids{encoder_.id(" b"), encoder_.id(" c"), kEnd, kNoTarget}));
  EXPECT_EQ(example.targetCount, 3);
  EXPECT_EQ(set.examples.tokens(), 4);
  EXPECT_EQ(targetsOf(set), 3);
}

TEST_F(ExamplesTest, ATextAlreadyEndedGetsNoSecondEnd) {
  class Ending final : public TextEncoder {
    [[nodiscard]] EncodedText encode(std::string_view /*text*/) const override { return {{7, kEnd}, {}, {1, 0}}; }
    [[nodiscard]] EncodedText encodeInput(std::string_view text, std::optional<std::string_view> /*pair*/,
                                          std::int64_t /*maxLength*/) const override {
      return encode(text);
    }
    [[nodiscard]] std::optional<std::int32_t> endToken() const override { return kEnd; }
  };
  const auto set = readExamples(folder_.write("a.csv", "text\na\n"), spec_, Ending());
  ASSERT_TRUE(set);
  EXPECT_EQ(set->examples[0].tokenIds, (Ids{7, kEnd}));
}

TEST_F(ExamplesTest, ATextFileIsCutIntoConsecutiveBlocks) {
  spec_.maxLength = 3;
  const auto set = mustRead("a.txt", "a b c d e f g");
  ASSERT_EQ(set.examples.size(), 2U);  // the seventh token alone has nothing to predict
  EXPECT_EQ(set.examples[0].tokenIds, ids({"a", " b", " c"}));
  EXPECT_EQ(set.examples[1].tokenIds, ids({" d", " e", " f"}));
  EXPECT_EQ(set.examples[1].targets, (Ids{encoder_.id(" e"), encoder_.id(" f"), kNoTarget}));
  EXPECT_EQ(mustRead("b.txt", "a b c d e").examples[1].tokenIds, ids({" d", " e"}));
}

/// In the flat stream the next text begins right behind: whoever predicted it would learn what never follows.
TEST_F(ExamplesTest, TheLastTokenOfEachTextPredictsNothing) {
  const auto check = [](const ExampleSet& set) {
    std::vector<std::int64_t> all(set.examples.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
    const auto batch = makeFlatBatch(set.examples, all, TargetKind::Tokens, 0);
    ASSERT_EQ(batch.sequences(), 3);
    std::int64_t targets = 0;
    for (std::size_t text = 0; text + 1 < batch.offsets.size(); ++text) {
      const auto end = static_cast<std::size_t>(batch.offsets[text + 1]);
      EXPECT_EQ(batch.targets[end - 1], kNoTarget);
      for (auto at = static_cast<std::size_t>(batch.offsets[text]); at + 1 < end; ++at) {
        if (batch.targets[at] == kNoTarget) continue;
        EXPECT_EQ(batch.targets[at], batch.tokenIds[at + 1]) << "a target is the token that follows";
        ++targets;
      }
    }
    EXPECT_EQ(targets, batch.targetCount);
    EXPECT_GT(targets, 0);
  };
  check(mustRead("a.csv", "text\na b\nc d e\nf\n"));
  spec_.task = Task::Completion;
  check(mustRead("b.csv", "prompt,completion\na b,c\nd,e f\ng,h\n"));
  spec_ = {};
  spec_.maxLength = 3;
  check(mustRead("c.txt", "a b c d e f g h"));
}

TEST_F(ExamplesTest, MaxRowsTakesTheFirstRowsOrLines) {
  spec_.maxRows = 2;
  EXPECT_EQ(mustRead("a.csv", "text\na b\nc d\ne f\n").examples.size(), 2U);
  EXPECT_EQ(mustRead("a.txt", "a b\nc\nd e").examples.tokens(), 4);  // a, " b", "\nc", "\n"
}

TEST_F(ExamplesTest, LossIsOnTheCompletionAndTheEnd) {
  spec_.task = Task::Completion;
  const auto set = mustRead("a.csv", "prompt,completion\np q,r s\n");
  ASSERT_EQ(set.examples.size(), 1U);
  const Example& example = set.examples[0];
  EXPECT_EQ(example.tokenIds, with(ids({"p", " q", " r", " s"}), kEnd));
  EXPECT_EQ(example.targets, (Ids{kNoTarget, encoder_.id(" r"), encoder_.id(" s"), kEnd, kNoTarget}));
  EXPECT_EQ(example.targetCount, 3);
  EXPECT_EQ(example.promptTokens, 2);
}

TEST_F(ExamplesTest, LossOnAllPredictsThePromptToo) {
  spec_.task = Task::Completion;
  spec_.lossOn = LossOn::All;
  const auto set = mustRead("a.csv", "prompt,completion\np q,r s\n");
  EXPECT_EQ(set.examples[0].targetCount, 4);
  EXPECT_EQ(set.examples[0].promptTokens, 2);
}

TEST_F(ExamplesTest, TheBeginTokenIsPartOfThePrompt) {
  const WordEncoder begins(true);
  spec_.task = Task::Completion;
  const auto set = readExamples(folder_.write("a.csv", "prompt,completion\np,r\n,alone\n"), spec_, begins);
  ASSERT_TRUE(set) << messageOf(set);
  EXPECT_EQ(set->examples[0].tokenIds, (Ids{WordEncoder::kBegin, begins.id("p"), begins.id(" r"), kEnd}));
  EXPECT_EQ(set->examples[0].targets, (Ids{kNoTarget, begins.id(" r"), kEnd, kNoTarget}));
  EXPECT_EQ(set->examples[1].targets, (Ids{begins.id(" alone"), kEnd, kNoTarget}));
}

TEST_F(ExamplesTest, AGivenSeparatorStandsBetween) {
  spec_.task = Task::Completion;
  spec_.separator = "\n>";
  const auto set = mustRead("a.csv", "prompt,completion\np, r\n");
  EXPECT_EQ(set.examples[0].tokenIds, with(ids({"p", "\n>", " r"}), kEnd));
  EXPECT_EQ(set.examples[0].promptTokens, 2);
}

TEST_F(ExamplesTest, LongRowsAreCutAndCountedAndRowsWithoutTargetsLeftOut) {
  spec_.task = Task::Completion;
  spec_.maxLength = 4;
  const auto set = mustRead("a.csv", "prompt,completion\na b c d,e\na b c,d e\na,b\n");
  EXPECT_EQ(set.dropped, 1);
  EXPECT_EQ(set.truncated, 1);
  ASSERT_EQ(set.examples.size(), 2U);
  EXPECT_EQ(set.examples[0].tokenIds, ids({"a", " b", " c", " d"}));
  EXPECT_EQ(set.examples[0].targetCount, 1);
  spec_.maxLength = 2;
  EXPECT_TRUE(contains(messageOf(read("b.csv", "prompt,completion\na b c,d\n")), "raise --max-length (now 2)"));
}

TEST_F(ExamplesTest, PairsAreFramedAndCutLongestFirst) {
  spec_.task = Task::Classification;
  spec_.text = "a";
  spec_.textPair = "b";
  spec_.label = "y";
  spec_.maxLength = 7;
  const auto set = mustRead("a.tsv", "y\ta\tb\nno\tu v w x\ty z\nyes\t\"q\tr\n");
  ASSERT_EQ(set.examples.size(), 2U);
  Ids expected{WordEncoder::kClassify};
  for (const auto word : {"u", " v"}) expected.push_back(encoder_.id(word));
  expected.push_back(WordEncoder::kSeparate);
  for (const auto word : {"y", " z"}) expected.push_back(encoder_.id(word));
  expected.push_back(WordEncoder::kSeparate);
  EXPECT_EQ(set.examples[0].tokenIds, expected);
  EXPECT_EQ(set.examples[0].segmentIds, (Ids{0, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(set.examples[0].label, 0);
  EXPECT_EQ(set.examples[1].label, 1);
  EXPECT_EQ(set.truncated, 1);
  EXPECT_EQ(set.kind, TargetKind::Class);
  EXPECT_EQ(targetsOf(set), 2);
}

TEST_F(ExamplesTest, ColumnsCountFromOneWhereNumbersNameThem) {
  spec_.task = Task::Classification;
  spec_.text = "4";
  spec_.label = "2";
  const auto set = mustRead("train.tsv", "gj04\t1\t\tOur friends\ngj04\t0\t*\tOne more\n");
  ASSERT_EQ(set.examples.size(), 2U);
  EXPECT_EQ(set.examples[0].label, 1);
  EXPECT_EQ(set.labels.names(), (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(set.examples[0].tokenIds[1], encoder_.id("Our"));
  spec_.label = "5";
  EXPECT_TRUE(contains(messageOf(read("train.tsv", "a\t1\t\tb\n")),
                       "has no column \"5\" for --label: it has \"1\", \"2\", \"3\", \"4\"."));
}

TEST_F(ExamplesTest, AFirstRowThatLooksLikeNamesIsAskedAboutWhereColumnsHaveNumbers) {
  spec_.task = Task::Classification;
  spec_.text = "2";
  spec_.label = "1";
  const std::string content = "label,text\n1,all is well with us\n0,it rains the whole day\n1,the sun is out again\n";
  const auto asked = messageOf(read("a.csv", content));
  EXPECT_TRUE(contains(asked, "The first row of "));
  EXPECT_TRUE(contains(asked, "a.csv (\"label\", \"text\") looks like the names of its columns"));
  EXPECT_TRUE(contains(asked, "Choose --header yes if these are names, or --header no if they are data."));
  spec_.header = Reading::Yes;
  auto set = read("a.csv", content);
  ASSERT_TRUE(set) << messageOf(set);
  EXPECT_EQ(set->labels.names(), (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(set->examples.size(), 3U);
  EXPECT_EQ(set->examples[0].tokenIds[1], encoder_.id("all"));
  spec_.header = Reading::No;
  set = read("a.csv", content);
  ASSERT_TRUE(set) << messageOf(set);
  EXPECT_EQ(set->labels.names(), (std::vector<std::string>{"0", "1", "label"}));
}

TEST_F(ExamplesTest, AHeaderIsSeenByWhatStandsBelowToo) {
  spec_.task = Task::Classification;
  spec_.text = "1";
  spec_.label = "2";
  for (const auto* content :
       {"utterance,kind\nplease turn it on,1\nnow turn it off,0\n",
        "utterance,kind\nplease turn it on,on\nnow turn it off,off\nplease do turn on,on\nturn the thing off,off\n",
        "Sentence,Label\na b c,x\nb c d,y\n"}) {
    EXPECT_TRUE(contains(messageOf(read("a.csv", content)), "looks like the names")) << content;
  }
}

TEST_F(ExamplesTest, FilesWithoutHeaderJustWork) {
  spec_.task = Task::Classification;
  spec_.text = "1";
  spec_.label = "2";
  for (const auto* content : {"all is well with us,good\nit rains the whole day,bad\nthe sun is out,good\n",
                              "all is well with us,rare\nit rains the whole day,bad\nthe sun is out,good\nand so on "
                              "and on,good\nfar from all that,bad\n",
                              "all is well with us,1\nit rains the whole day,0\n", "fine,1\nbad,0\n", "fine,1\n,0\n"}) {
    const auto set = read("a.csv", content);
    EXPECT_TRUE(set) << messageOf(set) << content;
  }
}

TEST_F(ExamplesTest, WithAHeaderANumberIsAColumnsPlace) {
  spec_.task = Task::Classification;
  spec_.text = "2";
  spec_.label = "label";
  const auto set = mustRead("a.csv", "label,text\nyes,a b\nno,c d\n");
  ASSERT_EQ(set.examples.size(), 2U);
  EXPECT_EQ(set.examples[0].tokenIds[1], encoder_.id("a"));
  EXPECT_EQ(mustRead("b.csv", "label,2,x\nyes,named so,a\nno,c d,b\n").examples[0].tokenIds[1], encoder_.id("named"));
  spec_.text = "3";
  EXPECT_TRUE(contains(messageOf(read("a.csv", "label,text\nyes,a b\n")), "has no column \"3\" for --text"));
}

TEST_F(ExamplesTest, AColumnThatDoesNotExistIsNamedWithTheNearest) {
  spec_.task = Task::Classification;
  spec_.label = "lable";
  EXPECT_TRUE(contains(messageOf(read("a.csv", "text,label\na,1\n")),
                       "has no column \"lable\" for --label: it has \"text\", \"label\". Did you mean \"label\"?"));
  EXPECT_TRUE(contains(messageOf(read("a.jsonl", "{\"text\":\"a\",\"label\":1}\n")), "Did you mean \"label\"?"));
  spec_.label = "";
  EXPECT_TRUE(contains(messageOf(read("b.csv", "text,quality\na,1\n")),
                       "has no column \"label\": name one of \"text\", \"quality\" with --label."));
}

TEST_F(ExamplesTest, TheOnlyColumnNeedsNoName) {
  EXPECT_EQ(mustRead("a.csv", "sentence\na b\n").examples.size(), 1U);
  EXPECT_TRUE(contains(messageOf(read("b.csv", "x,y\na,b\n")), "name one of \"x\", \"y\" with --text"));
}

TEST_F(ExamplesTest, ValidationLabelsMustBeTheTrainingSets) {
  spec_.task = Task::Classification;
  const auto train = mustRead("a.csv", "text,label\na,yes\nb,no\nc,maybe\n");
  const auto valid = read("b.csv", "text,label\na,yes\nb,no\n", &train.labels);
  ASSERT_TRUE(valid) << messageOf(valid);
  EXPECT_EQ(valid->examples[0].label, 2);
  EXPECT_EQ(valid->labels.size(), 3);
  const auto unknown = messageOf(read("c.csv", "text,label\na,yes\nb,never\n", &train.labels));
  EXPECT_TRUE(unknown.starts_with("Line 3 of "));
  EXPECT_TRUE(contains(unknown,
                       "c.csv has the label \"never\", but the classes are "
                       "\"maybe\", \"no\", \"yes\": correct it, or leave the row out."));
}

TEST_F(ExamplesTest, LabelsOfTheWrongKindAreRefused) {
  spec_.task = Task::Classification;
  EXPECT_TRUE(contains(messageOf(read("a.csv", "text,label\na,3.800\nb,5.000\n")), "use --task regression"));
  EXPECT_TRUE(contains(messageOf(read("a.csv", "text,label\na,1\nb,1\n")), "in every row"));
  EXPECT_TRUE(contains(messageOf(read("a.csv", "text,label\na,1\nb, \n")), "has an empty label"));
  std::string many = "text,label\n";
  for (int i = 0; i < 1500; ++i) many += "a,label" + std::to_string(i) + "\n";
  EXPECT_TRUE(contains(messageOf(read("a.csv", many)), "has 1,500 different labels"));

  spec_.task = Task::Regression;
  const auto words = messageOf(read("a.csv", "text,label\na,1.5\nb,good\n"));
  EXPECT_TRUE(words.starts_with("Line 3 of "));
  EXPECT_TRUE(contains(words, "has \"good\" in the label column \"label\": regression needs a number"));
  EXPECT_TRUE(contains(messageOf(read("a.csv", "text,label\na,nan\n")), "regression needs a number"));
}

TEST_F(ExamplesTest, EqualNumbersAreOneClass) {
  spec_.task = Task::Classification;
  const auto set = mustRead("a.csv", "text,label\na,1\nb,1.0\nc,0\nd,01\n");
  EXPECT_EQ(set.labels.names(), (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(set.examples[1].label, 1);
  EXPECT_EQ(set.examples[3].label, 1);
  const auto valid = read("b.csv", "text,label\na,0.0\nb,1.0\n", &set.labels);
  ASSERT_TRUE(valid) << messageOf(valid);
  EXPECT_EQ(valid->examples[1].label, 1);
}

TEST_F(ExamplesTest, ATextWithoutATokenIsRefusedWithItsLine) {
  class Bare final : public TextEncoder {  // as GPT-2's: nothing is put around a text
    [[nodiscard]] EncodedText encode(std::string_view text) const override {
      EncodedText encoded;
      encoded.ids.assign(text.size(), 7);
      return encoded;
    }
    [[nodiscard]] EncodedText encodeInput(std::string_view text, std::optional<std::string_view> pair,
                                          std::int64_t /*maxLength*/) const override {
      return encode(std::string(text) + std::string(pair.value_or("")));
    }
    [[nodiscard]] std::optional<std::int32_t> endToken() const override { return kEnd; }
  };
  const auto file = folder_.write("a.csv", "text,label\na,1\n,0\n");
  for (const Task task : {Task::Classification, Task::Regression}) {
    spec_.task = task;
    const auto refused = messageOf(readExamples(file, spec_, Bare()));
    EXPECT_TRUE(refused.starts_with("Line 3 of ")) << refused;
    EXPECT_TRUE(contains(
        refused, "has an empty text of which the model's tokenizer makes no token: fill it in or leave the row out."));
    EXPECT_EQ(messageOf(measureExamples(file, spec_, Bare(), nullptr, {})), refused);
    EXPECT_TRUE(read("b.csv", "text,label\na,1\n,0\n")) << "with marks around it an empty text is one";
  }
  spec_.task = Task::LanguageModelling;
  const auto set = readExamples(file, spec_, Bare());
  ASSERT_TRUE(set);
  EXPECT_EQ(set->dropped, 1);
}

TEST_F(ExamplesTest, RegressionRefusesWhatNoFloatHolds) {
  spec_.task = Task::Regression;
  for (const auto* value : {"nan", "inf", "-inf", "1e400", "1e39", ""}) {
    const auto refused = messageOf(read("a.csv", std::string("text,label\na,1.5\nb,") + value + "\n"));
    EXPECT_TRUE(refused.starts_with("Line 3 of ")) << value << refused;
    EXPECT_TRUE(contains(refused, "regression needs a number"));
  }
  EXPECT_EQ(mustRead("b.csv", "text,label\na,+1.5\n").examples[0].value, 1.5F);
}

TEST_F(ExamplesTest, MeasuringCountsWhatReadingMakes) {
  spec_.task = Task::Completion;
  spec_.maxLength = 4;
  const auto file = folder_.write("a.csv", "prompt,completion\na b c d,e\na b c,d e\na,b\n");
  const auto set = readExamples(file, spec_, encoder_);
  const auto facts = measureExamples(file, spec_, encoder_, nullptr, {});
  ASSERT_TRUE(set && facts);
  EXPECT_EQ(facts->rows, 3);
  EXPECT_EQ(facts->examples, std::ssize(set->examples));
  EXPECT_EQ(facts->truncated, set->truncated);
  EXPECT_EQ(facts->dropped, set->dropped);
  EXPECT_EQ(facts->longestTokens, 4);
  EXPECT_EQ(facts->medianTokens, 4);
  EXPECT_FALSE(facts->estimated);

  spec_.task = Task::LanguageModelling;
  for (const auto* content : {"a b", "a b c", "a b c d e", "a b c d e f", "a b c d e f g h i j k l"}) {
    const auto text = folder_.write("a.txt", content);
    const auto blocks = measureExamples(text, spec_, encoder_, nullptr, {});
    ASSERT_TRUE(blocks);
    EXPECT_EQ(blocks->examples, std::ssize(readExamples(text, spec_, encoder_)->examples)) << content;
  }
  EXPECT_TRUE(
      contains(messageOf(measureExamples(folder_.write("b.txt", ""), spec_, encoder_, nullptr, {})), "holds no text"));
}

TEST_F(ExamplesTest, AMaskableTextIsFramedAndHasItsOrdinaryTokensForTargets) {
  spec_.task = Task::MaskedLanguageModelling;
  spec_.maxLength = 4;
  const auto set = mustRead("a.jsonl", "{\"text\": \"a b\"}\n{\"text\": \"\"}\n{\"text\": \"a b c d\"}\n");
  ASSERT_EQ(set.examples.size(), 2U);
  EXPECT_EQ(set.dropped, 1) << "an empty text has nothing to guess";
  EXPECT_EQ(set.truncated, 1);
  const Example& example = set.examples[0];
  EXPECT_EQ(example.tokenIds,
            (Ids{WordEncoder::kClassify, encoder_.id("a"), encoder_.id(" b"), WordEncoder::kSeparate}));
  EXPECT_EQ(example.targets, (Ids{kNoTarget, encoder_.id("a"), encoder_.id(" b"), kNoTarget}));
  EXPECT_EQ(example.targetCount, 2);
  EXPECT_EQ(set.examples[1].tokenIds, example.tokenIds);
}

TEST_F(ExamplesTest, ATextFileToBeMaskedIsCutIntoFramedBlocks) {
  spec_.task = Task::MaskedLanguageModelling;
  spec_.maxLength = 3;
  const WordEncoder begins(true);
  for (const auto* content : {"a", "a b", "a b c", "a b c d e f g"}) {
    const auto file = folder_.write("a.txt", content);
    const auto set = readExamples(file, spec_, begins);
    ASSERT_TRUE(set) << messageOf(set);
    Ids text;
    for (const Example& example : set->examples) {
      EXPECT_EQ(example.tokenIds.front(), WordEncoder::kBegin);
      EXPECT_EQ(example.targets.front(), kNoTarget);
      EXPECT_LE(example.tokenIds.size(), 3U);
      EXPECT_EQ(example.targetCount, std::ssize(example.tokenIds) - 1);
      text.insert(text.end(), example.tokenIds.begin() + 1, example.tokenIds.end());
      EXPECT_TRUE(std::equal(example.targets.begin() + 1, example.targets.end(), example.tokenIds.begin() + 1));
    }
    const auto whole = begins.encode(content).ids;
    EXPECT_EQ(text, Ids(whole.begin() + 1, whole.end())) << "no token is lost";
    const auto facts = measureExamples(file, spec_, begins, nullptr, {});
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->examples, std::ssize(set->examples)) << content;
    EXPECT_EQ(facts->longestTokens, std::ssize(set->examples[0].tokenIds)) << content;
  }
}

TEST_F(ExamplesTest, ABlockWithoutRoomForTextIsRefused) {
  spec_.task = Task::MaskedLanguageModelling;
  spec_.maxLength = 2;
  class Framing final : public TextEncoder {
    [[nodiscard]] EncodedText encode(std::string_view /*text*/) const override { return {{1, 20, 2}, {}, {0, 1, 0}}; }
    [[nodiscard]] EncodedText encodeInput(std::string_view text, std::optional<std::string_view> /*pair*/,
                                          std::int64_t /*maxLength*/) const override {
      return encode(text);
    }
    [[nodiscard]] std::optional<std::int32_t> endToken() const override { return std::nullopt; }
    [[nodiscard]] bool isSpecial(std::int32_t id) const override { return id < 3; }
  };
  const auto set = readExamples(folder_.write("a.txt", "a"), spec_, Framing());
  EXPECT_TRUE(contains(messageOf(set), "Choose a larger --max-length")) << messageOf(set);
}

TEST_F(ExamplesTest, MeasuringFindsTheClassesOfAllRowsAndLabelsThatAreUnknown) {
  spec_.task = Task::Classification;
  std::string content = "text,label\n";
  for (int i = 0; i < 500; ++i) content += i < 400 ? "a,one\n" : "b,two\n";
  const auto file = folder_.write("a.csv", content);
  const auto facts = measureExamples(file, spec_, encoder_, nullptr, {});
  ASSERT_TRUE(facts) << messageOf(facts);
  EXPECT_EQ(facts->labels.size(), 2);
  EXPECT_EQ(facts->examples, 500);
  const LabelMap known({"one", "three"});
  EXPECT_TRUE(contains(messageOf(measureExamples(file, spec_, encoder_, &known, {})), "Line 402 of "));
}

TEST_F(ExamplesTest, AFileTooLargeToCountWholeIsReckonedFromAPart) {
  MeasureLimits limits;
  limits.bytes = 1000;
  std::string rows = "text,label\n";
  std::string text;
  for (int i = 0; i < 40000; ++i) {
    rows += i % 2 == 0 ? "a b c d e f,1\n" : "a b,0\n";
  }
  for (int i = 0; i < 2000; ++i) text += std::string(99, 'a') + "\n";
  spec_.maxLength = 4;
  spec_.task = Task::Classification;
  auto facts = measureExamples(folder_.write("a.csv", rows), spec_, encoder_, nullptr, limits);
  ASSERT_TRUE(facts) << messageOf(facts);
  EXPECT_TRUE(facts->estimated);
  EXPECT_EQ(facts->rows, 40000);
  EXPECT_EQ(facts->examples, 40000);
  EXPECT_NEAR(static_cast<double>(facts->truncated), 20000, 200);
  spec_.task = Task::LanguageModelling;
  const auto file = folder_.write("a.txt", text);
  facts = measureExamples(file, spec_, encoder_, nullptr, limits);
  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->estimated);
  EXPECT_NEAR(static_cast<double>(facts->examples),
              static_cast<double>(readExamples(file, spec_, encoder_)->examples.size()), 5);
}

TEST_F(ExamplesTest, MeasuringIsGivenUpWhenNobodyAsksAnyLonger) {
  MeasureLimits limits;
  int asked = 0;
  limits.giveUp = [&] { return ++asked == 3; };
  std::string rows = "text\n";
  for (int i = 0; i < 1000; ++i) rows += "a b c\n";
  EXPECT_FALSE(measureExamples(folder_.write("a.csv", rows), spec_, encoder_, nullptr, limits));
  EXPECT_EQ(asked, 3);
}

TEST_F(ExamplesTest, RegressionTakesNumbers) {
  spec_.task = Task::Regression;
  const auto set = mustRead("a.csv", "text,label\na,1.5\nb, -2 \n");
  EXPECT_EQ(set.kind, TargetKind::Value);
  EXPECT_EQ(set.examples[0].value, 1.5F);
  EXPECT_EQ(set.examples[1].value, -2.0F);
}

TEST_F(ExamplesTest, MissingAndNestedValuesAreRefusedWithTheirLine) {
  EXPECT_TRUE(contains(messageOf(read("a.jsonl", "{\"text\":\"a b\"}\n{\"text\":null}\n")),
                       "a.jsonl has no value for \"text\""));
  EXPECT_TRUE(contains(messageOf(read("b.jsonl", "{\"text\":[\"a\"]}\n")),
                       "holds a list or an object in \"text\": write plain text or a number there, or name another "
                       "column with --text."));
  EXPECT_TRUE(contains(messageOf(read("c.jsonl", "{}\n")), "its first line is an empty object"));
}

TEST_F(ExamplesTest, FilesWithNothingToLearnFromAreRefused) {
  EXPECT_TRUE(contains(messageOf(read("a.csv", "text\n")), "has no rows"));
  EXPECT_TRUE(contains(messageOf(read("a.txt", "")), "holds no text to learn from"));
  spec_.task = Task::Completion;
  EXPECT_TRUE(contains(messageOf(read("a.txt", "hello")), "use --task lm"));
  spec_.maxLength = 1;
  EXPECT_TRUE(contains(messageOf(read("a.csv", "prompt,completion\na,b\n")), "max-length must be at least 2"));
}

class WordExamplesTest : public ExamplesTest {
 protected:
  WordExamplesTest() {
    spec_.task = Task::TokenClassification;
    spec_.text = "tokens";
    spec_.label = "tags";
  }
};

TEST_F(WordExamplesTest, EachWordsFirstTokenHasItsLabel) {
  const auto set = mustRead("a.jsonl", R"({"tokens": ["EU", "New York", "!"], "tags": ["B-ORG", "B-LOC", "O"]})"
                                       "\n"
                                       R"({"tokens": ["ok"], "tags": ["O"]})"
                                       "\n");
  ASSERT_EQ(set.examples.size(), 2U);
  EXPECT_EQ(set.labels.names(), (std::vector<std::string>{"B-LOC", "B-ORG", "O"}));
  const auto& example = set.examples[0];
  EXPECT_EQ(example.tokenIds.size(), 6U) << "two for New York, and the special ones";
  EXPECT_EQ(example.targets, (Ids{kNoTarget, 1, 0, kNoTarget, 2, kNoTarget}));
  EXPECT_EQ(example.targetCount, 3);
  EXPECT_EQ(set.examples[1].targets, (Ids{kNoTarget, 2, kNoTarget}));
  EXPECT_EQ(targetsOf(set), 4);
}

TEST_F(WordExamplesTest, TextsWithBlanksAreListsToo) {
  const auto lists = mustRead("a.jsonl", R"({"tokens": ["a", "b"], "tags": [1, 0]})"
                                         "\n"
                                         R"({"tokens": ["c"], "tags": [0]})"
                                         "\n");
  const auto texts = mustRead("a.tsv", "tokens\ttags\na b\t1 0\nc\t0\n");
  ASSERT_EQ(lists.examples.size(), texts.examples.size());
  for (std::size_t i = 0; i < lists.examples.size(); ++i) {
    EXPECT_EQ(lists.examples[i].tokenIds, texts.examples[i].tokenIds);
    EXPECT_EQ(lists.examples[i].targets, texts.examples[i].targets);
  }
}

TEST_F(WordExamplesTest, WordsThatAreCutOffLoseTheirLabels) {
  spec_.maxLength = 4;
  const auto set = mustRead("a.tsv", "tokens\ttags\na b c d\tX Y X Z\n");
  EXPECT_EQ(set.truncated, 1);
  EXPECT_EQ(set.examples[0].targetCount, 2);
  EXPECT_EQ(set.labels.size(), 3) << "every class of the file";
}

TEST_F(WordExamplesTest, FaultsNameTheLineAndTheRemedy) {
  const auto refusal = [&](const std::string& row) {
    return messageOf(read("a.jsonl", R"({"tokens": ["a"], "tags": ["O"]})"
                                     "\n" +
                                         row + "\n"));
  };
  EXPECT_NE(refusal(R"({"tokens": ["a", "b"], "tags": ["O"]})").find("has 1 labels for 2 words: write one for each."),
            std::string::npos)
      << refusal(R"({"tokens": ["a", "b"], "tags": ["O"]})");
  EXPECT_NE(refusal(R"({"tokens": [], "tags": []})").find("has no words"), std::string::npos);
  EXPECT_NE(refusal(R"({"tokens": [null], "tags": ["O"]})")
                .find("holds null where a word is expected in its column of words"),
            std::string::npos)
      << refusal(R"({"tokens": [null], "tags": ["O"]})");
  EXPECT_NE(refusal(R"({"tokens": ["a"], "tags": [" "]})").find("has an empty label"), std::string::npos);
  EXPECT_NE(refusal(R"({"tokens": ["a"], "tags": ["O"]})").find("the label \"O\" for every word"), std::string::npos)
      << refusal(R"({"tokens": ["a"], "tags": ["O"]})");
  const LabelMap known(std::vector<std::string>{"O", "B"});
  const auto unknown = messageOf(read("b.jsonl",
                                      R"({"tokens": ["a", "b"], "tags": ["O", "I"]})"
                                      "\n",
                                      &known));
  EXPECT_NE(unknown.find("has the label \"I\", but the classes are"), std::string::npos) << unknown;
}

TEST_F(WordExamplesTest, AreMeasuredAsTheyAreRead) {
  const auto file = folder_.write("a.tsv", "tokens\ttags\na b c\tX Y X\nd\tX\n");
  const auto facts = measureExamples(file, spec_, encoder_, nullptr, {});
  ASSERT_TRUE(facts) << messageOf(facts);
  EXPECT_EQ(facts->rows, 2);
  EXPECT_EQ(facts->labels.names(), (std::vector<std::string>{"X", "Y"}));
  EXPECT_EQ(facts->longestTokens, 5);
}

}  // namespace
}  // namespace rosa::data
