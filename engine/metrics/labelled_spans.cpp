// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/labelled_spans.h"

#include <cassert>
#include <cstddef>
#include <limits>
#include <set>
#include <string_view>
#include <tuple>

namespace rosa::metrics {
namespace {

struct Mark {
  std::string_view tag = "O";  ///< the first character
  std::string_view kind = "_";
};

Mark markOf(std::string_view label) {
  std::size_t first = label.empty() ? 0 : 1;
  while (first < label.size() && (static_cast<unsigned char>(label[first]) & 0xC0U) == 0x80U) ++first;
  auto kind = label.substr(first);
  if (const auto hyphen = kind.find('-'); hyphen != std::string_view::npos) kind.remove_prefix(hyphen + 1);
  return {label.substr(0, first), kind.empty() ? "_" : kind};
}

bool endsBetween(const Mark& before, const Mark& now) {
  if (before.tag == "E" || before.tag == "S") return true;
  const bool open = before.tag == "B" || before.tag == "I";
  if (open && (now.tag == "B" || now.tag == "S" || now.tag == "O")) return true;
  return before.tag != "O" && before.tag != "." && before.kind != now.kind;
}

bool beginsBetween(const Mark& before, const Mark& now) {
  if (now.tag == "B" || now.tag == "S") return true;
  const bool closed = before.tag == "E" || before.tag == "S" || before.tag == "O";
  if (closed && (now.tag == "E" || now.tag == "I")) return true;
  return now.tag != "O" && now.tag != "." && before.kind != now.kind;
}

/// Text, kind, first and last word.
using Span = std::tuple<std::size_t, std::string_view, std::size_t, std::size_t>;

void addSpans(std::size_t text, const std::vector<std::string>& labels, std::set<Span>& spans) {
  Mark before;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= labels.size(); ++i) {
    const Mark now = i < labels.size() ? markOf(labels[i]) : Mark();
    if (endsBetween(before, now)) spans.emplace(text, before.kind, begin, i - 1);
    if (beginsBetween(before, now)) begin = i;
    before = now;
  }
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

SpanScores spanScores(const WordLabels& truth, const WordLabels& predicted) {
  assert(truth.size() == predicted.size());
  std::set<Span> right, found;
  std::size_t words = 0, equal = 0;
  for (std::size_t text = 0; text < truth.size(); ++text) {
    assert(truth[text].size() == predicted[text].size());
    addSpans(text, truth[text], right);
    addSpans(text, predicted[text], found);
    for (std::size_t i = 0; i < truth[text].size(); ++i) equal += truth[text][i] == predicted[text][i] ? 1 : 0;
    words += truth[text].size();
  }
  std::size_t hits = 0;
  for (const auto& span : found) hits += right.contains(span) ? 1 : 0;
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (words == 0) return {kNone, kNone, kNone, kNone};
  SpanScores scores{share(hits, found.size()), share(hits, right.size()), 0, share(equal, words)};
  const double sum = scores.precision + scores.recall;
  scores.f1 = sum > 0 ? 2 * scores.precision * scores.recall / sum : 0;
  return scores;
}

}  // namespace rosa::metrics
