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

/// Of a micro-batch as configured.
std::int64_t sizeOf(const RunConfig& config) {
  return config.batchTokens > 0 ? config.batchTokens : config.batch;
}

/// The next smaller one to try; 0 after the last.
std::int64_t smaller(const RunConfig& config, std::int64_t size) {
  if (config.batchTokens > 0) return size / 2;
  do --size;
  while (size > 0 && config.batch % size != 0);
  return size;
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

std::int64_t tokensOfBatch(const RunConfig& config, std::int64_t size, std::int64_t longest) {
  return config.batchTokens > 0 ? std::max(size, longest) : size * longest;
}

Expected<MemoryFit> fitMemory(const RunConfig& config, const MemoryEstimate& estimate) {
  const auto wish = config.gradientCheckpointing;
  MemoryFit fit{sizeOf(config), config.accumulate, wish == GradientCheckpointing::Yes, {}};
  if (!config.memory) {
    fit.parts = estimate(fit.batch, fit.recomputes);
    return fit;
  }
  std::optional<std::int64_t> least;
  for (const bool recomputes : {false, true}) {
    if (recomputes ? wish == GradientCheckpointing::No : wish == GradientCheckpointing::Yes) continue;
    for (auto batch = sizeOf(config); batch > 0; batch = smaller(config, batch)) {
      const auto parts = estimate(batch, recomputes);
      const auto bytes = parts.totalBytes();
      if (bytes <= config.memory->bytes) {
        const auto times = config.batchTokens > 0 ? 1 : config.batch / batch;
        return MemoryFit{batch, config.accumulate * times, recomputes, parts};
      }
      least = std::min(least.value_or(bytes), bytes);
    }
  }
  return nothingFits(config, least.value_or(0), estimate);
}

std::string fitInWords(const RunConfig& config, const MemoryFit& fit) {
  const bool turnsOn = fit.recomputes && config.gradientCheckpointing != GradientCheckpointing::Yes;
  const bool divides = fit.batch != sizeOf(config);
  if (!config.memory || (!divides && !turnsOn)) return {};
  std::string text = fmt::format("memory: to stay within {}, ", config::formatValue(*config.memory));
  if (divides && config.batchTokens > 0) {
    text += fmt::format("micro-batches are taken in pieces of {} tokens or one example", fit.batch);
  } else if (divides) {
    text += fmt::format("a step's {} examples are taken in {} micro-batches of {}", config.batch * config.accumulate,
                        fit.accumulate, fit.batch);
  }
  if (turnsOn) {
    text += fmt::format("{}gradient checkpointing is on", divides ? " and " : "");
  }
  return text + ".";
}

}  // namespace rosa::train
