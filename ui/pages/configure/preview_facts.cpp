// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/preview_facts.h"

#include <QObject>
#include <QStringList>
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr std::size_t kMostClasses = 6;  ///< that are listed one by one

bool isBlank(const std::string& cell) {
  return cell.find_first_not_of(" \t\r\n") == std::string::npos;
}

/// A preview holds the beginnings of long texts: two that begin alike need not be the same.
bool isWhole(const std::vector<std::string>& row) {
  return std::none_of(row.begin(), row.end(), [](const std::string& cell) { return cell.ends_with("…"); });
}

QString classesOf(const DataSummary& summary, const std::string& labelColumn) {
  const auto column = std::find(summary.columns.begin(), summary.columns.end(), labelColumn);
  if (column == summary.columns.end()) return {};
  const auto place = static_cast<std::size_t>(column - summary.columns.begin());
  std::map<std::string, std::int64_t> counts;
  for (const auto& row : summary.preview) {
    if (place < row.size() && !isBlank(row[place])) ++counts[row[place]];
  }
  if (counts.empty()) return {};
  if (counts.size() > kMostClasses) {
    return QObject::tr("%1 classes").arg(formatCount(static_cast<std::int64_t>(counts.size())));
  }
  std::vector<std::pair<std::string, std::int64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  QStringList parts;
  for (const auto& [name, count] : sorted) {
    parts << QObject::tr("%1 × %2").arg(formatCount(count), shortName(toQString(name).simplified()));
  }
  return parts.join(QStringLiteral(", "));
}

}  // namespace

QString previewFacts(const DataSummary& summary, const std::string& labelColumn) {
  std::int64_t blank = 0;
  std::int64_t again = 0;
  std::set<std::vector<std::string>> seen;
  for (const auto& row : summary.preview) {
    blank += std::count_if(row.begin(), row.end(), isBlank);
    if (isWhole(row) && !seen.insert(row).second) ++again;
  }
  QStringList facts;
  if (blank > 0) facts << plural(blank, QObject::tr("empty cell"), QObject::tr("empty cells"));
  if (again > 0) facts << plural(again, QObject::tr("repeated row"), QObject::tr("repeated rows"));
  const QString classes = labelColumn.empty() ? QString() : classesOf(summary, labelColumn);
  if (!classes.isEmpty()) facts << classes;
  if (facts.isEmpty()) return {};
  return QObject::tr("In the first %1: %2")
      .arg(plural(static_cast<std::int64_t>(summary.preview.size()), QObject::tr("row"), QObject::tr("rows")),
           facts.join(QStringLiteral(" · ")));
}

}  // namespace rosa::ui
