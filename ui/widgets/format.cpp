// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/format.h"

#include <QFile>
#include <QLocale>
#include <algorithm>
#include <array>
#include <cmath>

namespace rosa::ui {
namespace {

/// Numbers read the same on every machine, as configs and papers write them.
const QLocale& locale() {
  static const QLocale kLocale(QLocale::English, QLocale::UnitedStates);
  return kLocale;
}

}  // namespace

QString formatBytes(std::int64_t bytes) {
  constexpr double kKib = 1024.0;
  constexpr double kMib = kKib * 1024.0;
  constexpr double kGib = kMib * 1024.0;
  constexpr double kTib = kGib * 1024.0;
  const auto value = static_cast<double>(bytes);
  if (value >= kTib) return QStringLiteral("%1 TiB").arg(value / kTib, 0, 'f', value >= 10 * kTib ? 1 : 2);
  if (value >= 0.1 * kGib) return QStringLiteral("%1 GiB").arg(value / kGib, 0, 'f', value >= 10 * kGib ? 1 : 2);
  if (value >= 0.1 * kMib) return QStringLiteral("%1 MiB").arg(value / kMib, 0, 'f', 1);
  return QStringLiteral("%1 KiB").arg(std::ceil(value / kKib), 0, 'f', 0);
}

QString formatCount(std::int64_t count) {
  return locale().toString(static_cast<qlonglong>(count));
}

QString formatBigCount(std::int64_t count) {
  const auto value = static_cast<double>(count);
  if (value >= 1e9) return QStringLiteral("%1 B").arg(value / 1e9, 0, 'f', 1);
  if (value >= 1e6) return QStringLiteral("%1 M").arg(value / 1e6, 0, 'f', 1);
  return formatCount(count);
}

QString formatDuration(double seconds) {
  const auto total = static_cast<std::int64_t>(std::llround(std::max(0.0, seconds)));
  const auto two = [](std::int64_t value) { return QStringLiteral("%1").arg(value, 2, 10, QLatin1Char('0')); };
  const std::int64_t minutes = total / 60;
  const std::int64_t hours = minutes / 60;
  if (total < 60) return QStringLiteral("%1s").arg(total);
  if (hours == 0) return QStringLiteral("%1m %2s").arg(minutes).arg(two(total % 60));
  if (hours < 24) return QStringLiteral("%1h %2m").arg(hours).arg(two(minutes % 60));
  return QStringLiteral("%1d %2h").arg(hours / 24).arg(hours % 24);
}

QString formatShare(double share) {
  const double percent = share * 100;
  QString number = QString::number(percent, 'f', percent > 0 && percent < 10 ? 1 : 0);
  if (number.endsWith(QLatin1String(".0"))) number.chop(2);
  return QStringLiteral("%1 %").arg(number);
}

QString formatNumber(double value, int digits) {
  return QString::number(value, 'g', digits);
}

QString formatRate(double rate) {
  if (rate == 0) return QStringLiteral("0");
  // From here on nobody counts zeros.
  if (std::abs(rate) >= 0.1 && std::abs(rate) < 1000) return formatNumber(rate, 3);
  QString text = QString::number(rate, 'e', 2);
  QString mantissa = text.section(QLatin1Char('e'), 0, 0);
  while (mantissa.endsWith(QLatin1Char('0'))) mantissa.chop(1);
  if (mantissa.endsWith(QLatin1Char('.'))) mantissa.chop(1);
  return QStringLiteral("%1e%2").arg(mantissa).arg(text.section(QLatin1Char('e'), 1).toInt());
}

QString plural(std::int64_t count, const QString& one, const QString& many) {
  return QStringLiteral("%1 %2").arg(formatCount(count), count == 1 ? one : many);
}

QString toQString(const std::string& text) {
  return QString::fromStdString(text);
}

QString toQString(const std::filesystem::path& path) {
  return QFile::decodeName(path.c_str());
}

std::filesystem::path toPath(const QString& text) {
  return QFile::encodeName(text).toStdString();
}

QString pathName(const std::filesystem::path& path) {
  const auto normal = path.lexically_normal();
  return toQString(normal.has_filename() ? normal.filename() : normal.parent_path().filename());
}

QString shortName(const QString& name) {
  constexpr qsizetype kMost = 60;
  if (name.size() <= kMost) return name;
  return name.left(kMost / 2) + QChar(0x2026) + name.right(kMost / 2 - 1);
}

}  // namespace rosa::ui
