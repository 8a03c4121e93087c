// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/memory_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "config/values.h"

namespace rosa::train {

namespace {

/// Rounded up, so that what is asked for next fits.
std::string inMegabytes(std::int64_t bytes) {
  constexpr std::int64_t kMegabyte = 1'000'000;
  return fmt::format("{}MB", (bytes + kMegabyte - 1) / kMegabyte);
}

Error nothingFits(const RunConfig& config, std::int64_t least, const MemoryEstimate& estimate) {
  const auto given = config::formatValue(*config.memory);
  auto text = fmt::format(
      "memory: the run takes at least about {} (one example in a micro-batch, {} gradient checkpointing), more than "
      "the "
      "{} it may take. Write --memory {}",
      inMegabytes(least), config.gradientCheckpointing == GradientCheckpointing::No ? "without" : "with", given,
      inMegabytes(least));
  if (config.gradientCheckpointing == GradientCheckpointing::No) {
    const auto recomputed = estimate(1, true).totalBytes();
    text += fmt::format(", allow gradient checkpointing (--gradient-checkpointing auto, about {})",
                        inMegabytes(recomputed));
  }
  return Error{text + ", shorten max-length, or choose a smaller model."};
}

}  // namespace

Expected<MemoryFit> fitMemory(const RunConfig& config, const MemoryEstimate& estimate) {
  const auto wish = config.gradientCheckpointing;
  MemoryFit fit{config.batch, config.accumulate, wish == GradientCheckpointing::Yes, {}};
  if (!config.memory) {
    fit.parts = estimate(fit.batch, fit.recomputes);
    return fit;
  }
  std::optional<std::int64_t> least;
  for (const bool recomputes : {false, true}) {
    if (recomputes ? wish == GradientCheckpointing::No : wish == GradientCheckpointing::Yes) continue;
    for (auto batch = config.batch; batch > 0; --batch) {
      if (config.batch % batch != 0) continue;
      const auto parts = estimate(batch, recomputes);
      const auto bytes = parts.totalBytes();
      if (bytes <= config.memory->bytes) {
        return MemoryFit{batch, config.accumulate * (config.batch / batch), recomputes, parts};
      }
      least = std::min(least.value_or(bytes), bytes);
    }
  }
  return nothingFits(config, least.value_or(0), estimate);
}

std::string fitInWords(const RunConfig& config, const MemoryFit& fit) {
  const bool turnsOn = fit.recomputes && config.gradientCheckpointing != GradientCheckpointing::Yes;
  if (!config.memory || (fit.batch == config.batch && !turnsOn)) return {};
  std::string text = fmt::format("memory: to stay within {}, ", config::formatValue(*config.memory));
  if (fit.batch != config.batch) {
    text += fmt::format("a step's {} examples are taken in {} micro-batches of {}", config.batch * config.accumulate,
                        fit.accumulate, fit.batch);
  }
  if (turnsOn) {
    text += fmt::format("{}gradient checkpointing is on", fit.batch != config.batch ? " and " : "");
  }
  return text + ".";
}

}  // namespace rosa::train
