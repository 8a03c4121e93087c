// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <string_view>

#include "data/text_encoder.h"

namespace rosa::data {

/// A token is a byte, and a text can be divided anywhere; one with "!" cannot be cut.
class ByteEncoder final : public TextEncoder {
 public:
  [[nodiscard]] EncodedText encode(std::string_view text) const override {
    ++calls;
    if (text.find('!') != std::string_view::npos) throw std::runtime_error("at " + std::string(text));
    EncodedText encoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
      encoded.ids.push_back(static_cast<unsigned char>(text[i]));
      encoded.ends.push_back(static_cast<std::int64_t>(i) + 1);
    }
    return encoded;
  }
  [[nodiscard]] text::Seam seam() const override { return text::Seam::BehindBreak; }
  [[nodiscard]] std::optional<EncodedText> encodePart(std::string_view text, std::size_t begin,
                                                      std::size_t end) const override {
    return encode(text.substr(begin, end - begin));
  }
  [[nodiscard]] EncodedText encodeInput(std::string_view text, std::optional<std::string_view> /*pair*/,
                                        std::int64_t maxLength) const override {
    auto encoded = encode(text);
    encoded.truncated = std::ssize(encoded.ids) > maxLength;
    encoded.ids.resize(std::min(encoded.ids.size(), static_cast<std::size_t>(maxLength)));
    encoded.ends.resize(encoded.ids.size());
    return encoded;
  }
  [[nodiscard]] std::optional<std::int32_t> endToken() const override { return 0; }
  [[nodiscard]] bool parallel() const override { return true; }

  mutable std::atomic<int> calls = 0;
};

}  // namespace rosa::data
