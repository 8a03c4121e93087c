// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "data/row_reader.h"
#include "rosa/expected.h"
#include "rosa/inspect.h"
#include "text/chat_template.h"

/// A table's rows as conversations in the form of transformers: messages with "role" and "content".
///
/// - messages: a list of such messages, with the columns tools, documents and chat_template_kwargs where there are any.
/// - sharegpt: a list of {"from", "value"}: human, gpt, system, tool, function_call and what else means the same.
/// - alpaca: instruction, input, output, with system and history: [[question, answer], ...] where there are any. The
///   user says the instruction and, on a new line, the input.
/// - prompt-completion: two lists of messages, the second of which follows the first.
namespace rosa::data {

class ConversationReader {
 public:
  /// `column` holds the conversations of messages and sharegpt; empty = the usual names.
  [[nodiscard]] static Expected<ConversationReader> open(const std::filesystem::path& file, Shape shape,
                                                         const std::string& column, const TableReading& reading = {});

  /// The next row's conversation; false at the end. A row that is none is an error with its line.
  [[nodiscard]] Expected<bool> next(text::Conversation& conversation);

  /// The file of the last row: one of several, where the path stands for them.
  [[nodiscard]] const std::filesystem::path& file() const { return reader_->file().empty() ? file_ : reader_->file(); }
  /// Line of that file on which the last row began.
  [[nodiscard]] std::int64_t line() const { return row_.line; }
  /// How much was read, 0 to 1.
  [[nodiscard]] double share() const { return reader_->share(); }

 private:
  ConversationReader(std::filesystem::path file, std::unique_ptr<RowReader> reader, Shape shape, std::string column)
      : file_(std::move(file)), reader_(std::move(reader)), shape_(shape), column_(std::move(column)) {}

  std::filesystem::path file_;
  std::unique_ptr<RowReader> reader_;
  Shape shape_;
  std::string column_;
  Row row_;
};

/// A row as a conversation; `column` holds those of messages and sharegpt. Lists may stand in a column as text. An
/// error says what the row has, to follow its place.
[[nodiscard]] Expected<text::Conversation> conversationOf(const std::vector<std::string>& columns, const Row& row,
                                                          Shape shape, const std::string& column);

/// From JSON that is a list of messages, or an object with "messages" and what goes with them: for whoever asks a model
/// and does not train it.
[[nodiscard]] Expected<text::Conversation> parseConversation(std::string_view json, std::string_view source);

}  // namespace rosa::data
