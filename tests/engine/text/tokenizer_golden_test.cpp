// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "support/golden.h"
#include "text/tokenizer.h"

/// Every tokenizer of the golden folder against what its reference library made of the same texts.
namespace {

namespace fs = std::filesystem;
using rosa::base::Json;
using rosa::text::characterFrom;
using rosa::text::Encoding;
using rosa::text::kShownAtSeam;
using rosa::text::Seam;
using rosa::text::Tokenizer;
using rosa::text::Truncation;

constexpr rosa::base::JsonLimits kLimits{.bytes = std::uint64_t{256} << 20, .depth = 64};

std::string readMaybeCompressed(const fs::path& folder) {
  const auto path = fs::exists(folder / "tokenizer.json") ? folder / "tokenizer.json" : folder / "tokenizer.json.gz";
  std::string text;
  if (gzFile file = gzopen(path.c_str(), "rb")) {
    std::vector<char> buffer(1 << 20);
    for (int count = 0; (count = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(count));
    gzclose(file);
  }
  return text;
}

std::vector<fs::path> tokenizerFolders() {
  std::vector<fs::path> folders;
  const auto root = rosa::test::goldenDirectory() / "tokenizers";
  if (!fs::exists(root)) return folders;
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

/// What a row's "special" or "plain" says, without the pads.
struct Wanted {
  std::vector<std::int32_t> ids, types;
  std::vector<std::pair<std::int32_t, std::int32_t>> offsets;
};

Wanted wanted(const Json& json) {
  Wanted result;
  for (std::size_t i = 0; i < json["ids"].size(); ++i) {
    if (json.contains("attention_mask") && json["attention_mask"][i].get<int>() == 0) continue;
    result.ids.push_back(json["ids"][i].get<std::int32_t>());
    result.types.push_back(json.contains("type_ids") ? json["type_ids"][i].get<std::int32_t>() : 0);
    result.offsets.emplace_back(json["offsets"][i][0].get<std::int32_t>(), json["offsets"][i][1].get<std::int32_t>());
  }
  return result;
}

Wanted made(const Encoding& encoding) {
  Wanted result;
  for (std::size_t i = 0; i < encoding.tokens.size(); ++i) {
    result.ids.push_back(encoding.tokens[i].id);
    result.types.push_back(encoding.typeIds[i]);
    result.offsets.emplace_back(encoding.tokens[i].begin, encoding.tokens[i].end);
  }
  return result;
}

class TokenizerGolden : public testing::TestWithParam<fs::path> {
 protected:
  void SetUp() override {
    const auto json = rosa::base::parseJson(readMaybeCompressed(GetParam()), "tokenizer.json", kLimits);
    ASSERT_TRUE(json) << json.error().message;
    auto tokenizer = Tokenizer::fromJson(*json, GetParam().filename().string());
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    tokenizer_ = *tokenizer;
  }

  void expectEqual(const Encoding& encoding, const Json& row, const std::string& what, bool types) {
    const auto want = wanted(row);
    const auto have = made(encoding);
    EXPECT_EQ(have.ids, want.ids) << what;
    if (have.ids == want.ids) {
      EXPECT_EQ(have.offsets, want.offsets) << what;
      if (types) {
        EXPECT_EQ(have.types, want.types) << what;
      }
    }
  }

  Tokenizer tokenizer_;
};

TEST_P(TokenizerGolden, EncodesAndDecodesLikeTheReference) {
  std::ifstream in(GetParam() / "vectors.jsonl");
  int rows = 0;
  for (std::string line; std::getline(in, line) && !HasFailure(); ++rows) {
    const auto row = Json::parse(line);
    const auto text = row["text"].get<std::string>();
    const auto what =
        GetParam().filename().string() + " row " + std::to_string(row["i"].get<int>()) + " " + row["text"].dump();
    expectEqual(tokenizer_.encode(text), row["special"], what, true);
    if (row["plain"].is_object()) expectEqual(tokenizer_.encode(text, false), row["plain"], what + " plain", false);
    const auto ids = row["special"]["ids"].get<std::vector<std::int32_t>>();
    EXPECT_EQ(tokenizer_.decode(ids, false), row["decode"].get<std::string>()) << what;
    const auto& skipped = row["decode_skip"];
    const auto want = skipped == "same" ? row["decode"].get<std::string>() : skipped.get<std::string>();
    EXPECT_EQ(tokenizer_.decode(ids, true), want) << what;
  }
  EXPECT_GT(rows, 0);
}

TEST_P(TokenizerGolden, CutsTextsAndPairsLikeTheReference) {
  std::ifstream in(GetParam() / "pairs-trunc.jsonl");
  int rows = 0;
  for (std::string line; std::getline(in, line) && !HasFailure(); ++rows) {
    const auto row = Json::parse(line);
    const auto a = row["a"].get<std::string>();
    std::optional<std::string> b;
    if (row.contains("b") && row["b"].is_string()) b = row["b"].get<std::string>();
    const auto strategy =
        row.contains("strategy") && row["strategy"].is_string() ? row["strategy"].get<std::string>() : "longest_first";
    const auto truncation = strategy == "only_first"    ? Truncation::OnlyFirst
                            : strategy == "only_second" ? Truncation::OnlySecond
                                                        : Truncation::LongestFirst;
    const bool cuts = row["mode"] != "pair" && row.contains("max_length") && row["max_length"].is_number();
    const auto encoding = tokenizer_.encode(a, b ? std::optional<std::string_view>(*b) : std::nullopt,
                                            cuts ? row["max_length"].get<std::int64_t>() : 1'000'000, truncation);
    const auto what = GetParam().filename().string() + " " + line.substr(0, 200);
    if (row["special"].contains("error")) {
      EXPECT_FALSE(encoding) << what;
      continue;
    }
    ASSERT_TRUE(encoding) << what;
    expectEqual(*encoding, row["special"], what, true);
  }
  EXPECT_GT(rows, 0);
}

/// All texts of the vectors, each several times, with line breaks, spaces and nothing between.
std::string allTexts(const fs::path& folder) {
  std::string all;
  std::ifstream in(folder / "vectors.jsonl");
  const char* const between[] = {"\n", "\n\n", " \n", ".\n", "1\n", "\n ", ""};
  std::size_t next = 0;
  for (std::string line; std::getline(in, line);) {
    const auto text = Json::parse(line)["text"].get<std::string>();
    for (int i = 0; i < 3; ++i) all += text + between[next++ % std::size(between)];
  }
  return all;
}

/// Whether a line break has words on both sides, blanks aside.
bool isBetweenWords(std::string_view text, std::size_t at) {
  constexpr std::string_view kBlanks = " \t\n\v\f\r";
  const auto before = text.substr(0, at).substr(at - std::min<std::size_t>(at, 100));
  return before.find_first_not_of(kBlanks) != std::string_view::npos &&
         text.substr(at + 1, 100).find_first_not_of(kBlanks) != std::string_view::npos;
}

TEST_P(TokenizerGolden, ATextCutInPartsHasTheTokensOfTheWhole) {
  const std::set<std::string> whole_only{"nfkc-bpe"};
  const auto name = GetParam().filename().string();
  const auto seam = tokenizer_.seam();
  EXPECT_TRUE(seam != Seam::None || whole_only.contains(name));
  if (seam == Seam::None) GTEST_SKIP() << name << " does not tell where texts can be cut";
  const auto text = allTexts(GetParam());
  std::vector<std::int32_t> whole, parts;
  for (const auto& token : tokenizer_.encode(text, false).tokens) whole.push_back(token.id);
  std::size_t begin = 0, cuts = 0, tried = 0;
  for (std::size_t line = 0, end = 0; end < text.size();) {
    line = text.find('\n', line);
    end = line == std::string::npos ? text.size() : line + (seam == Seam::BehindBreak ? 1 : 0);
    ++line;
    if (end == begin) continue;
    auto from = begin;
    if (seam == Seam::BetweenWords) {
      if (end < text.size() && !isBetweenWords(text, end)) continue;
      from = characterFrom(text, from - std::min(from, kShownAtSeam));
    }
    const auto shown = characterFrom(text, std::min(end + kShownAtSeam, text.size()));
    ++tried;
    const auto part =
        tokenizer_.encodePart(std::string_view(text).substr(from, shown - from), begin - from, end - from);
    if (!part) continue;
    ++cuts;
    for (const auto& token : *part) parts.push_back(token.id);
    begin = end;
  }
  EXPECT_EQ(begin, text.size());
  EXPECT_EQ(parts, whole);
  EXPECT_GT(cuts, tried / 4) << name;
}

TEST_P(TokenizerGolden, LongRunsOfOneCharacterEndInProportion) {
  constexpr std::size_t kBytes = 100'000;
  for (const std::string unit : {"a", " ", "\n", "<", "1", "\xCC\x81", "e\xCC\x81\xCC\xA3", "          a"}) {
    std::string text;
    while (text.size() < kBytes) text += unit;
    const auto once = tokenizer_.encode(text);
    const auto twice = tokenizer_.encode(text + text);
    EXPECT_LE(twice.tokens.size(), 2 * once.tokens.size() + 8) << unit;
    std::int32_t end = 0;
    for (const auto& token : twice.tokens) {
      EXPECT_LE(token.begin, token.end);
      end = std::max(end, token.end);
    }
    EXPECT_LE(end, static_cast<std::int32_t>(2 * text.size())) << unit;
  }
}

TEST(TokenizerGoldenFolder, EveryTokenizerHasItsVectors) {
  const auto folders = tokenizerFolders();
  if (folders.empty()) GTEST_SKIP() << "no tokenizers in " << rosa::test::goldenDirectory() / "tokenizers";
  for (const auto& folder : folders) EXPECT_TRUE(fs::exists(folder / "vectors.jsonl")) << folder;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TokenizerGolden);
INSTANTIATE_TEST_SUITE_P(All, TokenizerGolden, testing::ValuesIn(tokenizerFolders()), [](const auto& tested) {
  auto name = tested.param.filename().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
