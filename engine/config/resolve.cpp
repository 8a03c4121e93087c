// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/resolve.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/text.h"
#include "config/values.h"
#include "rosa/method_traits.h"

namespace rosa::config {
namespace {

/// A count of steps as an integer; no product of settings can leave this range.
constexpr double kMostSteps = 1e15;

/// 0.1 epochs of 30 steps are 3 steps, although 0.1 * 30 is a little more than 3 in binary.
std::int64_t roundedUp(double steps) {
  constexpr double kRounding = 1e-9;
  return static_cast<std::int64_t>(std::clamp(std::ceil(steps - kRounding * std::max(1.0, steps)), 0.0, kMostSteps));
}

}  // namespace

std::int64_t resolveSteps(const RunConfig& config, std::int64_t stepsPerEpoch) {
  if (config.steps) return std::max<std::int64_t>(*config.steps, 1);
  const double epochs = config.epochs.value_or(kDefaultEpochs);
  return std::max<std::int64_t>(roundedUp(epochs * static_cast<double>(stepsPerEpoch)), 1);
}

std::int64_t intervalSteps(const Interval& interval, std::int64_t stepsPerEpoch) {
  if (interval.unit == Interval::Unit::Never) return 0;
  const double perUnit = interval.unit == Interval::Unit::Epochs ? static_cast<double>(stepsPerEpoch) : 1.0;
  return static_cast<std::int64_t>(std::clamp(std::round(interval.count * perUnit), 1.0, kMostSteps));
}

std::int64_t warmupSteps(const Warmup& warmup, std::int64_t totalSteps) {
  const double steps = warmup.fraction ? *warmup.fraction * static_cast<double>(totalSteps) : warmup.steps;
  return std::min(roundedUp(steps), totalSteps);
}

std::int64_t rewarmSteps(const RunConfig& config, std::int64_t resampleEvery) {
  if (config.rewarm) return *config.rewarm;
  const bool cleared = config.momentReset == MomentReset::Resampled || config.momentReset == MomentReset::All;
  if (!cleared || config.stagger || config.method == Method::Galore) return 0;
  constexpr std::int64_t kUsual = 10;
  constexpr std::int64_t kLargestShare = 4;  // of the interval: a quarter
  return resampleEvery == 0 ? kUsual : std::min(kUsual, resampleEvery / kLargestShare);
}

std::int64_t layerRank(const Rank& rank, std::int64_t smallerSide) {
  if (const auto* number = std::get_if<std::int64_t>(&rank.value)) return *number;
  const double share = std::floor(std::get<double>(rank.value) * static_cast<double>(smallerSide));
  return std::max<std::int64_t>(static_cast<std::int64_t>(share), 1);
}

std::vector<std::string> reasonsForFp32(const RunConfig& config) {
  std::vector<std::string> reasons;
  if (!config.adapter.empty()) {
    reasons.emplace_back(
        "an adapter to start from goes into the weights, which are kept in fp32 then; leave weights out, or merge the "
        "adapter first (rosa export) and train the folder that is written");
  }
  if (trainsWeights(config.method)) {
    reasons.push_back("method " + formatValue(config.method) +
                      " trains the weights themselves, which are kept in fp32; leave weights out, or choose another "
                      "method such as rosa");
  }
  if (config.form == Form::Merged) {
    reasons.emplace_back(
        "the merged form adds to the weights at every step, which bf16 and int8 lose; choose form branch, or leave "
        "weights out");
  }
  if (config.ema > 0 && hasCycles(config.method)) {
    reasons.push_back("averaged weights (ema) of method " + formatValue(config.method) +
                      " are kept in fp32; leave weights or ema out");
  }
  return reasons;
}

std::int64_t virtualTokens(const RunConfig& config) {
  return isPrompt(config.method) ? config.virtualTokens : 0;
}

Expected<LayerRank> parseLayerRank(std::string_view text) {
  const auto mark = text.rfind('=');
  const auto pattern = base::trim(text.substr(0, mark));
  LayerRank parsed{std::string(pattern), {}};
  if (mark == std::string_view::npos || pattern.empty() || !parseValue(text.substr(mark + 1), parsed.rank)) {
    return Error{base::inQuotes(text) + " is not a pattern and a rank; write mlp=4, or attn.c_proj=10%"};
  }
  return parsed;
}

Expected<SliceWindows> parseWindows(std::string_view text) {
  SliceWindows cycles;
  while (!text.empty()) {
    std::string_view group = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(group.size() + 1, text.size()));
    std::vector<std::int64_t> starts;
    for (bool more = true; more;) {
      const std::size_t comma = group.find(',');
      std::int64_t start = -1;
      const Status parsed = parseValue(group.substr(0, comma), start);
      if (!parsed || start < 0) {
        return Error{"cycle " + std::to_string(cycles.size() + 1) + " holds " + base::inQuotes(group.substr(0, comma)) +
                     "; write slice starts from 0 as in 0,8;16,24, one group a cycle and one number a layer"};
      }
      starts.push_back(start);
      more = comma != std::string_view::npos;
      if (more) group.remove_prefix(comma + 1);
    }
    if (!cycles.empty() && starts.size() != cycles.front().size()) {
      return Error{"cycle " + std::to_string(cycles.size() + 1) + " has " + std::to_string(starts.size()) +
                   " starts and cycle 1 has " + std::to_string(cycles.front().size()) + "; write one number a layer"};
    }
    cycles.push_back(std::move(starts));
  }
  return cycles;
}

}  // namespace rosa::config
