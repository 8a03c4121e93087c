// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/runs_model.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "models/setting_words.h"
#include "rosa/run_search.h"
#include "settings/preferences.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr std::array<const char*, RunsModel::kColumns> kTitles = {
    QT_TRANSLATE_NOOP("RunsModel", "Name"),   QT_TRANSLATE_NOOP("RunsModel", "Started"),
    QT_TRANSLATE_NOOP("RunsModel", "Model"),  QT_TRANSLATE_NOOP("RunsModel", "Data"),
    QT_TRANSLATE_NOOP("RunsModel", "Method"), QT_TRANSLATE_NOOP("RunsModel", "Rank"),
    QT_TRANSLATE_NOOP("RunsModel", "Metric"), QT_TRANSLATE_NOOP("RunsModel", "Memory"),
    QT_TRANSLATE_NOOP("RunsModel", "Disk"),   QT_TRANSLATE_NOOP("RunsModel", "Time"),
    QT_TRANSLATE_NOOP("RunsModel", "Loss"),   QT_TRANSLATE_NOOP("RunsModel", "State")};

bool isNumber(int column) {
  return column == RunsModel::Rank || column == RunsModel::Metric || column == RunsModel::Memory ||
         column == RunsModel::Disk || column == RunsModel::Time;
}

QString key(const RunRecord& record) {
  return toQString(record.directory);
}

/// What is no number stands behind all that are.
double orderly(double value) {
  return std::isnan(value) ? std::numeric_limits<double>::infinity() : value;
}

/// Of an ISO 8601 time, as the clock here shows it.
QString localTime(const std::string& started) {
  const QDateTime time = QDateTime::fromString(toQString(started), Qt::ISODate);
  if (!time.isValid()) return {};
  const QDateTime here = time.toLocalTime();
  const bool thisYear = here.date().year() == QDate::currentDate().year();
  // Names of months and their order as everywhere in the window, whatever the machine's language.
  static const QLocale kEnglish(QLocale::English);
  return kEnglish.toString(here, thisYear ? QStringLiteral("d MMM HH:mm") : QStringLiteral("d MMM yyyy"));
}

QString text(const RunRecord& record, int column) {
  switch (column) {
    case RunsModel::Name:
      return toQString(record.name);
    case RunsModel::Date:
      return localTime(record.startedAt);
    case RunsModel::Model:
      return toQString(record.model);
    case RunsModel::Data:
      return toQString(record.data);
    case RunsModel::Method:
      return methodName(record.method);
    case RunsModel::Rank:
      return toQString(record.rank);
    case RunsModel::Metric:
      if (const auto metric = mainMetric(record)) {
        return QStringLiteral("%1 %2").arg(QString::number(metric->second, 'f', 3), metric->first);
      }
      return {};
    case RunsModel::Memory:
      return record.peakResidentBytes > 0 ? formatBytes(record.peakResidentBytes) : QString();
    case RunsModel::Disk:
      return record.diskBytes > 0 ? formatBytes(record.diskBytes) : QString();
    case RunsModel::Time:
      return record.elapsedSeconds > 0 ? formatDuration(record.elapsedSeconds) : QString();
    case RunsModel::State:
      return statusWord(record);
    default:
      return {};
  }
}

/// Name, tags, note and folder, as they stand in the tool tip.
QString nameTip(const RunRecord& record) {
  QStringList lines{toQString(record.name)};
  QStringList tags;
  for (const std::string& tag : record.notes.tags) tags << toQString(tag);
  if (!tags.isEmpty()) lines << QObject::tr("Tags: %1").arg(tags.join(QStringLiteral(", ")));
  if (!record.notes.note.empty()) lines << toQString(record.notes.note);
  lines << toQString(record.directory);
  return lines.join(QLatin1Char('\n'));
}

/// The state, wherever the run lies.
QString statusHere(const RunRecord& record, bool paused) {
  if (paused && record.status == "running") return QObject::tr("paused");
  if (record.status == "running") return QObject::tr("training");
  if (record.status == "queued") return QObject::tr("waiting");
  if (record.status == "completed") return QObject::tr("done");
  if (record.status == "failed") return QObject::tr("failed");
  if (record.status == "interrupted") return QObject::tr("interrupted");
  if (record.status == "stopped") return QObject::tr("stopped");
  return toQString(record.status);
}

}  // namespace

std::optional<std::pair<QString, double>> mainMetric(const RunRecord& record) {
  if (record.metrics.empty()) return std::nullopt;
  const auto& [name, value] = record.metrics.size() > 1 ? record.metrics[1] : record.metrics[0];
  return std::pair(metricName(name), value);
}

QString metricName(const std::string& name) {
  if (name == "f1") return QStringLiteral("F1");
  return toQString(name);
}

QString statusWord(const RunRecord& record, bool paused) {
  if (record.host.empty()) return statusHere(record, paused);
  return QObject::tr("%1 on %2").arg(statusHere(record, paused), toQString(record.host));
}

RunsModel::RunsModel(Preferences& preferences, QObject* parent)
    : QAbstractTableModel(parent), preferences_(preferences) {}

void RunsModel::setRecords(std::vector<RunRecord> records) {
  searchTexts_.clear();
  const auto sameRun = [](const RunRecord& one, const RunRecord& other) { return one.directory == other.directory; };
  if (std::equal(records.begin(), records.end(), records_.begin(), records_.end(), sameRun)) {
    records_ = std::move(records);
    if (!records_.empty()) {
      Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
      Q_EMIT checkedChanged();
    }
    return;
  }
  // New runs come first and old ones go one at a time by hand: anything but a plain list of newcomers is rare.
  const auto newcomers = static_cast<std::ptrdiff_t>(records.size()) - static_cast<std::ptrdiff_t>(records_.size());
  const bool prepended = newcomers > 0 && std::equal(records.begin() + newcomers, records.end(), records_.begin(),
                                                     records_.end(), sameRun);
  if (prepended) {
    beginInsertRows({}, 0, static_cast<int>(newcomers) - 1);
    records_ = std::move(records);
    endInsertRows();
    if (newcomers < rowCount()) {
      Q_EMIT dataChanged(index(static_cast<int>(newcomers), 0), index(rowCount() - 1, kColumns - 1));
    }
  } else {
    beginResetModel();
    records_ = std::move(records);
    endResetModel();
  }
  QSet<QString> present;
  for (const RunRecord& record : records_) present.insert(key(record));
  checked_.intersect(present);
  Q_EMIT checkedChanged();
}

std::vector<RunRecord> RunsModel::checked() const {
  std::vector<RunRecord> found;
  std::copy_if(records_.begin(), records_.end(), std::back_inserter(found),
               [this](const RunRecord& record) { return isChecked(record); });
  return found;
}

bool RunsModel::isChecked(const RunRecord& record) const {
  return checked_.contains(key(record));
}

void RunsModel::setPaused(const std::filesystem::path& directory) {
  if (paused_ == directory) return;
  paused_ = directory;
  searchTexts_.clear();
  if (!records_.empty()) Q_EMIT dataChanged(index(0, State), index(rowCount() - 1, State));
}

bool RunsModel::isPaused(const RunRecord& record) const {
  return !paused_.empty() && record.directory == paused_;
}

RunLook RunsModel::look(const RunRecord& record) const {
  constexpr int kRunColors = 8;
  const int color = preferences_.runColor(key(record));
  return {.color = color % kRunColors, .dashed = (color / kRunColors) % 2 == 1};
}

int RunsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(records_.size());
}

int RunsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumns;
}

QVariant RunsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const RunRecord& run = record(index.row());
  switch (role) {
    case Qt::DisplayRole:
      return index.column() == State ? statusWord(run, isPaused(run)) : text(run, index.column());
    case Qt::EditRole:
      return index.column() == Name ? QVariant(toQString(run.name)) : QVariant();
    case Qt::CheckStateRole:
      return index.column() == Name ? QVariant(isChecked(run) ? Qt::Checked : Qt::Unchecked) : QVariant();
    case Qt::TextAlignmentRole:
      return QVariant(Qt::AlignVCenter | (isNumber(index.column()) ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ToolTipRole:
      if (index.column() == State && !run.message.empty()) return toQString(run.message);
      return index.column() == Name ? nameTip(run) : index.data().toString();
    case Qt::AccessibleTextRole:
      if (index.column() != Loss) return text(run, index.column());
      return tr("loss %1 after %2 steps").arg(formatNumber(run.lastLoss)).arg(run.step);
    case RecordRole:
      return QVariant::fromValue(static_cast<const void*>(&run));
    default:
      return {};
  }
}

const std::string& RunsModel::searchTextOf(int row) const {
  if (searchTexts_.size() != records_.size()) {
    searchTexts_.clear();
    searchTexts_.reserve(records_.size());
    for (const RunRecord& run : records_) {
      searchTexts_.push_back(searchText(run, {text(run, Date).toStdString(), text(run, Method).toStdString(),
                                              statusWord(run, isPaused(run)).toStdString()}));
    }
  }
  return searchTexts_[static_cast<std::size_t>(row)];
}

bool RunsModel::before(int row, int other, int column) const {
  const RunRecord& left = record(row);
  const RunRecord& right = record(other);
  // ISO 8601 sorts by time.
  if (column == Date) return left.startedAt < right.startedAt;
  const auto leftNumber = sortNumber(left, column);
  const auto rightNumber = sortNumber(right, column);
  if (leftNumber && rightNumber) return *leftNumber < *rightNumber;
  return text(left, column).compare(text(right, column), Qt::CaseInsensitive) < 0;
}

std::optional<double> RunsModel::sortNumber(const RunRecord& record, int column) const {
  switch (column) {
    case Rank:
      return toQString(record.rank).remove(QLatin1Char('%')).toDouble();
    case Metric: {
      const auto metric = mainMetric(record);
      return metric ? orderly(metric->second) : 0.0;
    }
    case Memory:
      return static_cast<double>(record.peakResidentBytes);
    case Disk:
      return static_cast<double>(record.diskBytes);
    case Time:
      return record.elapsedSeconds;
    case Loss:
      return orderly(record.lastLoss);
    default:
      return std::nullopt;
  }
}

void RunsModel::setChecked(const std::vector<int>& rows, bool on) {
  if (rows.empty()) return;
  for (const int row : rows) {
    if (on) {
      checked_.insert(key(record(row)));
    } else {
      checked_.remove(key(record(row)));
    }
    Q_EMIT dataChanged(index(row, 0), index(row, kColumns - 1));
  }
  Q_EMIT checkedChanged();
}

bool RunsModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (!index.isValid() || index.column() != Name) return false;
  if (role == Qt::EditRole) {
    const QString name = value.toString().trimmed();
    if (name == toQString(record(index.row()).name)) return false;
    Q_EMIT nameEdited(record(index.row()), name);
    return true;
  }
  if (role != Qt::CheckStateRole) return false;
  setChecked({index.row()}, value.toInt() == Qt::Checked);
  return true;
}

Qt::ItemFlags RunsModel::flags(const QModelIndex& index) const {
  Qt::ItemFlags flags = QAbstractTableModel::flags(index);
  if (index.isValid() && index.column() == Name) {
    flags |= Qt::ItemIsUserCheckable;
    // A run's folder is its writer's alone while it trains.
    if (record(index.row()).status != "running") flags |= Qt::ItemIsEditable;
  }
  return flags;
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumns) return {};
  if (role == Qt::DisplayRole) return tr(kTitles.at(static_cast<std::size_t>(section)));
  if (role == Qt::TextAlignmentRole) {
    return QVariant(Qt::AlignVCenter | (isNumber(section) ? Qt::AlignRight : Qt::AlignLeft));
  }
  return {};
}

}  // namespace rosa::ui
