// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/row_reader.h"

#include <gtest/gtest.h>

#include "read_rows.h"
#include "temporary_folder.h"

namespace rosa::data {
namespace {

using Lines = std::vector<std::vector<std::string>>;
using std::string_literals::operator""s;

class RowReaderTest : public testing::Test {
 protected:
  ReadFile read(std::string_view name, std::string_view content, const RowOptions& options = {}) {
    return readAll(folder_.write(name, content), options);
  }
  TemporaryFolder folder_;
};

TEST_F(RowReaderTest, CsvKeepsWhatQuotesEnclose) {
  const auto file = read("a.csv", "mr,ref\r\n\"a, \"\"b\"\"\",\"two\r\nlines\"\r\nc,\r\n");
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(file.columns, (std::vector<std::string>{"mr", "ref"}));
  EXPECT_EQ(file.texts(), (Lines{{"a, \"b\"", "two\r\nlines"}, {"c", ""}}));
}

TEST_F(RowReaderTest, RowsKnowTheirNumberAndTheLineTheyBeginOn) {
  const auto file = read("a.csv", "t,n\n\n\"x\ny\",1\r\rz,2\n");
  ASSERT_EQ(file.rows.size(), 2U);
  EXPECT_EQ(file.rows[0].number, 1);
  EXPECT_EQ(file.rows[0].line, 3);
  EXPECT_EQ(file.rows[1].number, 2);
  EXPECT_EQ(file.rows[1].line, 6);
}

TEST_F(RowReaderTest, TsvTakesQuotationMarksLiterally) {
  const auto file = read("a.tsv", "a\tb\n\"x\t\"\"\n");
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(file.texts(), (Lines{{"\"x", "\"\""}}));
}

TEST_F(RowReaderTest, ATsvFileThatIsPlainlyWrittenWithQuotesIsReadWithThem) {
  // As pandas writes it: marks only where they are needed, doubled inside.
  const auto minimal = read("a.tsv", "text\tlabel\n\"she said \"\"yes\"\"\"\t1\nplain\t0\n\"two\nlines\ta tab\"\t1\n");
  EXPECT_EQ(minimal.error, "");
  EXPECT_EQ(minimal.texts(), (Lines{{"she said \"yes\"", "1"}, {"plain", "0"}, {"two\nlines\ta tab", "1"}}));
  const auto all = read("b.tsv", "\"text\"\t\"label\"\n\"fine\"\t\"1\"\n\"so so\"\t0\n");
  EXPECT_EQ(all.columns, (std::vector<std::string>{"text", "label"}));
  EXPECT_EQ(all.texts(), (Lines{{"fine", "1"}, {"so so", "0"}}));
}

TEST_F(RowReaderTest, AMarkThatNoWriterOfQuotesWouldLeaveMakesAllOfThemLiteral) {
  const std::string doubled = "\"what does \"\"so\"\" mean\"\t1\n";
  EXPECT_EQ(read("a.tsv", "text\tlabel\n" + doubled).texts(), (Lines{{"what does \"so\" mean", "1"}}));
  for (const std::string other : {"a 5\" screen\t0\n", "\"yes\" , he said\t0\n", "\"a whole sentence .\"\t0\n",
                                  "\"open\t0\n", "\"open\t0\nx\t1\nclose\"\t1\n"}) {
    const auto file = read("b.tsv", "text\tlabel\n" + doubled + other);
    EXPECT_EQ(file.error, "") << other;
    ASSERT_FALSE(file.rows.empty()) << other;
    EXPECT_EQ(file.texts()[0][0], "\"what does \"\"so\"\" mean\"") << other;
  }
}

TEST_F(RowReaderTest, QuotesAreReadAsAskedFor) {
  RowOptions options;
  options.quotes = true;
  EXPECT_EQ(read("a.tsv", "a\tb\n\"x y\"\t1\n", options).texts(), (Lines{{"x y", "1"}}));
  options.quotes = false;
  EXPECT_EQ(read("b.tsv", "a\tb\n\"x\"\"\"\t1\n", options).texts(), (Lines{{"\"x\"\"\"", "1"}}));
  EXPECT_EQ(read("c.csv", "a,b\n\"x,1\n", options).texts(), (Lines{{"\"x", "1"}}));
}

TEST_F(RowReaderTest, ATsvRowThatQuotesWouldMendSaysSo) {
  const auto content = "a\tb\n\"x\ty\"\t1\nfive \" inches\t0\n";
  EXPECT_TRUE(contains(read("a.tsv", content).error, "Line 2 of ")) << "the last row says that marks are ordinary";
  EXPECT_TRUE(contains(read("a.tsv", content).error, "has 3 fields where the first row has 2: "));
  EXPECT_TRUE(contains(read("a.tsv", content).error, "choose --quotes yes"));
  RowOptions remedy;
  remedy.quotes = true;
  EXPECT_EQ(read("a.tsv", content, remedy).texts(), (Lines{{"x\ty", "1"}, {"five \" inches", "0"}}));
}

TEST_F(RowReaderTest, SeveralColumnsMayLackAName) {
  const auto index = read("a.csv", ",text,label\n0,a b,1\n1,c d,0\n");
  EXPECT_EQ(index.error, "");
  EXPECT_EQ(index.columns, (std::vector<std::string>{"", "text", "label"}));
  EXPECT_EQ(index.texts(), (Lines{{"0", "a b", "1"}, {"1", "c d", "0"}}));
  const auto several = read("b.csv", ",text,,\n0,a b,,\n1,c d,x,\n");
  EXPECT_EQ(several.error, "");
  EXPECT_EQ(several.columns, (std::vector<std::string>{"", "text", "", ""}));
}

TEST_F(RowReaderTest, SpareEmptyFieldsAtARowsEndMoveNothing) {
  const Lines expected{{"a b", "1"}, {"c d", "0"}};
  EXPECT_EQ(read("a.csv", "text,label\na b,1,\nc d,0,\n").texts(), expected)
      << "pandas takes the first field for an index";
  EXPECT_EQ(read("b.csv", "text,label\na b,1,,\nc d,0\n").texts(), expected);
  const auto named = read("c.csv", "text,label,\na b,1,\nc d,0\n");
  EXPECT_EQ(named.error, "");
  EXPECT_EQ(named.rows[1].cells[2].kind, Cell::Kind::Missing);
  EXPECT_TRUE(contains(read("d.csv", "text,label\na b,1,x\n").error, "has 3 fields where the first row has 2"));
  EXPECT_TRUE(contains(read("e.csv", "text,label,\na b\n").error, "has 1 field where the first row has 3"));
}

TEST_F(RowReaderTest, RowNumbersThatHaveNoNameAreLeftOut) {
  // R's write.table; pandas makes them an index.
  const auto numbered = read("a.csv", "\"text\",\"label\"\n\"1\",\"a b\",1\n\"2\",\"c d\",0\n");
  EXPECT_EQ(numbered.error, "");
  EXPECT_EQ(numbered.texts(), (Lines{{"a b", "1"}, {"c d", "0"}}));
  EXPECT_TRUE(contains(read("b.csv", "text,label\n1,a b,1\n7,c d,0\n").error, "Line 3 of "));
  EXPECT_TRUE(contains(read("c.csv", "text,label\na b,1\n2,c d,0\n").error, "Line 3 of "))
      << "not from the first row on";
  EXPECT_TRUE(
      contains(read("d.csv", "text,label\nHello, world,1\n").error, "enclose fields that contain the delimiter"));
}

TEST_F(RowReaderTest, WithoutHeaderColumnsAreNumberedAndTheFirstRowIsData) {
  RowOptions options;
  options.header = false;
  const auto file = read("a.tsv", "gj04\t1\t\tOur friends\ngj04\t0\t*\tOne more\n", options);
  EXPECT_EQ(file.columns, (std::vector<std::string>{"1", "2", "3", "4"}));
  ASSERT_EQ(file.rows.size(), 2U);
  EXPECT_EQ(file.rows[0].number, 1);
  EXPECT_EQ(file.rows[0].cells[3].text, "Our friends");
}

TEST_F(RowReaderTest, FilesWithByteOrderMarksReadAsWithout) {
  const Lines expected{{"naïve 😀", "1"}};
  EXPECT_EQ(read("utf8.csv", "\xEF\xBB\xBFtext,label\nnaïve 😀,1\n").texts(), expected);
  std::string little = "\xFF\xFE"s;
  std::string big = "\xFE\xFF"s;
  for (const char16_t unit : std::u16string(u"text,label\nnaïve 😀,1\n")) {
    const auto low = static_cast<char>(unit & 0xFF);
    const auto high = static_cast<char>(unit >> 8);
    little += {low, high};
    big += {high, low};
  }
  EXPECT_EQ(read("le.csv", little).texts(), expected);
  EXPECT_EQ(read("be.csv", big).texts(), expected);
  little.pop_back();
  EXPECT_TRUE(contains(read("cut.csv", little).error, "not valid UTF-8"));
}

TEST_F(RowReaderTest, LoneUtf16SurrogateIsRefused) {
  EXPECT_TRUE(contains(read("a.csv", "\xFF\xFEt\0\n\0\x3D\xD8x\0\n\0"s).error, "a.csv is not valid UTF-8"));
}

TEST_F(RowReaderTest, NulBytesAreData) {
  EXPECT_EQ(read("a.csv", "t\nx\0y\n"s).texts(), (Lines{{"x\0y"s}}));
}

TEST_F(RowReaderTest, LateOpenQuoteIsReportedWhereItOpens) {
  std::string content = "text,label\n";
  for (int i = 0; i < 20000; ++i) content += "hello,1\n";
  content += "\"world,2\n";
  for (int i = 0; i < 20000; ++i) content += "hello,3\n";
  const auto file = read("a.csv", content);
  EXPECT_EQ(file.rows.size(), 20000U);
  EXPECT_TRUE(file.error.starts_with("Line 20002 of ")) << file.error;
  EXPECT_TRUE(contains(file.error, "a.csv opens a quotation mark that is never closed"));
}

TEST_F(RowReaderTest, QuoteClosedByALaterFieldNamesTheLineItOpensOn) {
  const auto file = read("a.csv", "text,label\n\"oops,1\nfine,2\n\"quoted\",3\n");
  EXPECT_TRUE(contains(file.error, "a.csv has text after a closing quotation mark (the field begins in line 2)"));
}

TEST_F(RowReaderTest, EachRemedyForAStrayMarkInACsvFileWorks) {
  const Lines expected{{"\"yes\" he said", "1"}};
  const auto after = "text,label\n\"yes\" he said,1\n";
  EXPECT_TRUE(contains(read("a.csv", after).error, "choose --quotes no"));
  EXPECT_EQ(read("b.csv", "text,label\n\"\"\"yes\"\" he said\",1\n").texts(), expected) << "written twice";
  RowOptions remedy;
  remedy.quotes = false;
  EXPECT_EQ(read("a.csv", after, remedy).texts(), expected);
  const auto open = "text,label\n\"yes he said,1\n";
  EXPECT_TRUE(contains(read("c.csv", open).error, "choose --quotes no"));
  EXPECT_EQ(read("c.csv", open, remedy).texts(), (Lines{{"\"yes he said", "1"}}));
}

TEST_F(RowReaderTest, RowsOverTheLimitAreRefusedInsteadOfHeld) {
  std::string content = "t\n\"";
  content.append(kLongestRowBytes + 2, 'z');
  EXPECT_TRUE(
      contains(read("a.csv", content).error, "a.csv is part of a row of more than 16.0 MiB: close the quotation mark"));
  content[2] = 'z';
  EXPECT_TRUE(contains(read("b.csv", content).error, "b.csv is part of a row of more than 16.0 MiB: split it"));
  EXPECT_TRUE(contains(read("c.jsonl", "{\"t\": \"" + content.substr(2)).error, "c.jsonl is longer than 16.0 MiB"));
}

TEST_F(RowReaderTest, FilesWithTooManyColumnsAreRefused) {
  EXPECT_TRUE(contains(read("a.csv", std::string(1'000'000, ',') + "\n").error, "more than 4096 columns"));
  std::string line = "{";
  for (int i = 0; i < 5000; ++i) line += "\"k" + std::to_string(i) + "\":1,";
  line.back() = '}';
  EXPECT_TRUE(contains(read("a.jsonl", line).error, "a.jsonl brings the file's keys to more than 4096"));
}

TEST_F(RowReaderTest, JsonLinesTellMissingFromEmptyAndNested) {
  const auto file = read("a.jsonl", "{\"a\":\"\",\"b\":null}\n{\"b\":[1,{\"x\":\"\\n\"}],\"c\":1.50}\n");
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(file.columns, (std::vector<std::string>{"a", "b", "c"}));
  ASSERT_EQ(file.rows.size(), 2U);
  EXPECT_EQ(file.rows[0].cells[0].kind, Cell::Kind::Text);
  EXPECT_EQ(file.rows[0].cells[1].kind, Cell::Kind::Missing);
  EXPECT_EQ(file.rows[1].cells[0].kind, Cell::Kind::Missing);
  EXPECT_EQ(file.rows[1].cells[1].kind, Cell::Kind::Nested);
  EXPECT_EQ(file.rows[1].cells[1].text, "[1,{\"x\":\"\\n\"}]");
  EXPECT_EQ(file.rows[1].cells[2].text, "1.50");
}

TEST_F(RowReaderTest, JsonLinesErrorsGiveByteAndReason) {
  EXPECT_TRUE(contains(read("a.jsonl", "{\"a\": 1}\n{\"a\": 1,}\n").error, "a.jsonl is not valid JSON at column 9: "));
  EXPECT_TRUE(contains(read("b.jsonl", "[1]\n").error, "b.jsonl is JSON, but not an object: write each row as one"));
  EXPECT_TRUE(contains(read("c.jsonl", "{\"a\":1,\"\\u0061\":2}\n").error, "c.jsonl has the key \"a\" twice"));
  EXPECT_TRUE(contains(read("d.jsonl", "{\"a\":" + std::string(100'000, '[') + "\n").error, "more than 256 deep"));
  EXPECT_TRUE(contains(read("e.jsonl", "\xFF\xFE{\0}\0"s).error, "is UTF-16"));
}

TEST_F(RowReaderTest, PathsThatAreNoTableFilesAreNamedWithTheRemedy) {
  EXPECT_TRUE(contains(readAll(folder_.path() / "none.csv").error, "none.csv"));
  EXPECT_TRUE(contains(read("a.xlsx", "").error, "data files end in .csv, .tsv, .jsonl, .json, .parquet or .txt"));
  EXPECT_TRUE(contains(read("a.txt", "hello").error, "has no columns: use --task lm"));
  std::filesystem::create_directory(folder_.path() / "folder.csv");
  EXPECT_TRUE(contains(readAll(folder_.path() / "folder.csv").error, "folder.csv holds no data files"));
}

}  // namespace
}  // namespace rosa::data
