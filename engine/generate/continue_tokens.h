// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "generate/read_beginnings.h"
#include "generate/search.h"
#include "model/model.h"

/// Text from a language model. Used by the thread that owns the model.
namespace rosa::generate {

struct Prompt {
  std::vector<std::int64_t> tokens;  ///< at least one
  /// Tokens before them that the model does not read but the rule against repeated n-grams sees: the pads with which
  /// another library fills up a batch.
  std::vector<std::int64_t> unread;
  std::optional<TextStream> text;  ///< where stop strings are to end a continuation
};

struct Decoding {
  GenerationSettings settings;
  std::vector<std::int64_t> ends;  ///< end tokens
  std::int64_t rows = 8;           ///< sequences computed together, where one prompt alone does not need more
  bool logProbabilities = false;   ///< keep those of each token
  std::int64_t likeliest = 0;      ///< tokens that each one is told with, where it is told
  c10::Device device{c10::DeviceType::CPU};
  /// Where the beginning of a prompt is looked for, and what has been read is kept; for prompts with one sequence each.
  ReadBeginnings* beginnings = nullptr;
};

/// Every member but `finished` may be empty.
struct TokenHooks {
  std::function<void(std::size_t prompt, std::vector<Continuation> continuations)> finished;
  /// A prompt was read but for its last token, `reused` of its tokens not again; only with `beginnings`.
  std::function<void(std::int64_t reused)> begun;
  /// Of a prompt's first continuation; not of beams.
  std::function<void(std::size_t prompt, const MadeToken& token)> made;
  std::function<bool()> giveUp;  ///< asked before each pass through the model
};

/// How many tokens a prompt loses at its beginning: none that the model has positions for. A longer one keeps what
/// leaves the new tokens room, yet always half of the positions.
[[nodiscard]] std::int64_t droppedTokens(std::int64_t promptTokens, std::int64_t positions, std::int64_t newTokens);

/// Continues every prompt; as soon as one has ended the next takes its place, so that prompts and continuations of any
/// length keep the rows filled, and what comes of one does not depend on the others. A continuation ends at an end
/// token, a stop string, after maxNewTokens or where the model's positions end. A prompt longer than the positions
/// loses its beginning (`droppedTokens`). False when given up.
[[nodiscard]] bool continueTokens(model::Model& model, const std::vector<Prompt>& prompts, const Decoding& decoding,
                                  const TokenHooks& hooks);

}  // namespace rosa::generate
