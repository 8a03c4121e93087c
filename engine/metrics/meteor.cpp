// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/meteor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <utility>

#include "metrics/english_stemmer.h"
#include "metrics/meteor_words.h"

namespace rosa::metrics {
namespace {

constexpr double kAlpha = 0.85;  ///< weight of recall against precision
constexpr double kBeta = 0.2;    ///< exponent of the fragmentation penalty
constexpr double kGamma = 0.6;   ///< largest fragmentation penalty
constexpr double kDelta = 0.75;  ///< weight of a content word against a function word
constexpr std::size_t kBeam = 40;

enum class Way { Exact, Stem, Synonym };
constexpr std::array kWeights = {1.0, 0.6, 0.8};  ///< of a match, by its way

/// A word of the hypothesis that a word of the reference can be aligned with.
struct Match {
  int place = 0;
  Way way = Way::Exact;
};

/// A text with what is asked of its words again and again.
struct PreparedText {
  Words words;
  std::vector<std::string> stems;
  std::vector<std::vector<std::int64_t>> senses;  ///< empty without a dictionary
  std::vector<double> weights;                    ///< of each word: content or function
};

PreparedText prepare(const Words& words, const Senses& senses) {
  PreparedText text;
  text.words = meteorWords(words);
  for (const auto& word : text.words) {
    text.stems.push_back(englishStem(word));
    if (senses) text.senses.push_back(senses(word));
    text.weights.push_back(isFunctionWord(word) ? 1 - kDelta : kDelta);
  }
  return text;
}

bool shareSense(const std::vector<std::int64_t>& left, const std::vector<std::int64_t>& right) {
  auto l = left.begin();
  auto r = right.begin();
  while (l != left.end() && r != right.end()) {
    if (*l == *r) return true;
    ++(*l < *r ? l : r);
  }
  return false;
}

/// For each word of the reference the words of the hypothesis it could be aligned with.
using Candidates = std::vector<std::vector<Match>>;

Candidates findCandidates(const PreparedText& hypothesis, const PreparedText& reference) {
  Candidates candidates(reference.words.size());
  // Equal texts need no more, and a search among stems could only spoil their alignment.
  const bool equal = hypothesis.words == reference.words;
  for (const Way way : {Way::Exact, Way::Stem, Way::Synonym}) {
    if (way != Way::Exact && equal) break;
    if (way == Way::Synonym && (hypothesis.senses.empty() || reference.senses.empty())) break;
    for (std::size_t j = 0; j < candidates.size(); ++j) {
      for (std::size_t i = 0; i < hypothesis.words.size(); ++i) {
        const bool same = hypothesis.words[i] == reference.words[j];
        const bool matches = way == Way::Exact  ? same
                             : way == Way::Stem ? !same && hypothesis.stems[i] == reference.stems[j]
                                                : !same && shareSense(hypothesis.senses[i], reference.senses[j]);
        if (matches) candidates[j].push_back({static_cast<int>(i), way});
      }
    }
  }
  return candidates;
}

constexpr int kNone = -1;

/// An alignment of the reference's first words.
struct Path {
  std::vector<Match> chosen;  ///< for each word of the reference; place kNone where it has no partner
  std::vector<bool> used;     ///< words of the hypothesis
  int exact = 0;
  int chunks = 0;          ///< closed ones
  int lastEnd = kNone;     ///< of the open chunk, in the hypothesis; kNone without an open one
  std::int64_t crook = 0;  ///< sum of the distances between partners

  void add(const Match& match, std::size_t place) {
    // METEOR adds a weight of 1/2 for a match that is not exact to a whole number, which leaves it as it was.
    if (match.way == Way::Exact) ++exact;
    if (lastEnd != kNone && match.place != lastEnd) ++chunks;
    lastEnd = match.place + 1;
    chosen[place] = match;
  }
  void closeChunk() {
    if (lastEnd != kNone) ++chunks;
    lastEnd = kNone;
  }
};

bool isBetter(const Path& left, const Path& right) {
  if (left.exact != right.exact) return left.exact > right.exact;
  if (left.chunks != right.chunks) return left.chunks < right.chunks;
  return left.crook < right.crook;
}

std::int64_t distance(std::size_t place, const Match& match) {
  return std::abs(static_cast<std::int64_t>(place) - match.place);
}

/// The words whose only partner has no other one: these pairs are fixed before the search.
std::vector<bool> fixedPairs(const Candidates& candidates, std::size_t hypothesisWords) {
  std::vector<std::size_t> demand(hypothesisWords, 0);
  for (const auto& matches : candidates) {
    for (const auto& match : matches) ++demand[static_cast<std::size_t>(match.place)];
  }
  std::vector<bool> fixed;
  for (const auto& matches : candidates)
    fixed.push_back(matches.size() == 1 && demand[static_cast<std::size_t>(matches.front().place)] == 1);
  return fixed;
}

/// Beam search from left to right: most exact matches, then fewest chunks, then the straightest.
std::vector<Match> align(const Candidates& candidates, std::size_t hypothesisWords) {
  const auto fixed = fixedPairs(candidates, hypothesisWords);
  Path start;
  start.chosen.assign(candidates.size(), {kNone, Way::Exact});
  start.used.assign(hypothesisWords, false);
  for (std::size_t j = 0; j < candidates.size(); ++j) {
    if (fixed[j]) start.used[static_cast<std::size_t>(candidates[j].front().place)] = true;
  }
  std::vector<Path> paths = {std::move(start)};
  for (std::size_t j = 0; j < candidates.size(); ++j) {
    std::stable_sort(paths.begin(), paths.end(), isBetter);
    if (paths.size() > kBeam) paths.resize(kBeam);
    std::vector<Path> next;
    for (auto& path : paths) {
      if (fixed[j]) {
        path.add(candidates[j].front(), j);
        path.crook += distance(j, candidates[j].front());
        next.push_back(std::move(path));
        continue;
      }
      for (const auto& match : candidates[j]) {
        const auto place = static_cast<std::size_t>(match.place);
        if (path.used[place]) continue;
        Path longer = path;
        longer.used[place] = true;
        longer.add(match, j);
        next.push_back(std::move(longer));
        // METEOR 1.5 books the distance on the path it came from: what is tried after this match starts with it.
        path.crook += distance(j, match);
      }
      path.closeChunk();
      next.push_back(std::move(path));
    }
    paths = std::move(next);
  }
  for (auto& path : paths) path.closeChunk();
  std::stable_sort(paths.begin(), paths.end(), isBetter);
  return std::move(paths.front().chosen);
}

/// What is summed over segments.
struct Counts {
  double hypothesisWeight = 0, referenceWeight = 0;    ///< of all words
  double hypothesisMatched = 0, referenceMatched = 0;  ///< of the matched ones, by the way they match
  double matches = 0, chunks = 0;
  bool perfect = false;  ///< every word matched, in one chunk

  void operator+=(const Counts& other) {
    hypothesisWeight += other.hypothesisWeight;
    referenceWeight += other.referenceWeight;
    hypothesisMatched += other.hypothesisMatched;
    referenceMatched += other.referenceMatched;
    matches += other.matches;
    if (!other.perfect) chunks += other.chunks;
  }

  [[nodiscard]] double score() const {
    if (hypothesisMatched == 0 || referenceMatched == 0) return 0;
    const double precision = hypothesisMatched / hypothesisWeight;
    const double recall = referenceMatched / referenceWeight;
    const double mean = 1 / ((1 - kAlpha) / precision + kAlpha / recall);
    const double fragmentation = perfect ? 0 : chunks / matches;
    return mean * (1 - kGamma * std::pow(fragmentation, kBeta));
  }
};

double sum(const std::vector<double>& numbers) {
  double total = 0;
  for (const double number : numbers) total += number;
  return total;
}

Counts compare(const PreparedText& hypothesis, const PreparedText& reference) {
  Counts counts;
  counts.hypothesisWeight = sum(hypothesis.weights);
  counts.referenceWeight = sum(reference.weights);
  const auto chosen = align(findCandidates(hypothesis, reference), hypothesis.words.size());
  int lastEnd = kNone;
  for (std::size_t j = 0; j < chosen.size(); ++j) {
    const Match& match = chosen[j];
    if (match.place == kNone) {
      lastEnd = kNone;
      continue;
    }
    const double weight = kWeights[static_cast<std::size_t>(match.way)];
    counts.hypothesisMatched += weight * hypothesis.weights[static_cast<std::size_t>(match.place)];
    counts.referenceMatched += weight * reference.weights[j];
    if (match.place != lastEnd) ++counts.chunks;
    lastEnd = match.place + 1;
    ++counts.matches;
  }
  const auto all = static_cast<double>(reference.words.size());
  counts.perfect = counts.chunks == 1 && counts.matches == all && hypothesis.words.size() == reference.words.size();
  return counts;
}

}  // namespace

double meteor(std::span<const TextSegment> segments, const Senses& senses) {
  if (segments.empty()) return std::numeric_limits<double>::quiet_NaN();
  Counts total;
  bool allPerfect = true;
  for (const auto& segment : segments) {
    const auto hypothesis = prepare(segment.hypothesis, senses);
    Counts best;
    double bestScore = -1;
    for (const auto& reference : segment.references) {
      const auto counts = compare(hypothesis, prepare(reference, senses));
      if (counts.score() <= bestScore) continue;
      best = counts;
      bestScore = counts.score();
    }
    allPerfect = allPerfect && best.perfect;
    total += best;
  }
  // Chunks of perfect segments are not counted: without any other the total is 0 of all matches, no fragmentation.
  total.perfect = allPerfect;
  return total.score();
}

}  // namespace rosa::metrics
