// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

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

/// The continuation alone, without the end token. Ends at an end token, after maxNewTokens, or where the model's
/// positions end; empty optional when `giveUp` became true. A prompt longer than the model takes loses its beginning.
[[nodiscard]] std::optional<std::string> continueText(model::Model& model, const text::Tokenizer& tokenizer,
                                                      const std::string& prompt, const Settings& settings,
                                                      c10::Device device, const std::function<bool()>& giveUp = {});

}  // namespace rosa::generate
