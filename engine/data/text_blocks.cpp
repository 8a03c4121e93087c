// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/text_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "data/row_maker.h"

namespace rosa::data {

FramedText unframed(const EncodedText& encoded, const TextEncoder& encoder) {
  const auto ofFrame = [&](std::size_t place) {
    return encoded.ends[place] == 0 && encoder.isSpecial(encoded.ids[place]);
  };
  const auto count = encoded.ids.size();
  std::size_t begin = 0, end = count;
  while (begin < end && ofFrame(begin)) ++begin;
  while (end > begin && ofFrame(end - 1)) --end;
  const std::span<const std::int32_t> all(encoded.ids);
  const auto listed = [](std::span<const std::int32_t> ids) { return std::vector(ids.begin(), ids.end()); };
  return {listed(all.first(begin)), listed(all.subspan(end)), all.subspan(begin, end - begin)};
}

Expected<TextBlocks> textBlocksOf(const FramedText& frame, const ExampleSpec& spec) {
  TextBlocks blocks;
  blocks.room = static_cast<std::size_t>(spec.maxLength);
  blocks.fewest = 2;  // one token has none to predict it from
  if (spec.task != Task::MaskedLanguageModelling) return blocks;
  blocks.fewest = 1;
  blocks.before = frame.before;
  blocks.after = frame.after;
  if (blocks.room <= blocks.frameSize()) {
    return Error{
        fmt::format("max-length is {}, and the tokenizer puts {} special tokens around each block of text. "
                    "Choose a larger --max-length.",
                    spec.maxLength, blocks.frameSize())};
  }
  blocks.room -= blocks.frameSize();
  return blocks;
}

Status BlockCutter::begin(const FramedText& frame) {
  ROSA_TRY(blocks_, textBlocksOf(frame, spec_));
  waiting_.clear();
  atEnd_.clear();
  if (spec_.task == Task::MaskedLanguageModelling) return {};
  atEnd_ = frame.after;
  return take(frame.before);
}

Status BlockCutter::take(std::span<const std::int32_t> tokens) {
  waiting_.insert(waiting_.end(), tokens.begin(), tokens.end());
  std::size_t done = 0;
  for (; waiting_.size() - done >= blocks_.room; done += blocks_.room) {
    ROSA_CHECK(add(std::span<const std::int32_t>(waiting_).subspan(done, blocks_.room)));
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(done));
  return {};
}

Status BlockCutter::end() {
  ROSA_CHECK(take(std::exchange(atEnd_, {})));
  if (waiting_.size() < blocks_.fewest) return {};
  return add(std::exchange(waiting_, {}));
}

Status BlockCutter::add(std::span<const std::int32_t> block) {
  if (spec_.task == Task::LanguageModelling) {
    any_ = true;
    return sink_.add(predictingExample(block, 0));
  }
  auto framed = blocks_.before;
  framed.insert(framed.end(), block.begin(), block.end());
  framed.insert(framed.end(), blocks_.after.begin(), blocks_.after.end());
  auto example = maskableExample(std::move(framed), encoder_);
  if (example.targetCount == 0) return {};
  any_ = true;
  return sink_.add(std::move(example));
}

}  // namespace rosa::data
