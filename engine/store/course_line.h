// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rosa/events.h"

/// What can be told of a line of events.jsonl at a glance, without reading all of it as JSON.
namespace rosa::store {

/// Kinds that there may be millions of.
enum class LineKind : std::uint8_t { Step, Memory, Phase, Log, Other };

struct LineGlance {
  LineKind kind = LineKind::Other;
  std::int64_t sequence = 0;  ///< 0 = not numbered
  std::int64_t step = 0;      ///< of the first three kinds
  // Of a step.
  double loss = 0, learningRate = 0, gradientNorm = 0;
  bool applied = true;
  std::int64_t tokens = 0;
  // Of a memory sample.
  std::int64_t bytes = 0;  ///< of all parts
};

/// A line that is not written as this version writes is of kind Other, whatever it holds.
[[nodiscard]] LineGlance glanceAt(std::string_view line);

/// The same as `storedEventFromJson`, ten times as fast for steps and resamples that are written as this version
/// writes.
[[nodiscard]] Expected<StoredEvent> storedEventOf(std::string_view line);

}  // namespace rosa::store
