// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/name_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string>

#include "base/text.h"

namespace rosa::checkpoint {

namespace {

constexpr std::size_t kLongest = 10'000;
constexpr std::uint32_t kMostSteps = 1'000'000;
constexpr std::uint32_t kDeepest = 10'000;
constexpr const char* kIndex = "index";

struct CodeDeleter {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct MatchDeleter {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};
struct ContextDeleter {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

PCRE2_SPTR bytes(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

/// What the group kIndex took; empty text where there is no such group, nothing where it does not fit at the start.
Expected<std::optional<std::string>> match(std::string_view shown, const std::string& expression, std::string_view name,
                                           std::uint32_t options) {
  if (shown.size() > kLongest) return Error{"a regular expression is longer than 10,000 bytes: write a shorter one"};
  int code = 0;
  PCRE2_SIZE place = 0;
  const std::unique_ptr<pcre2_code, CodeDeleter> compiled(
      pcre2_compile(bytes(expression), expression.size(),
                    PCRE2_UTF | PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C | options, &code, &place, nullptr));
  if (compiled == nullptr) {
    std::array<unsigned char, 128> reason{};
    pcre2_get_error_message(code, reason.data(), reason.size());
    return Error{fmt::format("the regular expression {} cannot be read ({}): mend it", base::inQuotes(shown),
                             reinterpret_cast<const char*>(reason.data()))};
  }
  const std::unique_ptr<pcre2_match_context, ContextDeleter> context(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(context.get(), kMostSteps);
  pcre2_set_depth_limit(context.get(), kDeepest);
  const std::unique_ptr<pcre2_match_data, MatchDeleter> data(
      pcre2_match_data_create_from_pattern(compiled.get(), nullptr));
  const int count = pcre2_match(compiled.get(), bytes(name), name.size(), 0, 0, data.get(), context.get());
  if (count == PCRE2_ERROR_NOMATCH) return std::optional<std::string>();
  if (count < 0) {
    return Error{fmt::format("the regular expression {} takes too long on the name {}: write a simpler one",
                             base::inQuotes(shown), base::inQuotes(name))};
  }
  const int group = pcre2_substring_number_from_name(compiled.get(), bytes(kIndex));
  const auto* range = pcre2_get_ovector_pointer(data.get());
  if (group < 0 || range[2 * group] == PCRE2_UNSET) return std::optional(std::string());
  return std::optional(std::string(name.substr(range[2 * group], range[2 * group + 1] - range[2 * group])));
}

/// A key of plain letters and dots needs no engine; a dot fits any byte.
bool isSimple(std::string_view pattern) {
  constexpr std::string_view kSimple = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
  return !pattern.empty() && pattern.find_first_not_of(kSimple) == std::string_view::npos;
}

bool fitsSimply(std::string_view pattern, std::string_view name) {
  if (name.size() < pattern.size()) return false;
  const auto rest = name.size() - pattern.size();
  if (rest > 0 && name[rest - 1] != '.') return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '.' && pattern[i] != name[rest + i]) return false;
  }
  return true;
}

}  // namespace

Expected<bool> fitsWhole(std::string_view pattern, std::string_view name) {
  ROSA_TRY(const auto found, match(pattern, std::string(pattern), name, PCRE2_ENDANCHORED));
  return found.has_value();
}

Expected<bool> fitsEnd(std::string_view pattern, std::string_view name) {
  if (isSimple(pattern)) return fitsSimply(pattern, name);
  ROSA_TRY(const auto found, match(pattern, fmt::format("(.*\\.)?({})$", pattern), name, 0));
  return found.has_value();
}

Expected<long long> layerIndex(std::string_view pattern, std::string_view name) {
  const auto expression = pattern.empty() ? std::string(R"(.*?\.[^.]*\.(?<index>\d+)\.)")
                                          : fmt::format(R"((?:^|.*?\.)(?:{})\.(?<index>\d+)\.)", pattern);
  ROSA_TRY(const auto found, match(pattern, expression, name, 0));
  long long index = -1;
  if (found) std::from_chars(found->data(), found->data() + found->size(), index);
  return index;
}

bool endsAtDot(std::string_view name, std::string_view end) {
  if (!name.ends_with(end)) return false;
  return name.size() == end.size() || name[name.size() - end.size() - 1] == '.';
}

}  // namespace rosa::checkpoint
