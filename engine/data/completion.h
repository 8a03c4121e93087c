// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/text_encoder.h"

/// How a prompt and its completion become one text, and where in it the completion begins.
///
/// The joined text is cut into tokens as a whole, because that is what a model sees when it goes on from a prompt of
/// its own; cutting the parts alone would forbid tokens that span the border. Spaces right before the completion belong
/// to it: most tokenizers merge them with the word that follows, so that a prompt ending in a space is one the model
/// has never met. A token that lies on both sides of the border counts as completion: it is predicted.
namespace rosa::data {

struct JoinedText {
  std::string text;
  std::int64_t promptCodePoints = 0;  ///< where the completion begins
};

/// Without a separator one space is put between, unless the completion begins with white space.
[[nodiscard]] JoinedText joinCompletion(std::string_view prompt, const std::optional<std::string>& separator,
                                        std::string_view completion);

/// What to generate from, for a prompt whose completion is not known: the prompt and the separator, if one was given,
/// without spaces at their end.
[[nodiscard]] std::string generationPrompt(std::string_view prompt, const std::optional<std::string>& separator);

/// How many leading tokens of the encoded text lie wholly in its prompt.
[[nodiscard]] std::int64_t promptTokens(const EncodedText& encoded, std::int64_t promptCodePoints);

}  // namespace rosa::data
