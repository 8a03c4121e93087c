// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/pre_tokenizer_name.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "text/pre_tokenizer.h"
#include "text/unicode.h"

namespace rosa::convert {
namespace {

/// Words of the first GPT generation; a contraction, a run of letters, digits or marks, each with a blank before it.
constexpr std::string_view kGpt2Words = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3Words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2Words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen35Words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kGpt4oWords =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kTekkenWords =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

struct Known {
  std::string_view name;
  std::string_view words;
  bool singleDigits = false;  ///< digits are cut off one by one first
  /// Whether llama.cpp takes a word that is a token without merging.
  bool ignoresMerges = false;
};

constexpr std::array kKnown = {
    Known{"gpt-2", kGpt2Words},       Known{"smollm", kGpt2Words, true},
    Known{"qwen2", kQwen2Words},      Known{"llama-bpe", kLlama3Words, false, true},
    Known{"smaug-bpe", kLlama3Words}, Known{"qwen35", kQwen35Words},
    Known{"gpt-4o", kGpt4oWords},     Known{"tekken", kTekkenWords, false, true},
};

/// Other names of the same.
constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kOtherNames = {{
    {"gpt2", "gpt-2"},        {"phi-2", "gpt-2"},      {"olmo", "gpt-2"},         {"mellum", "gpt-2"},
    {"modern-bert", "gpt-2"}, {"jina-v2-es", "gpt-2"}, {"jina-v2-de", "gpt-2"},   {"starcoder", "smollm"},
    {"refact", "smollm"},     {"command-r", "smollm"}, {"codeshell", "smollm"},   {"exaone", "smollm"},
    {"minerva-7b", "smollm"}, {"llama3", "llama-bpe"}, {"llama-v3", "llama-bpe"}, {"falcon3", "llama-bpe"},
    {"pixtral", "llama-bpe"}, {"lfm2", "llama-bpe"},   {"dbrx", "smaug-bpe"},     {"deepseek-r1-qwen", "qwen2"},
    {"llama4", "gpt-4o"},     {"qwen3.5", "qwen35"},
}};

/// What differs among the known ones stands in here: lengths of numbers, upper-case contractions, marks before words,
/// line ends behind marks, runs of blanks, combining marks, scripts without blanks, camel case.
constexpr std::string_view kProbe =
    "Hello, y'all! How's it? I'LL I'm  we'Re\n\n\n  don't \t\tstop   \n 3 33 333 3333 33333 a1b22c333 12.5% x=7;\r\n"
    "  indented(code) { return a[0]->b; }//c\n/path/to/file #tag @name $5 (a) \"b\" 'c' ...!!!\n!\n"
    "camelCaseWord HTMLParser iOS naïve Ünïcode e\xCC\x81t\xC3\xA9 ĳ ǅ ªº ²³ ½ Ⅷ\n"
    "Привет мир 你好世界 2024年 こんにちは 안녕하세요 "
    "नमस्ते दुनिया ไทย עברית العربية ١٢٣ "
    "😀👍🏽 🇩🇪  — „x“\u00A0y\u3000z \n   ";

base::Json jsonOf(const Known& known) {
  auto steps = base::Json::array();
  if (known.singleDigits) steps.push_back({{"type", "Digits"}, {"individual_digits", true}});
  steps.push_back(
      {{"type", "Split"}, {"pattern", {{"Regex", known.words}}}, {"behavior", "Isolated"}, {"invert", false}});
  steps.push_back({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}});
  return {{"type", "Sequence"}, {"pretokenizers", steps}};
}

Expected<std::vector<std::string>> wordsOf(const base::Json& json) {
  ROSA_TRY(const auto cutter, text::makePreTokenizer(json));
  text::Pieces pieces;
  std::int32_t place = 0;
  for (const char32_t c : text::codePoints(kProbe)) {
    pieces.text.push_back({c, place, place + 1});
    ++place;
  }
  pieces.spans.push_back({0, pieces.text.size()});
  if (cutter) cutter->apply(pieces);
  std::vector<std::string> words;
  for (const auto& span : pieces.spans) {
    words.push_back(text::toUtf8(text::AlignedView(pieces.text).subspan(span.begin, span.end - span.begin)));
  }
  return words;
}

}  // namespace

std::optional<NamedPreTokenizer> preTokenizerNamed(std::string_view name) {
  const auto other = std::ranges::find(kOtherNames, name, &std::pair<std::string_view, std::string_view>::first);
  const auto found = std::ranges::find(kKnown, other == kOtherNames.end() ? name : other->second, &Known::name);
  if (found == kKnown.end()) return std::nullopt;
  return NamedPreTokenizer{jsonOf(*found), found->ignoresMerges, found->name.starts_with("qwen")};
}

std::string namesOfPreTokenizers() {
  std::string names;
  for (const auto& known : kKnown) (names += names.empty() ? "" : ", ") += known.name;
  return names;
}

Expected<std::optional<std::string>> preTokenizerName(const base::Json& preTokenizer, bool ignoresMerges) {
  ROSA_TRY(const auto own, wordsOf(preTokenizer));
  for (const auto& known : kKnown) {
    if (known.ignoresMerges != ignoresMerges) continue;
    ROSA_TRY(const auto theirs, wordsOf(jsonOf(known)));
    if (own == theirs) return std::optional<std::string>(known.name);
  }
  return std::optional<std::string>();
}

}  // namespace rosa::convert
