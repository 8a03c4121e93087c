// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "generate/text_stream.h"
#include "rosa/generate.h"

namespace rosa::generate {

/// What a search made of a prompt.
struct Continuation {
  std::vector<std::int64_t> tokens;  ///< without the end token
  Ending ending = Ending::Length;
  double score = std::numeric_limits<double>::quiet_NaN();  ///< of a beam search
  /// Of each token and the end token, after the rules; only where asked for, never of a beam search.
  std::vector<double> logProbabilities;
};

/// A sequence to go on with: which of the present ones it continues, and the token that it adds.
struct Next {
  std::size_t parent = 0;
  std::int64_t token = 0;
};

struct LikelyToken {
  std::int64_t token = 0;
  double logProbability = 0;  ///< by the model's scores, before any rule
};

/// A token that was chosen.
struct MadeToken {
  std::int64_t token = 0;
  // Where the search tells the likeliest tokens beside each:
  double logProbability = std::numeric_limits<double>::quiet_NaN();
  std::vector<LikelyToken> likeliest;  ///< the likeliest first
};

/// What a search must know of its prompt.
struct SearchStart {
  std::vector<std::int64_t> history;  ///< the prompt, and before it what is unread of it
  std::int64_t unread = 0;            ///< tokens of history that the model does not read
  std::vector<std::int64_t> ends;     ///< end tokens
  std::int64_t maxNewTokens = 64;     ///< what the settings say, or less where the model's positions end
  std::optional<TextStream> text;     ///< where stop strings are to end a sequence
  bool logProbabilities = false;      ///< keep those of the tokens
  std::int64_t likeliest = 0;         ///< so many are told with each token; 0 = no probability is told
  /// Told each token of the first continuation, unless it is a beam search's.
  std::function<void(const MadeToken&)> made;
};

/// The search for one prompt's continuations. It has one sequence at first, the prompt, later as many as it says. Knows
/// nothing of the model: it takes scores and returns tokens.
class Search {
 public:
  virtual ~Search() = default;

  /// `scores` holds a row of logits (log-probabilities for a beam search) for each sequence, and is overwritten.
  /// Returns the sequences to go on with; none ends the search.
  [[nodiscard]] virtual std::vector<Next> advance(std::span<float> scores) = 0;

  /// The best first; complete once the search has ended.
  [[nodiscard]] virtual std::vector<Continuation> take() = 0;
};

/// Greedy, drawn or beam search, as the settings say.
[[nodiscard]] std::unique_ptr<Search> makeSearch(const GenerationSettings& settings, SearchStart start);

/// Sequences of a prompt that a search under these settings has at most.
[[nodiscard]] std::int64_t searchWidth(const GenerationSettings& settings);

}  // namespace rosa::generate
