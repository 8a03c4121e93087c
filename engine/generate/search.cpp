// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/search.h"

#include <algorithm>
#include <utility>

#include "generate/beam_search.h"
#include "generate/logits.h"
#include "generate/sampler.h"

namespace rosa::generate {

namespace {

/// A token beside the likeliest ones by the model's own scores, where there are such.
MadeToken told(std::span<const float> scores, std::int64_t token, std::int64_t count) {
  MadeToken made;
  made.token = token;
  if (scores.empty()) return made;
  const double total = logSumExp(scores);
  const auto chance = [&](std::int64_t id) { return scores[static_cast<std::size_t>(id)] - total; };
  made.logProbability = chance(token);
  for (const auto id : likeliestTokens(scores, count)) made.likeliest.push_back({id, chance(id)});
  return made;
}

/// One continuation or several, each on its own: the likeliest token every time, or draws.
class SampleSearch final : public Search {
 public:
  SampleSearch(const GenerationSettings& settings, SearchStart start) : settings_(settings), start_(std::move(start)) {
    for (std::int64_t i = 0; i < settings.returned; ++i) {
      sequences_.push_back({start_.history,
                            start_.text,
                            Sampler(static_cast<std::uint64_t>(settings.seed), static_cast<std::uint64_t>(i)),
                            {}});
      live_.push_back(static_cast<std::size_t>(i));
    }
  }

  std::vector<Next> advance(std::span<float> scores) override {
    // At first every continuation follows from the one row of the prompt.
    const bool first = std::exchange(first_, false);
    const auto width = scores.size() / (first ? 1 : live_.size());
    std::vector<Next> next;
    std::vector<std::size_t> live;
    std::vector<float> copy;
    for (std::size_t i = 0; i < live_.size(); ++i) {
      auto row = scores.subspan(first ? 0 : i * width, width);
      if (first && live_.size() > 1) {
        copy.assign(row.begin(), row.end());
        row = copy;
      }
      const auto token = extend(live_[i], row);
      if (!token) continue;
      next.push_back({first ? 0 : i, *token});
      live.push_back(live_[i]);
    }
    live_ = std::move(live);
    return next;
  }

  std::vector<Continuation> take() override {
    std::vector<Continuation> all;
    for (auto& sequence : sequences_) all.push_back(std::move(sequence.result));
    return all;
  }

 private:
  struct Sequence {
    std::vector<std::int64_t> history;  ///< with what was made
    std::optional<TextStream> text;
    Sampler sampler;
    Continuation result;
  };

  /// The token that sequence goes on with, if it goes on.
  std::optional<std::int64_t> extend(std::size_t index, std::span<float> scores) {
    auto& [history, text, sampler, result] = sequences_[index];
    const bool tells = index == 0 && start_.made && start_.likeliest > 0;
    const std::vector<float> own = tells ? std::vector(scores.begin(), scores.end()) : std::vector<float>();
    applyRules(scores, {history, start_.unread, std::ssize(result.tokens)}, start_.ends, settings_);
    if (settings_.temperature > 0) shapeForDrawing(scores, settings_);
    const auto token = settings_.temperature > 0 ? sampler.draw(scores) : likeliest(scores);
    if (start_.logProbabilities) {
      result.logProbabilities.push_back(scores[static_cast<std::size_t>(token)] - logSumExp(scores));
    }
    if (std::ranges::find(start_.ends, token) != start_.ends.end()) {
      result.ending = Ending::EndToken;
      return std::nullopt;
    }
    history.push_back(token);
    result.tokens.push_back(token);
    if (index == 0 && start_.made) start_.made(told(own, token, start_.likeliest));
    if (text) {
      static_cast<void>(text->push(token));
      if (text->stopped()) {
        result.ending = Ending::StopString;
        return std::nullopt;
      }
    }
    if (std::ssize(result.tokens) >= start_.maxNewTokens) return std::nullopt;
    return token;
  }

  GenerationSettings settings_;
  SearchStart start_;
  std::vector<Sequence> sequences_;
  std::vector<std::size_t> live_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<Search> makeSearch(const GenerationSettings& settings, SearchStart start) {
  if (settings.beams > 1) return std::make_unique<BeamSearch>(settings, std::move(start));
  return std::make_unique<SampleSearch>(settings, std::move(start));
}

std::int64_t searchWidth(const GenerationSettings& settings) {
  return std::max(settings.beams, settings.returned);
}

}  // namespace rosa::generate
