// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace rosa::convert {

/// llama.cpp's kinds of tokens, tokenizer.ggml.token_type.
enum class TokenKind : std::int32_t { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

/// SentencePiece's mark of a blank.
inline constexpr std::string_view kPieceBlank = "\u2581";

}  // namespace rosa::convert
