// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "generate/stop_filter.h"
#include "text/tokenizer.h"

namespace rosa::generate {

/// The text of a prompt's continuation, as its tokens come. All pieces together are the text that decoding prompt and
/// continuation at once gives after the prompt's own, up to the first stop string. A copy follows another continuation
/// of the same beginning. The tokenizer outlives it.
class TextStream {
 public:
  TextStream(const text::Tokenizer& tokenizer, std::span<const std::int64_t> prompt, StopFilter stops = {});

  /// The text that is certain after one more token: whole characters, and no part of a stop string.
  [[nodiscard]] std::string push(std::int64_t token);
  /// The rest, when the continuation ends without a stop string.
  [[nodiscard]] std::string finish();
  [[nodiscard]] bool stopped() const { return stops_.stopped(); }

 private:
  /// The new part of the window's text.
  [[nodiscard]] std::string passOn(std::string text);

  const text::Tokenizer* tokenizer_;
  std::vector<std::int32_t> window_;  ///< the last tokens: a decoder looks at neighbours and may drop a first space
  std::string known_;                 ///< the window's text without the tokens that wait
  std::size_t waiting_ = 0;           ///< last tokens whose text has not been passed on
  StopFilter stops_;
};

}  // namespace rosa::generate
