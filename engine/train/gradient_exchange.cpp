// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/gradient_exchange.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace rosa::train {

namespace {

/// More pieces begin earlier, and cost more messages.
constexpr std::int64_t kMostGroups = 4;
/// A shorter run of gradients is not worth a message of its own.
constexpr std::int64_t kLeastRun = 4096;
constexpr std::int64_t kNoGroup = -1;

/// Neighbouring gradients that are complete together.
struct Run {
  std::size_t buffer = 0;
  std::int64_t offset = 0, length = 0;
  std::int64_t group = kNoGroup;
};

std::vector<Run> merged(const std::vector<Run>& runs) {
  std::vector<Run> all;
  for (const auto& run : runs) {
    const bool joins = !all.empty() && all.back().buffer == run.buffer && all.back().group == run.group &&
                       all.back().offset + all.back().length == run.offset;
    if (joins) {
      all.back().length += run.length;
    } else {
      all.push_back(run);
    }
  }
  return all;
}

}  // namespace

std::optional<std::int64_t> blockOf(const std::string& name) {
  for (const auto part : base::split(name, '.')) {
    std::int64_t number = 0;
    const auto read = std::from_chars(part.data(), part.data() + part.size(), number);
    if (!part.empty() && read.ec == std::errc() && read.ptr == part.data() + part.size()) return number;
  }
  return std::nullopt;
}

GradientExchange::GradientExchange(const optim::Arena& arena, parallel::ProcessGroup& group) : group_(group) {
  const auto places = arena.gradientPlaces();
  std::int64_t blocks = 0;
  for (const auto& place : places) blocks = std::max(blocks, blockOf(place.parameter->name).value_or(-1) + 1);
  const auto groups = std::min(kMostGroups, blocks);
  std::vector<Run> runs;
  for (const auto& place : places) {
    const auto block = blockOf(place.parameter->name);
    runs.push_back({place.buffer, place.offset, place.length, block ? *block * groups / blocks : kNoGroup});
  }
  runs = merged(runs);
  for (auto& run : runs) {
    if (run.length < kLeastRun) run.group = kNoGroup;
  }
  const auto buffers = arena.gradients();
  for (std::int64_t i = groups - 1; i >= kNoGroup; --i) {
    Piece piece;
    piece.firstBlock = i == kNoGroup ? -1 : (i * blocks + groups - 1) / groups;
    for (const auto& run : merged(runs)) {
      if (run.group == i) piece.gradients.push_back(buffers[run.buffer].narrow(0, run.offset, run.length));
    }
    pieces_.push_back(std::move(piece));
  }
}

void GradientExchange::start(const Piece& piece) {
  for (const auto& gradients : piece.gradients) pending_.push_back(group_.startSum(gradients));
}

void GradientExchange::blockDone(std::int64_t block) {
  // The last piece is complete with the whole pass alone.
  while (next_ + 1 < pieces_.size() && pieces_[next_].firstBlock >= block) start(pieces_[next_++]);
}

void GradientExchange::finish() {
  while (next_ < pieces_.size()) start(pieces_[next_++]);
  for (const auto& sum : pending_) sum->wait();
  pending_.clear();
  next_ = 0;
}

}  // namespace rosa::train
