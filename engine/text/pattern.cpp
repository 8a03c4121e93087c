// SPDX-License-Identifier: GPL-3.0-or-later
#define PCRE2_CODE_UNIT_WIDTH 32
#include "text/pattern.h"

#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "text/json_fields.h"
#include "text/newer_characters.h"
#include "text/regex_syntax.h"

namespace rosa::text {
namespace {

struct ContextDeleter {
  void operator()(pcre2_compile_context_32* context) const { pcre2_compile_context_free_32(context); }
};

}  // namespace

struct Pattern::Compiled {
  pcre2_code_32* code = nullptr;
  bool jit = false;  ///< compiled to machine code
  bool looksBack = false;
  bool isRunOfSpaces = false;
  std::string regex;  ///< for messages
  Compiled() = default;
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  ~Compiled() { pcre2_code_free_32(code); }
};

struct Pattern::Scratch {
  std::u32string points;  ///< of the text that is being searched
  pcre2_match_context_32* context = nullptr;
  pcre2_jit_stack_32* stack = nullptr;
  pcre2_match_data_32* match = nullptr;
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    pcre2_match_data_free_32(match);
    pcre2_jit_stack_free_32(stack);
    pcre2_match_context_free_32(context);
  }
  void prepare();
};

/// For matching a regular expression.
void Pattern::Scratch::prepare() {
  if (match != nullptr) return;
  match = pcre2_match_data_create_32(1, nullptr);
  context = pcre2_match_context_create_32(nullptr);
  // Far above what any tokenizer's pattern needs: seconds of work, a few hundred MiB.
  constexpr std::uint32_t kSteps = 20'000'000;
  constexpr std::uint32_t kKibibytes = 512 * 1024;
  constexpr std::size_t kJitStackBytes = std::size_t{16} << 20;
  pcre2_set_match_limit_32(context, kSteps);
  pcre2_set_depth_limit_32(context, kSteps);
  pcre2_set_heap_limit_32(context, kKibibytes);
  stack = pcre2_jit_stack_create_32(32 * 1024, kJitStackBytes, nullptr);
  pcre2_jit_stack_assign_32(context, nullptr, stack);
}

Pattern Pattern::literal(std::u32string text) {
  Pattern pattern;
  pattern.literal_ = std::move(text);
  pattern.scratch_ = std::make_shared<const base::PerThread<Scratch>>();
  return pattern;
}

Expected<Pattern> Pattern::expression(std::string_view regex) {
  constexpr std::size_t kLongest = 10'000;
  if (regex.size() > kLongest) return Error{"A regular expression is longer than 10,000 bytes."};
  const auto points = pcreSyntax(codePoints(regex));
  if (!points) {
    return Error{
        fmt::format("The regular expression {} cannot be read: {}.", base::inQuotes(regex), points.error().message)};
  }
  int code = 0;
  PCRE2_SIZE place = 0;
  auto compiled = std::make_shared<Compiled>();
  const std::unique_ptr<pcre2_compile_context_32, ContextDeleter> context(pcre2_compile_context_create_32(nullptr));
  pcre2_set_newline_32(context.get(), PCRE2_NEWLINE_LF);
  compiled->code =
      pcre2_compile_32(reinterpret_cast<PCRE2_SPTR32>(points->data()), points->size(),
                       PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &code, &place, context.get());
  if (compiled->code == nullptr)
    return Error{fmt::format("The regular expression {} cannot be read.", base::inQuotes(regex))};
  // Without the just-in-time compiler, where a machine forbids it, matching is slower but the same.
  compiled->jit = pcre2_jit_compile_32(compiled->code, PCRE2_JIT_COMPLETE) == 0;
  std::uint32_t behind = 0;  // \b and ^ count too
  pcre2_pattern_info_32(compiled->code, PCRE2_INFO_MAXLOOKBEHIND, &behind);
  compiled->looksBack = behind > 0 || regex.find("\\G") != std::string_view::npos;
  // As SentencePiece models have it when they are converted.
  compiled->isRunOfSpaces = regex == " {2,}" || regex == " +" || regex == "\\s+" || regex == "  +";
  compiled->regex = base::inQuotes(regex);
  Pattern pattern;
  pattern.compiled_ = std::move(compiled);
  pattern.scratch_ = std::make_shared<const base::PerThread<Scratch>>();
  return pattern;
}

bool Pattern::looksBack() const {
  return compiled_ && compiled_->looksBack;
}

bool Pattern::keepsToBlanks() const {
  return compiled_ ? compiled_->isRunOfSpaces : std::ranges::none_of(literal_, isWhiteSpace);
}

void Pattern::matches(AlignedView text, std::vector<Span>& found) const {
  found.clear();
  auto& scratch = scratch_->get();
  auto& points = scratch.points;
  points.resize(text.size());
  std::ranges::transform(text, points.begin(),
                         [&](const AlignedChar& c) { return compiled_ ? asKnownToPcre(c.value) : c.value; });
  if (!compiled_) {
    const auto step = std::max<std::size_t>(literal_.size(), 1);
    for (std::size_t at = points.find(literal_); at != std::u32string::npos; at = points.find(literal_, at + step))
      found.push_back({at, at + literal_.size()});
    return;
  }
  scratch.prepare();
  auto* data = scratch.match;
  const auto* range = pcre2_get_ovector_pointer_32(data);
  std::size_t start = 0;
  while (start <= points.size()) {
    // Code points came from our own decoder, so each is valid; what checks options and text again is passed by.
    const auto* subject = reinterpret_cast<PCRE2_SPTR32>(points.data());
    int count =
        compiled_->jit
            ? pcre2_jit_match_32(compiled_->code, subject, points.size(), start, 0, data, scratch.context)
            : pcre2_match_32(compiled_->code, subject, points.size(), start, PCRE2_NO_UTF_CHECK, data, scratch.context);
    // The interpreter keeps its places on the heap and needs no stack.
    if (count == PCRE2_ERROR_JIT_STACKLIMIT) {
      count = pcre2_match_32(compiled_->code, subject, points.size(), start, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data,
                             scratch.context);
    }
    if (count == PCRE2_ERROR_NOMATCH) break;
    if (count < 0) {
      throw PatternLimit(fmt::format(
          "The tokenizer's pattern {} finds no end on a text of {} characters, from its character {} on. Shorten the "
          "text there, or choose a model with another tokenizer.",
          compiled_->regex, points.size(), start + 1));
    }
    // An empty match right behind the last one is none; the search goes on one character further.
    if (range[1] == range[0] && !found.empty() && found.back().end == range[1]) {
      ++start;
      continue;
    }
    found.push_back({range[0], range[1]});
    start = range[1];
  }
}

Expected<Pattern> makePattern(const base::Json& json, std::string_view place) {
  if (const auto& literal = member(json, "String"); literal.is_string())
    return Pattern::literal(codePoints(literal.get<std::string>()));
  if (const auto& regex = member(json, "Regex"); regex.is_string()) {
    auto pattern = Pattern::expression(regex.get<std::string>());
    if (!pattern) return Error{fmt::format("{}: {}", place, pattern.error().message)};
    return pattern;
  }
  return Error{fmt::format("{}.pattern must hold a \"String\" or a \"Regex\".", place)};
}

}  // namespace rosa::text
