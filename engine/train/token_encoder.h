// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/text_encoder.h"
#include "text/tokenizer.h"

namespace rosa::train {

/// A tokenizer as the making of examples asks for it; `tokenizer` must outlive it.
class TokenEncoder final : public data::TextEncoder {
 public:
  explicit TokenEncoder(const text::Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  [[nodiscard]] data::EncodedText encode(std::string_view text) const override;
  [[nodiscard]] data::EncodedText encodeInput(std::string_view text, std::optional<std::string_view> pair,
                                              std::int64_t maxLength) const override;
  [[nodiscard]] std::optional<std::int32_t> endToken() const override;

 private:
  const text::Tokenizer& tokenizer_;
};

}  // namespace rosa::train
