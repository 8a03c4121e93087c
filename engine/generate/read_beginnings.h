// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "model/key_value_cache.h"
#include "model/model.h"

namespace rosa::generate {

/// What a model has read, kept for the texts that begin alike: a conversation's next turn, or the same prompt once
/// more. Belongs to one model and is used by the thread that generates.
class ReadBeginnings {
 public:
  struct Read {
    model::KeyValueCache::Sequence sequence = 0;  ///< of `cache`, the caller's own
    std::int64_t reused = 0;                      ///< tokens that were there already
  };
  /// A sequence that holds all of these tokens, at least one, but the last. What else is kept is given up. Nothing when
  /// `giveUp`, asked before each part of the prompt, became true.
  [[nodiscard]] std::optional<Read> read(model::Model& model, std::span<const std::int64_t> tokens, c10::Device device,
                                         const std::function<bool()>& giveUp);
  /// Takes over a sequence that holds exactly these tokens.
  void keep(std::vector<std::int64_t> tokens, model::KeyValueCache::Sequence sequence);

  [[nodiscard]] model::KeyValueCache& cache() { return cache_; }

 private:
  struct Beginning {
    std::vector<std::int64_t> tokens;
    model::KeyValueCache::Sequence sequence = 0;
  };

  model::KeyValueCache cache_;
  std::vector<Beginning> kept_;  ///< of the last prompt, and of its answer
};

}  // namespace rosa::generate
