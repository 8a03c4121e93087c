// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/runs_comparison.h"

#include <QObject>
#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "models/runs_model.h"
#include "models/setting_words.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

/// A run keeps the form that was chosen for it by what is quicker; both train the same.
constexpr std::array<std::string_view, 5> kNeverCompared = {"name", "out", "threads", "sample-prompt", "form"};

/// Higher is better for all of the engine's metrics but these.
bool lowerIsBetter(const std::string& metric) {
  return metric == "loss" || metric == "perplexity";
}

QString capitalised(QString text) {
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

/// The one run whose figure beats all others; nothing for a tie or where a figure is missing.
std::optional<int> bestOf(const std::vector<std::optional<double>>& figures, bool lowest) {
  std::optional<int> best;
  bool tie = false;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (!figures[i]) return std::nullopt;
    if (!best) {
      best = static_cast<int>(i);
      continue;
    }
    const double leader = *figures[static_cast<std::size_t>(*best)];
    if (*figures[i] == leader) tie = true;
    if (lowest ? *figures[i] < leader : *figures[i] > leader) {
      best = static_cast<int>(i);
      tie = false;
    }
  }
  return tie || figures.size() < 2 ? std::nullopt : best;
}

/// The value of a setting as it is read in a table.
QString shownValue(std::string_view key, const QString& value) {
  if (key == "model" || key == "data") return pathName(toPath(value));
  if ((key == "steps" || key == "epochs") && !value.isEmpty()) {
    const auto unit = QString::fromUtf8(key.data(), static_cast<qsizetype>(key.size()));
    return choiceName(key, value + (value == QLatin1String("1") ? unit.chopped(1) : unit));
  }
  return choiceName(key, value);
}

/// Two settings of one name, of which a run reads one (steps or epochs), share a row.
void addRow(ComparisonRow row, std::vector<ComparisonRow>& rows) {
  const auto same =
      std::find_if(rows.begin(), rows.end(), [&](const ComparisonRow& other) { return other.label == row.label; });
  if (same == rows.end()) {
    rows.push_back(std::move(row));
    return;
  }
  for (qsizetype i = 0; i < row.values.size(); ++i) {
    if (same->values[i].isEmpty()) same->values[i] = row.values[i];
  }
}

void addSettings(const std::vector<ComparedRun>& runs, std::vector<ComparisonRow>& rows) {
  const RunConfig usual;
  for (const ConfigField& field : configFields()) {
    if (std::find(kNeverCompared.begin(), kNeverCompared.end(), field.key) != kNeverCompared.end()) continue;
    ComparisonRow row;
    bool differs = false;
    bool chosen = false;
    for (const ComparedRun& run : runs) {
      // A setting that the run does not read says nothing about it.
      const bool read = run.config && fieldHasEffect(*run.config, field.key);
      QString value = read ? toQString(configFieldText(*run.config, field.key)) : QString();
      chosen = chosen || (read && value != toQString(configFieldText(usual, field.key)));
      value = shownValue(field.key, value);
      row.values.append(value);
      differs = differs || value != row.values.front();
    }
    // Some methods read it, others do not, and nobody set it: the method says it all.
    if (!differs || !chosen) continue;
    row.label = settingName(field.key);
    addRow(std::move(row), rows);
  }
}

/// A result of each run: how it reads, and the figure to judge it by.
void addResult(const std::vector<ComparedRun>& runs, const QString& label, std::optional<bool> lowest,
               const std::function<std::optional<double>(const RunRecord&)>& figure,
               const std::function<QString(double)>& format, std::vector<ComparisonRow>& rows) {
  ComparisonRow row;
  row.label = label;
  std::vector<std::optional<double>> figures;
  bool any = false;
  for (const ComparedRun& run : runs) {
    figures.push_back(figure(run.record));
    any = any || figures.back();
    row.values.append(figures.back() ? format(*figures.back()) : QString());
  }
  if (!any) return;
  if (lowest) row.best = bestOf(figures, *lowest);
  rows.push_back(std::move(row));
}

void addMetrics(const std::vector<ComparedRun>& runs, std::vector<ComparisonRow>& rows) {
  std::vector<std::string> names;
  for (const ComparedRun& run : runs) {
    for (const auto& [name, value] : run.record.metrics) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  for (const std::string& name : names) {
    const auto figure = [&name](const RunRecord& record) -> std::optional<double> {
      for (const auto& [metric, value] : record.metrics) {
        if (metric == name) return value;
      }
      return std::nullopt;
    };
    addResult(
        runs, capitalised(QObject::tr("dev %1").arg(metricName(name))), lowerIsBetter(name), figure,
        [](double value) { return QString::number(value, 'f', 3); }, rows);
  }
}

std::optional<double> positive(double value) {
  return value > 0 ? std::optional(value) : std::nullopt;
}

}  // namespace

std::vector<ComparisonRow> compareRuns(const std::vector<ComparedRun>& runs) {
  std::vector<ComparisonRow> rows;
  if (runs.empty()) return rows;
  addSettings(runs, rows);
  const auto count = [](double value) { return formatBigCount(static_cast<std::int64_t>(value)); };
  addResult(
      runs, QObject::tr("Trained"), std::nullopt,
      [](const RunRecord& run) { return positive(static_cast<double>(run.trainableParameters)); }, count, rows);
  addResult(
      runs, QObject::tr("Resamples"), std::nullopt,
      [](const RunRecord& run) -> std::optional<double> {
        if (run.method != "rosa") return std::nullopt;
        return static_cast<double>(run.resamples);
      },
      count, rows);
  addMetrics(runs, rows);
  addResult(
      runs, QObject::tr("Peak memory"), true,
      [](const RunRecord& run) { return positive(static_cast<double>(run.peakResidentBytes)); },
      [](double bytes) { return formatBytes(static_cast<std::int64_t>(bytes)); }, rows);
  // A run that was stopped early was not fast.
  const bool allDone =
      std::all_of(runs.begin(), runs.end(), [](const ComparedRun& run) { return run.record.status == "completed"; });
  addResult(
      runs, QObject::tr("Time"), allDone ? std::optional(true) : std::nullopt,
      [](const RunRecord& run) { return positive(run.elapsedSeconds); },
      [](double seconds) { return formatDuration(seconds); }, rows);
  addResult(
      runs, QObject::tr("Export check"), std::nullopt,
      [](const RunRecord& run) -> std::optional<double> {
        return run.exportDifference < 0 ? std::nullopt : std::optional(run.exportDifference);
      },
      [](double difference) { return formatRate(difference); }, rows);
  return rows;
}

QString comparisonTitle(const std::vector<ComparedRun>& runs) {
  const QString count = plural(static_cast<std::int64_t>(runs.size()), QObject::tr("run"), QObject::tr("runs"));
  const bool sameSeed = !runs.empty() && std::all_of(runs.begin(), runs.end(), [&](const ComparedRun& run) {
    return run.record.seed == runs.front().record.seed;
  });
  return sameSeed ? QObject::tr("%1, seed %2").arg(count).arg(runs.front().record.seed) : count;
}

}  // namespace rosa::ui
