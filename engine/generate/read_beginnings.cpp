// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/read_beginnings.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace rosa::generate {

namespace {

constexpr std::int64_t kPart = 512;  // tokens of a prompt between two questions whether to go on

}  // namespace

std::optional<ReadBeginnings::Read> ReadBeginnings::read(model::Model& model, std::span<const std::int64_t> tokens,
                                                         c10::Device device, const std::function<bool()>& giveUp) {
  const auto wanted = tokens.first(tokens.size() - 1);
  Read read{cache_.add(), 0};
  for (const auto& beginning : kept_) {
    const auto length = std::ssize(beginning.tokens);
    if (length <= read.reused || length > std::ssize(wanted)) continue;
    if (!std::ranges::equal(beginning.tokens, wanted.first(beginning.tokens.size()))) continue;
    cache_.drop(read.sequence);
    read = {cache_.fork(beginning.sequence), length};
  }
  // Before more is read, so that its blocks are there to be used.
  for (const auto& beginning : kept_) cache_.drop(beginning.sequence);
  kept_.clear();

  auto done = read.reused;
  while (done < std::ssize(wanted)) {
    if (giveUp && giveUp()) {
      keep({wanted.begin(), wanted.begin() + done}, read.sequence);
      return std::nullopt;
    }
    const auto count = std::min(kPart, std::ssize(wanted) - done);
    std::vector<std::int64_t> positions(static_cast<std::size_t>(count));
    std::iota(positions.begin(), positions.end(), model.config().firstPosition + cache_.length(read.sequence));
    const std::vector<std::int64_t> part(wanted.begin() + done, wanted.begin() + done + count);
    model::Batch batch;
    batch.tokenIds = at::tensor(part, at::kLong).to(device);
    batch.positionIds = at::tensor(positions, at::kLong).to(device);
    batch.offsets = {0, count};
    static_cast<void>(model.nextLogits(batch, cache_, {read.sequence}));
    done += count;
  }
  keep({wanted.begin(), wanted.end()}, cache_.fork(read.sequence));
  return read;
}

void ReadBeginnings::keep(std::vector<std::int64_t> tokens, model::KeyValueCache::Sequence sequence) {
  kept_.push_back({std::move(tokens), sequence});
}

}  // namespace rosa::generate
