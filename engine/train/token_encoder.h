// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/text_encoder.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace rosa::train {

/// A tokenizer, and the template of its conversations where some are read, as the making of examples asks for them;
/// both must outlive it.
class TokenEncoder final : public data::TextEncoder {
 public:
  explicit TokenEncoder(const text::Tokenizer& tokenizer, const text::ChatTemplate* chatTemplate = nullptr);

  [[nodiscard]] data::EncodedText encode(std::string_view text) const override;
  [[nodiscard]] text::Seam seam() const override { return tokenizer_.seam(); }
  [[nodiscard]] std::optional<data::EncodedText> encodePart(std::string_view text, std::size_t begin,
                                                            std::size_t end) const override;
  [[nodiscard]] data::EncodedText encodeInput(std::string_view text, std::optional<std::string_view> pair,
                                              std::int64_t maxLength) const override;
  [[nodiscard]] bool parallel() const override { return true; }
  [[nodiscard]] std::optional<std::int32_t> endToken() const override;
  [[nodiscard]] bool isSpecial(std::int32_t id) const override { return tokenizer_.isSpecial(id); }
  [[nodiscard]] const text::ChatTemplate* chatTemplate() const override { return chatTemplate_; }
  [[nodiscard]] text::Encoding encodeRendered(std::string_view text) const override;
  [[nodiscard]] std::optional<std::int32_t> turnEnd() const override { return turnEnd_; }

 private:
  const text::Tokenizer& tokenizer_;
  const text::ChatTemplate* chatTemplate_;
  std::optional<std::int32_t> turnEnd_;
};

}  // namespace rosa::train
