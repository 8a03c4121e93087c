// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/beam_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "generate/logits.h"

namespace rosa::generate {

BeamSearch::BeamSearch(const GenerationSettings& settings, SearchStart start)
    : settings_(settings), start_(std::move(start)) {
  beams_.push_back({start_.history, 0, start_.text});
}

std::vector<Next> BeamSearch::advance(std::span<float> scores) {
  const auto ranked = candidates(scores);
  std::vector<Next> next;
  std::vector<Beam> running;
  for (std::size_t rank = 0; rank < ranked.size(); ++rank) {
    const auto& candidate = ranked[rank];
    const bool mayFinish = std::cmp_less(rank, settings_.beams);
    if (!mayFinish && std::ssize(running) == settings_.beams) break;
    auto text = beams_[candidate.beam].text;
    if (const auto ended = ending(candidate, text)) {
      // Lower ranks are there only to keep the number of running beams.
      if (mayFinish) finish(candidate, *ended);
      continue;
    }
    if (std::ssize(running) == settings_.beams) continue;
    next.push_back({candidate.beam, candidate.token});
    auto& beam = running.emplace_back(Beam{beams_[candidate.beam].tokens, candidate.sum, std::move(text)});
    beam.tokens.push_back(candidate.token);
  }
  beams_ = std::move(running);
  ++made_;
  const bool over = beams_.empty() || (full() && (settings_.earlyStopping == EarlyStopping::Yes || !improvable()));
  return over ? std::vector<Next>() : next;
}

std::vector<BeamSearch::Candidate> BeamSearch::candidates(std::span<float> scores) const {
  // Enough that as many beams go on even if every end token is among them.
  const auto wanted = std::max<std::size_t>(2, 1 + start_.ends.size()) * static_cast<std::size_t>(settings_.beams);
  const auto better = [](const Candidate& a, const Candidate& b) {
    if (a.sum != b.sum) return a.sum > b.sum;
    return a.beam != b.beam ? a.beam < b.beam : a.token < b.token;
  };
  std::vector<Candidate> heap;  // the worst of the best on top
  const auto width = scores.size() / beams_.size();
  for (std::size_t beam = 0; beam < beams_.size(); ++beam) {
    const auto row = scores.subspan(beam * width, width);
    applyRules(row, {beams_[beam].tokens, start_.unread, made_}, start_.ends, settings_);
    for (std::size_t token = 0; token < width; ++token) {
      const Candidate candidate{beams_[beam].sum + row[token], beam, static_cast<std::int64_t>(token)};
      if (heap.size() < wanted) {
        if (candidate.sum == -std::numeric_limits<double>::infinity()) continue;
        heap.push_back(candidate);
      } else {
        // Nearly all end here; of equals, those that came first stay.
        if (candidate.sum <= heap.front().sum) continue;
        std::ranges::pop_heap(heap, better);
        heap.back() = candidate;
      }
      std::ranges::push_heap(heap, better);
    }
  }
  std::ranges::sort_heap(heap, better);
  return heap;
}

std::optional<Ending> BeamSearch::ending(const Candidate& candidate, std::optional<TextStream>& text) const {
  if (std::ranges::find(start_.ends, candidate.token) != start_.ends.end()) return Ending::EndToken;
  if (text) {
    static_cast<void>(text->push(candidate.token));
    if (text->stopped()) return Ending::StopString;
  }
  if (made_ + 1 >= start_.maxNewTokens) return Ending::Length;
  return std::nullopt;
}

void BeamSearch::finish(const Candidate& candidate, Ending ending) {
  Continuation made;
  made.score = penalised(candidate.sum, made_ + 1);
  if (full() && made.score <= finished_.back().score) return;
  const auto& tokens = beams_[candidate.beam].tokens;
  made.tokens.assign(tokens.end() - made_, tokens.end());
  if (ending != Ending::EndToken) made.tokens.push_back(candidate.token);
  made.ending = ending;
  const auto place = std::ranges::upper_bound(finished_, made.score, std::greater<>(), &Continuation::score);
  finished_.insert(place, std::move(made));
  if (std::ssize(finished_) > settings_.beams) finished_.pop_back();
}

bool BeamSearch::improvable() const {
  // A positive penalty favours length, so at its longest a beam could be at its best.
  const bool longest = settings_.earlyStopping == EarlyStopping::Never && settings_.lengthPenalty > 0;
  return penalised(beams_.front().sum, longest ? start_.maxNewTokens : made_) > finished_.back().score;
}

double BeamSearch::penalised(double sum, std::int64_t length) const {
  return sum / std::pow(static_cast<double>(length), settings_.lengthPenalty);
}

std::vector<Continuation> BeamSearch::take() {
  if (std::ssize(finished_) > settings_.returned) finished_.resize(static_cast<std::size_t>(settings_.returned));
  return std::move(finished_);
}

}  // namespace rosa::generate
