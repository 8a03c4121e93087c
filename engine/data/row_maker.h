// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "data/example.h"
#include "data/examples.h"
#include "data/text_encoder.h"
#include "rosa/expected.h"
#include "text/chat_template.h"

namespace rosa::data {

/// A row of a table: the texts of the columns that the task reads, in the order of their roles, or a conversation.
using RowContent = std::variant<std::vector<std::string>, text::Conversation>;
/// Bytes of text in it.
[[nodiscard]] std::size_t textBytesOf(const RowContent& row);

/// What becomes of a row.
struct MadeRow {
  std::optional<Example> example;   ///< none: nothing in the row is left to predict, or no tokens were asked for
  bool lostEnd = false;             ///< cut, and with it the end token
  bool endsTurn = false;            ///< a target is the token that ends a conversation's turn
  std::vector<std::string> labels;  ///< of the text or of its words, whose example has places in this list for classes
};

/// The ids of a text as an example that predicts each id from `firstPredicted` on at the position before.
[[nodiscard]] Example predictingExample(std::span<const std::int32_t> ids, std::size_t firstPredicted);
/// A text whose ordinary tokens may be hidden: each is its own target until the masks are drawn.
[[nodiscard]] Example maskableExample(std::vector<std::int32_t> ids, const TextEncoder& encoder);
/// As a label column may hold; nothing for what is no finite number.
[[nodiscard]] std::optional<double> numberIn(std::string_view text);

/// Makes examples of rows, each for itself: from several threads at once where the encoder allows it. Refers to its
/// arguments.
class RowMaker {
 public:
  RowMaker(const ExampleSpec& spec, const TextEncoder& encoder) : spec_(spec), encoder_(encoder) {}

  /// `file` and `line` name the row in errors. Without tokens it is only checked, as far as that goes.
  [[nodiscard]] Expected<MadeRow> make(RowContent row, const std::filesystem::path& file, std::int64_t line,
                                       bool withTokens) const;

 private:
  struct Place {
    const std::filesystem::path& file;
    std::int64_t line;
  };
  [[nodiscard]] Expected<MadeRow> ofConversation(text::Conversation conversation, const Place& place) const;
  [[nodiscard]] Expected<MadeRow> ofTexts(const std::vector<std::string>& texts, const Place& place,
                                          bool withTokens) const;
  [[nodiscard]] Expected<MadeRow> ofWords(const std::vector<std::string>& texts, const Place& place,
                                          bool withTokens) const;
  /// `prompt` leading tokens are not predicted where the loss is on the completion.
  [[nodiscard]] MadeRow ofText(EncodedText encoded, std::int64_t prompt) const;
  [[nodiscard]] MadeRow ofMaskable(const std::string& text) const;
  [[nodiscard]] Expected<Example> ofInput(const std::vector<std::string>& texts, const Place& place) const;
  [[nodiscard]] Expected<float> valueIn(const std::string& text, const Place& place) const;

  const ExampleSpec& spec_;
  const TextEncoder& encoder_;
};

}  // namespace rosa::data
