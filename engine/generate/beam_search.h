// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "generate/search.h"

namespace rosa::generate {

/// Beam search with a length penalty, as transformers has it, down to how many candidates are looked at and when it
/// ends; sums are kept in double. Where only -infinity is left, a beam ends without a successor.
class BeamSearch final : public Search {
 public:
  BeamSearch(const GenerationSettings& settings, SearchStart start);

  [[nodiscard]] std::vector<Next> advance(std::span<float> scores) override;
  [[nodiscard]] std::vector<Continuation> take() override;

 private:
  struct Beam {
    std::vector<std::int64_t> tokens;  ///< history and what was made
    double sum = 0;                    ///< of the new tokens' log-probabilities
    std::optional<TextStream> text;
  };
  struct Candidate {
    double sum = 0;
    std::size_t beam = 0;
    std::int64_t token = 0;
  };

  /// The best continuations by one token, the best first.
  [[nodiscard]] std::vector<Candidate> candidates(std::span<float> scores) const;
  /// Whether a candidate ends its sequence; its text moves on.
  [[nodiscard]] std::optional<Ending> ending(const Candidate& candidate, std::optional<TextStream>& text) const;
  void finish(const Candidate& candidate, Ending ending);
  /// Whether the running beams may yet get among the finished ones.
  [[nodiscard]] bool improvable() const;
  [[nodiscard]] double penalised(double sum, std::int64_t length) const;
  [[nodiscard]] bool full() const { return std::ssize(finished_) >= settings_.beams; }

  GenerationSettings settings_;
  SearchStart start_;
  std::int64_t made_ = 0;  ///< new tokens of each running beam
  std::vector<Beam> beams_;
  std::vector<Continuation> finished_;  ///< the best first, at most as many as beams
};

}  // namespace rosa::generate
