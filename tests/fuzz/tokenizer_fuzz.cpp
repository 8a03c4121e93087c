// SPDX-License-Identifier: GPL-3.0-or-later
#include <vector>

#include "fuzz/fuzz_input.h"
#include "text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const auto json = base::parseJson(fuzz::asText(data, size), "the input");
  if (!json) return 0;
  const auto tokenizer = text::Tokenizer::fromJson(*json, "the input");
  if (!tokenizer) {
    fuzz::requireSentence(tokenizer.error().message);
    return 0;
  }
  // Plain, with special tokens, with characters of all lengths, and bytes that are no text.
  for (const std::string_view sample : {"", "a b  hug<s> Hello, world's 12!\n",
                                        "e\xCC\x81 \xE4\xB8\xAD\xF0\x9F\x98\x80\xC2\xA0", "\xFF\xC3 \xED\xA0\x80"}) {
    std::vector<std::int32_t> ids;
    for (const auto& token : tokenizer->encode(sample).tokens) {
      fuzz::require(token.begin <= token.end && token.end <= static_cast<std::int32_t>(sample.size()),
                    "a token stands for a range of the text");
      ids.push_back(token.id);
    }
    static_cast<void>(tokenizer->decode(ids, false));
    static_cast<void>(tokenizer->decode(ids, true));
    if (const auto pair = tokenizer->encode(sample, "a hug", 4)) {
      fuzz::require(pair->tokens.size() == pair->typeIds.size() && pair->tokens.size() == pair->special.size(),
                    "each token has its type");
    }
  }
  return 0;
}
