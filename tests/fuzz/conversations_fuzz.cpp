// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/chat_mask.h"
#include "data/conversations.h"
#include "data/json_lines_reader.h"
#include "data/row_shape.h"
#include "fuzz/fuzz_input.h"
#include "fuzz/read_rows.h"
#include "text/built_in_chat_templates.h"

namespace {

using namespace rosa;

const text::ChatTemplate& chatml() {
  static const auto kTemplate =
      *text::ChatTemplate::parse(std::string(*text::builtInChatTemplate("chatml")), "chatml", base::Json::object());
  return kTemplate;
}

void readAs(Shape shape, const std::vector<std::string>& columns, const data::Row& row) {
  const auto conversation = data::conversationOf(columns, row, shape, data::conversationColumn(columns, {}));
  if (!conversation) return fuzz::requireSentence(conversation.error().message);
  fuzz::require(conversation->messages.is_array() && !conversation->messages.empty(), "a conversation has messages");
  const auto counted = data::countChat(chatml(), *conversation, data::ChatLoss::Assistant);
  if (!counted) return fuzz::requireSentence(counted.error().message);
  std::size_t done = 0;
  for (const auto& span : counted->spans) {
    fuzz::require(span.begin >= done && span.end > span.begin, "spans are in order and not empty");
    done = span.end;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto reader = data::JsonLinesReader::open(fuzz::fileWith(fuzz::asText(data, size)));
  if (!reader) return 0;
  fuzz::readRows(**reader, [&](const data::Row& row) {
    for (const auto shape : {Shape::Messages, Shape::Sharegpt, Shape::Alpaca, Shape::PromptCompletion}) {
      readAs(shape, (*reader)->columns(), row);
    }
  });
  return 0;
}
