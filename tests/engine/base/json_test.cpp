// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>

#include "support/process.h"

namespace rosa::base {
namespace {

std::string problem(std::string_view text, const JsonLimits& limits = {}) {
  const auto json = parseJson(text, "x.json", limits);
  return json ? "accepted" : json.error().message;
}

TEST(JsonTest, KeepsValuesAndTheirOrder) {
  const auto json =
      parseJson(R"({"z": [1, -2, 3.5, true, null], "a": {"é": "😀\u00e9\n"}, "m": 18446744073709551615})", "x.json");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(json->dump(), R"({"z":[1,-2,3.5,true,null],"a":{"é":"😀é\n"},"m":18446744073709551615})");
  EXPECT_TRUE((*json)["m"].is_number_unsigned());
}

TEST(JsonTest, AcceptsAnyRoot) {
  for (const char* text : {"{}", "[]", "1", "\"a\"", "null", " \n{} \t"}) {
    EXPECT_EQ(problem(text), "accepted") << text;
  }
}

TEST(JsonTest, NamesFileAndPlace) {
  EXPECT_EQ(problem("{\n  \"a\": 1,\n  \"b\" 2\n}"),
            "x.json is not valid JSON at line 3, column 7: unexpected number literal; expected ':'. Repair "
            "it or fetch it again.");
  EXPECT_EQ(problem(""),
            "x.json is not valid JSON at column 1: unexpected end of input; expected '[', '{', or a literal. Repair it "
            "or fetch it again.");
}

TEST(JsonTest, RefusesWhatIsNotJson) {
  for (const char* text :
       {"{\"a\":1,}", "{'a':1}", "{\"a\":NaN}", "{\"a\":01}", "{\"a\":1}}", "{}{}", "[1 2]", "{\"a\"}", "// no\n{}",
        "\"\\ud800\"", "\"\xff\"", "\"\xed\xa0\x80\"", "\"\t\"", "1e999", "tru", "{", "[", "\"", "\x80"}) {
    EXPECT_NE(problem(text), "accepted") << text;
  }
}

TEST(JsonTest, RefusesBytesAfterANul) {
  EXPECT_NE(problem(std::string_view("{}\0", 3)), "accepted");
  EXPECT_NE(problem(std::string_view("{}\0{\"a\":1}", 10)), "accepted");
}

TEST(JsonTest, NamesAByteOrderMark) {
  EXPECT_EQ(problem("\xEF\xBB\xBF{}"), "x.json begins with a byte-order mark. Save it as UTF-8 without one.");
}

TEST(JsonTest, RefusesAKeyThatStandsTwice) {
  EXPECT_EQ(problem(R"({"a": {"b": 1, "c": 2, "b": 1}})"),
            "x.json has the key \"b\" twice in one object. Remove one of them.");
  EXPECT_NE(problem(R"({"a": 1, "\u0061": 2})"), "accepted") << "the same key, spelt differently";
  EXPECT_EQ(problem(R"([{"a": 1}, {"a": 2}])"), "accepted") << "two objects";
}

TEST(JsonTest, LimitsDepth) {
  EXPECT_EQ(problem(std::string(64, '[') + std::string(64, ']')), "accepted");
  EXPECT_EQ(problem(std::string(65, '[') + std::string(65, ']')),
            "x.json nests objects and lists more than 64 deep. Check that it is the right file.");
  EXPECT_EQ(problem("[[]]", {.depth = 2}), "accepted");
  EXPECT_NE(problem("[{\"a\":[]}]", {.depth = 2}), "accepted");
}

TEST(JsonTest, RefusesAHundredThousandLevelsAtOnce) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "{\"a\":[";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_NE(problem(text), "accepted");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
}

TEST(JsonTest, ReadsALargeVocabularyInLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += "\"token" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  text.back() = '}';
  const auto json = parseJson(text, "x.json", {.bytes = text.size(), .depth = 1});
  ASSERT_TRUE(json);
  EXPECT_EQ(json->size(), 200'000U);
}

TEST(JsonTest, LimitsSize) {
  EXPECT_EQ(problem("[1,2]", {.bytes = 5}), "accepted");
  EXPECT_NE(problem("[1,2]", {.bytes = 4}), "accepted");
}

TEST(JsonFileTest, NamesTheFile) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "config.json";
  EXPECT_EQ(readJsonFile(FileSystem::real(), path).error().message,
            "Could not open " + path.string() + ": it does not exist. Check the path.");
  std::ofstream(path) << "{\"a\": [1]}";
  const auto json = readJsonFile(FileSystem::real(), path);
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["a"][0], 1);
  const auto tooLarge = readJsonFile(FileSystem::real(), path, {.bytes = 9});
  ASSERT_FALSE(tooLarge);
  EXPECT_NE(tooLarge.error().message.find("config.json has 10 B, more than the 9 B"), std::string::npos)
      << tooLarge.error().message;
}

TEST(JsonTest, SurvivesEveryPrefixOfASoundText) {
  const std::string text = R"({"a":[1,-2.5e3,"x\u00e9\\",{"b":null}],"c":true})";
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_NE(problem(text.substr(0, length)), "accepted") << length;
  }
  EXPECT_EQ(problem(text), "accepted");
}

}  // namespace
}  // namespace rosa::base
