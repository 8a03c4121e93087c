// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/model.h"
#include "text/tokenizer.h"

/// Text from a language model, one prompt at a time, with a cache of keys and values. Used by the thread that owns the
/// model.
namespace rosa::generate {

struct Settings {
  std::int64_t maxNewTokens = 64;
  double temperature = 0;  ///< 0 = greedy
  std::int64_t topK = 0;   ///< 0 = all
  double topP = 1;         ///< smallest set of tokens whose probabilities reach this sum
  std::uint64_t seed = 0;
};

/// The tokens that follow `prompt`, which holds at least one, without the end token. Ends at one of `ends`, after
/// maxNewTokens, or where the model's positions end; empty optional when `giveUp`, asked before each token, became
/// true. A prompt longer than half of the model's positions loses its beginning where maxNewTokens would not fit.
[[nodiscard]] std::optional<std::vector<std::int64_t>> continueTokens(model::Model& model,
                                                                      std::vector<std::int64_t> prompt,
                                                                      const std::vector<std::int64_t>& ends,
                                                                      const Settings& settings, c10::Device device,
                                                                      const std::function<bool()>& giveUp = {});

/// The same for a text, ending where model or tokenizer say. The continuation alone, without the end token.
[[nodiscard]] std::optional<std::string> continueText(model::Model& model, const text::Tokenizer& tokenizer,
                                                      const std::string& prompt, const Settings& settings,
                                                      c10::Device device, const std::function<bool()>& giveUp = {});

}  // namespace rosa::generate
