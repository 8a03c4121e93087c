// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/text_blocks.h"

#include <fmt/format.h>

namespace rosa::data {

Expected<TextBlocks> textBlocksOf(const EncodedText& encoded, const ExampleSpec& spec, const TextEncoder& encoder) {
  TextBlocks blocks;
  blocks.text = encoded.ids;
  blocks.room = static_cast<std::size_t>(spec.maxLength);
  blocks.fewest = 2;  // one token has none to predict it from
  if (spec.task != Task::MaskedLanguageModelling) return blocks;
  blocks.fewest = 1;
  const auto ofFrame = [&](std::size_t place) {
    return encoded.ends[place] == 0 && encoder.isSpecial(encoded.ids[place]);
  };
  const auto count = encoded.ids.size();
  std::size_t begin = 0, end = count;
  while (begin < end && ofFrame(begin)) ++begin;
  while (end > begin && ofFrame(end - 1)) --end;
  blocks.before.assign(encoded.ids.begin(), encoded.ids.begin() + static_cast<std::ptrdiff_t>(begin));
  blocks.after.assign(encoded.ids.begin() + static_cast<std::ptrdiff_t>(end), encoded.ids.end());
  blocks.text = blocks.text.subspan(begin, end - begin);
  if (blocks.room <= blocks.frame()) {
    return Error{
        fmt::format("max-length is {}, and the tokenizer puts {} special tokens around each block of text. "
                    "Choose a larger --max-length.",
                    spec.maxLength, blocks.frame())};
  }
  blocks.room -= blocks.frame();
  return blocks;
}

}  // namespace rosa::data
