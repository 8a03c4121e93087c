// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <variant>

#include "store/curves.h"

namespace rosa::store {
namespace {

/// One step's figures by column.
using Row = std::map<std::string, std::string>;

std::string text(double value) {
  // Empty where it is not finite: no two programs agree on how to write that.
  return std::isfinite(value) ? fmt::format("{}", value) : std::string();
}

const std::vector<std::string>& firstColumns() {
  static const std::vector<std::string> kColumns = {
      "epoch",      "seconds",       "tokens",    "loss",     "learning_rate",  "gradient_norm", "tokens_per_second",
      "peak_bytes", "process_bytes", "resampled", "coverage", "validation_loss"};
  return kColumns;
}

struct Table {
  std::map<std::int64_t, Row> rows;
  std::set<std::string> metrics;
  std::int64_t tokens = 0;

  void operator()(const StepCompleted& event) {
    tokens += event.tokens;
    Row& row = rows[event.step];
    row["epoch"] = text(event.epoch);
    row["seconds"] = text(event.elapsedSeconds);
    row["tokens"] = fmt::format("{}", tokens);
    row["loss"] = text(event.loss);
    row["learning_rate"] = text(event.learningRate);
    row["gradient_norm"] = text(event.gradientNorm);
    row["tokens_per_second"] = text(event.tokensPerSecond);
  }
  void operator()(const MemorySampled& event) {
    Row& row = rows[event.step];
    row["peak_bytes"] = fmt::format("{}", event.peakBytes);
    row["process_bytes"] = fmt::format("{}", event.processResidentBytes);
  }
  void operator()(const ResampleCompleted& event) {
    Row& row = rows[event.step];
    row["resampled"] = fmt::format("{}", event.cycle);
    row["coverage"] = text(event.coverage);
  }
  void operator()(const EvaluationCompleted& event) {
    Row& row = rows[event.step];
    row["validation_loss"] = text(event.loss);
    for (const auto& [name, value] : event.metrics) {
      metrics.insert("validation_" + name);
      row["validation_" + name] = text(value);
    }
  }
  template <typename Other>
  void operator()(const Other&) {}
};

}  // namespace

std::string curvesAsCsv(const std::vector<StoredEvent>& events) {
  Table table;
  for (const auto& stored : events) std::visit(table, stored.event);
  auto columns = firstColumns();
  columns.insert(columns.end(), table.metrics.begin(), table.metrics.end());
  std::string csv = "step";
  for (const auto& column : columns) csv += "," + column;
  csv += "\n";
  for (const auto& [step, row] : table.rows) {
    fmt::format_to(std::back_inserter(csv), "{}", step);
    for (const auto& column : columns) {
      csv += ",";
      if (const auto found = row.find(column); found != row.end()) csv += found->second;
    }
    csv += "\n";
  }
  return csv;
}

}  // namespace rosa::store
