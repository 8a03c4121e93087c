// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/mixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/text.h"
#include "config/mix.h"
#include "config/values.h"
#include "data/dataset.h"
#include "data/order.h"
#include "data/row_shape.h"

namespace rosa::data {

namespace {

std::int64_t timesWhole(const MixedRange& set) {
  return static_cast<std::int64_t>(set.weight);
}
std::int64_t drawnRows(const MixedRange& set) {
  const double fraction = set.weight - std::floor(set.weight);
  return std::llround(fraction * static_cast<double>(set.count));
}

/// The configuration by which a set beside the first is read.
Expected<RunConfig> settleMixed(const RunConfig& config, const std::filesystem::path& file,
                                std::vector<std::string>& remarks) {
  auto own = config;
  own.shape = Shape::Auto;
  auto settled = settleShape(own, file, remarks);
  if (!settled && config.shape != Shape::Auto) settled = settleShape(config, file, remarks);
  if (!settled) return settled;
  if (settled->task == config.task && holdsConversations(*settled) == holdsConversations(config)) return settled;
  const auto kind = [](const RunConfig& read) {
    if (read.task == Task::Completion) return "prompts with completions";
    return holdsConversations(read) ? "conversations" : "plain text";
  };
  return Error{
      fmt::format("mix: {} holds {}, and the training data {}: sets that are mixed are read for one task. "
                  "Write it in the form of the others, or leave it out.",
                  base::printable(file.native()), kind(*settled), kind(config))};
}

}  // namespace

std::int64_t rowsPerEpoch(const MixedRange& set) {
  return timesWhole(set) * set.count + drawnRows(set);
}

std::int64_t rowsPerEpoch(std::span<const MixedRange> sets) {
  std::int64_t rows = 0;
  for (const auto& set : sets) rows += rowsPerEpoch(set);
  return rows;
}

std::vector<std::int64_t> rowsOfEpoch(std::span<const MixedRange> sets, std::int64_t seed, std::int64_t epoch) {
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const auto& set = sets[i];
    for (auto times = timesWhole(set); times > 0; --times) {
      for (std::int64_t row = 0; row < set.count; ++row) rows.push_back(set.first + row);
    }
    const auto drawn = drawnRows(set);
    if (drawn == 0) continue;
    // Another order than the epoch's own, and than other sets': neither may tell which rows are drawn.
    constexpr std::int64_t kOfDraws = 0x6D6978;
    auto order = shuffledOrder(set.count, seed ^ (kOfDraws + static_cast<std::int64_t>(i)), epoch);
    order.resize(static_cast<std::size_t>(drawn));
    std::ranges::sort(order);
    for (const auto row : order) rows.push_back(set.first + row);
  }
  return rows;
}

Expected<std::vector<TrainingSet>> trainingSets(const RunConfig& config, const std::filesystem::path& first,
                                                std::vector<std::string>& remarks) {
  std::vector<TrainingSet> sets{{first, 1, exampleSpec(config)}};
  for (const auto& text : config.mix) {
    const auto entry = config::parseMix(text);
    if (!entry) return Error{"mix: " + entry.error().message};
    const auto files = locateData(entry->path);
    if (!files) return Error{"mix: " + files.error().message};
    ROSA_TRY(const auto settled, settleMixed(config, files->train, remarks));
    sets.push_back({files->train, entry->weight, exampleSpec(settled)});
  }
  return sets;
}

std::string mixtureInWords(std::span<const TrainingSet> sets, std::span<const MixedRange> ranges) {
  if (sets.size() < 2) return {};
  auto text = fmt::format("An epoch shows {} rows: ", base::formatCount(rowsPerEpoch(ranges)));
  for (std::size_t i = 0; i < sets.size(); ++i) {
    text += fmt::format("{}{} of {}", i == 0 ? "" : ", ", base::formatCount(rowsPerEpoch(ranges[i])),
                        base::printable(sets[i].file.filename().native()));
    if (sets[i].weight == 1) continue;
    text += fmt::format(" ({} times its {}{})", config::formatValue(sets[i].weight), base::formatCount(ranges[i].count),
                        drawnRows(ranges[i]) > 0 ? ", drawn anew each time" : "");
  }
  return text + ".";
}

}  // namespace rosa::data
