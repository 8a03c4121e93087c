// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/runs_comparison.h"

#include <QObject>
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string_view>

#include "models/runs_model.h"
#include "models/setting_words.h"
#include "rosa/interval.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

/// A run keeps the form that was chosen for it by what is quicker; both train the same.
constexpr std::array<std::string_view, 6> kNeverCompared = {"name", "out",           "threads",
                                                            "form", "sample-prompt", "processes"};

bool isCompared(std::string_view key) {
  return std::find(kNeverCompared.begin(), kNeverCompared.end(), key) == kNeverCompared.end();
}

/// Equal for runs that differ in nothing but the seed.
QString withoutSeed(const RunConfig& config) {
  QString text;
  for (const ConfigField& field : configFields()) {
    if (!isCompared(field.key) || field.key == std::string_view("seed") || !fieldHasEffect(config, field.key)) continue;
    text += toQString(configFieldText(config, field.key)) + QLatin1Char('\n');
  }
  return text;
}

/// What the names of runs begin with: "e2e-rosa" of "e2e-rosa-1" and "e2e-rosa-2"; else the first name.
QString sharedName(const std::vector<ComparedRun>& runs, const std::vector<std::size_t>& members) {
  const QString first = toQString(runs[members.front()].record.name);
  QString shared = first;
  for (const std::size_t member : members) {
    const QString name = toQString(runs[member].record.name);
    const auto end = std::mismatch(shared.begin(), shared.end(), name.begin(), name.end()).first;
    shared.truncate(end - shared.begin());
  }
  if (members.size() > 1) {
    while (!shared.isEmpty() && !shared.back().isLetterOrNumber()) shared.chop(1);
    for (const QString& word : {QStringLiteral("-seed"), QStringLiteral("-s")}) {
      if (shared.endsWith(word)) shared.chop(word.size());
    }
  }
  return shared.isEmpty() ? first : shared;
}

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
    if (!same->values[i].isEmpty()) continue;
    same->values[i] = row.values[i];
    // "60 steps" and "2.5 epochs" are no numbers of one kind.
    same->figures.at(static_cast<std::size_t>(i)).reset();
  }
}

/// "8", "25%" and "1e-3" are numbers; "50steps" is none.
std::optional<double> asNumber(QString value) {
  if (value.endsWith(QLatin1Char('%'))) value.chop(1);
  bool right = false;
  const double number = value.toDouble(&right);
  return right ? std::optional(number) : std::nullopt;
}

/// The runs and how they stand together: what every row is made from.
struct Compared {
  const std::vector<ComparedRun>& runs;
  const std::vector<ComparedGroup>& groups;
};

void addSettings(const Compared& compared, std::vector<ComparisonRow>& rows) {
  const RunConfig usual;
  for (const ConfigField& field : configFields()) {
    if (!isCompared(field.key)) continue;
    ComparisonRow row;
    row.isSetting = true;
    bool differs = false;
    bool chosen = false;
    for (const ComparedGroup& group : compared.groups) {
      const auto& config = compared.runs[group.runs.front()].config;
      // A setting that the run does not read says nothing about it.
      const bool read = config && fieldHasEffect(*config, field.key);
      QString value = read ? toQString(configFieldText(*config, field.key)) : QString();
      chosen = chosen || (read && value != toQString(configFieldText(usual, field.key)));
      row.figures.push_back(asNumber(value));
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

/// The seeds of groups, which have several.
void addSeeds(const Compared& compared, std::vector<ComparisonRow>& rows) {
  ComparisonRow counts;
  counts.label = QObject::tr("Seeds");
  counts.isSetting = true;
  bool several = false;
  for (const ComparedGroup& group : compared.groups) {
    several = several || group.runs.size() > 1;
    counts.values.append(formatCount(static_cast<std::int64_t>(group.runs.size())));
    counts.figures.emplace_back(static_cast<double>(group.runs.size()));
  }
  if (!several) return;
  std::erase_if(rows, [](const ComparisonRow& row) { return row.label == settingName("seed"); });
  rows.push_back(std::move(counts));
}

/// A result of each group: how it reads, and the figure to judge it by.
void addResult(const Compared& compared, const QString& label, std::optional<bool> lowest,
               const std::function<std::optional<double>(const RunRecord&)>& figure,
               const std::function<QString(double)>& format, std::vector<ComparisonRow>& rows) {
  ComparisonRow row;
  row.label = label;
  row.lowestIsBest = lowest;
  bool any = false;
  for (const ComparedGroup& group : compared.groups) {
    std::vector<double> values;
    for (const std::size_t run : group.runs) {
      if (const auto value = figure(compared.runs[run].record)) values.push_back(*value);
    }
    const auto interval = metrics::meanInterval(values);
    any = any || !values.empty();
    row.figures.push_back(values.empty() ? std::nullopt : std::optional(interval.mean));
    row.values.append(values.empty() ? QString() : format(interval.mean));
    // What is no result but a count, as that of trained numbers, has no interval.
    if (values.size() > 1 && lowest) row.values.back() += QStringLiteral(" ± ") + format(interval.half);
  }
  if (!any) return;
  if (lowest) row.best = bestOf(row.figures, *lowest);
  rows.push_back(std::move(row));
}

/// The figures of the row that was added last, if it is this one, as the axis of a plot counts them.
void inUnit(const QString& label, const QString& unit, double size, std::vector<ComparisonRow>& rows) {
  if (rows.empty() || rows.back().label != label) return;
  rows.back().unit = unit;
  for (auto& figure : rows.back().figures) {
    if (figure) *figure /= size;
  }
}

void addMetrics(const Compared& compared, std::vector<ComparisonRow>& rows) {
  std::vector<std::string> names;
  for (const ComparedRun& run : compared.runs) {
    for (const auto& [name, value] : run.record.metrics) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  const auto shown = [](double value) { return QString::number(value, 'f', 3); };
  for (const std::string& name : names) {
    const auto figure = [&name](const RunRecord& record) -> std::optional<double> {
      for (const auto& [metric, value] : record.metrics) {
        if (metric == name) return value;
      }
      return std::nullopt;
    };
    addResult(compared, capitalised(QObject::tr("dev %1").arg(metricName(name))), lowerIsBetter(name), figure, shown,
              rows);
  }
  if (!names.empty()) return;
  // Noisy, but what else is there without an evaluation.
  addResult(
      compared, QObject::tr("Last loss"), true,
      [](const RunRecord& run) { return run.step > 0 ? std::optional(run.lastLoss) : std::nullopt; }, shown, rows);
}

std::optional<double> positive(double value) {
  return value > 0 ? std::optional(value) : std::nullopt;
}

}  // namespace

std::vector<ComparedGroup> groupRuns(const std::vector<ComparedRun>& runs, bool seedsTogether) {
  std::vector<ComparedGroup> groups;
  std::map<QString, std::size_t> known;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    if (seedsTogether && runs[run].config) {
      const auto [found, isNew] = known.try_emplace(withoutSeed(*runs[run].config), groups.size());
      if (!isNew) {
        groups[found->second].runs.push_back(run);
        continue;
      }
    }
    groups.push_back({QString(), {run}});
  }
  for (ComparedGroup& group : groups) group.name = sharedName(runs, group.runs);
  return groups;
}

std::vector<ComparisonRow> compareRuns(const std::vector<ComparedRun>& runs) {
  return compareRuns(runs, groupRuns(runs, false));
}

std::vector<ComparisonRow> compareRuns(const std::vector<ComparedRun>& runs, const std::vector<ComparedGroup>& groups) {
  std::vector<ComparisonRow> rows;
  if (runs.empty()) return rows;
  const Compared compared{runs, groups};
  addSettings(compared, rows);
  addSeeds(compared, rows);
  const auto count = [](double value) { return formatBigCount(static_cast<std::int64_t>(value)); };
  addResult(
      compared, QObject::tr("Trained"), std::nullopt,
      [](const RunRecord& run) { return positive(static_cast<double>(run.trainableParameters)); }, count, rows);
  addResult(
      compared, QObject::tr("Resamples"), std::nullopt,
      [](const RunRecord& run) -> std::optional<double> {
        if (run.method != "rosa") return std::nullopt;
        return static_cast<double>(run.resamples);
      },
      count, rows);
  addMetrics(compared, rows);
  addResult(
      compared, QObject::tr("Peak memory"), true,
      [](const RunRecord& run) { return positive(static_cast<double>(run.peakResidentBytes)); },
      [](double bytes) { return formatBytes(static_cast<std::int64_t>(bytes)); }, rows);
  constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
  inUnit(QObject::tr("Peak memory"), QObject::tr("GiB"), kGib, rows);
  // A run that was stopped early was not fast.
  const bool allDone =
      std::all_of(runs.begin(), runs.end(), [](const ComparedRun& run) { return run.record.status == "completed"; });
  addResult(
      compared, QObject::tr("Time"), allDone ? std::optional(true) : std::nullopt,
      [](const RunRecord& run) { return positive(run.elapsedSeconds); },
      [](double seconds) { return formatDuration(seconds); }, rows);
  constexpr double kSecondsInMinute = 60;
  inUnit(QObject::tr("Time"), QObject::tr("minutes"), kSecondsInMinute, rows);
  addResult(
      compared, QObject::tr("Export check"), std::nullopt,
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
