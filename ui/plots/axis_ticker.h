// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <qcustomplot.h>

#include <QSharedPointer>
#include <QString>
#include <QVector>
#include <cmath>
#include <limits>
#include <utility>

namespace rosa::ui {

/// Ticks at round values, labelled as the rest of the window writes such a value.
class AxisTicker : public QCPAxisTicker {
 public:
  using Format = QString (*)(double value, double tickStep);

  /// `wholeNumbers`: no ticks between two steps.
  AxisTicker(int ticks, Format format, bool wholeNumbers = false) : format_(format), wholeNumbers_(wholeNumbers) {
    setTickCount(ticks);
  }

  /// No more labels than there is room for, wherever the range lies.
  void setMost(int labels) { most_ = labels; }
  [[nodiscard]] int most() const { return most_; }

 protected:
  double getTickStep(const QCPRange& range) override {
    tickStep_ = QCPAxisTicker::getTickStep(range);
    // 2.5 is the only round distance above 1 that is not whole.
    if (wholeNumbers_ && tickStep_ < 10 && tickStep_ != std::floor(tickStep_)) tickStep_ = tickStep_ < 1 ? 1 : 5;
    // Where there is room for one label only, it must lie inside the range.
    while (!wholeNumbers_ && tickStep_ > range.size()) tickStep_ /= 2;
    return tickStep_;
  }
  QVector<double> createTickVector(double tickStep, const QCPRange& range) override {
    QVector<double> ticks;
    for (const double tick : QCPAxisTicker::createTickVector(tickStep, range)) {
      if (range.contains(tick)) ticks.append(tick);
    }
    if (most_ == 1 && !ticks.isEmpty()) return {ticks.back()};  // it says most
    // Every second one goes: those between the rounder values, unless one alone would be left.
    for (double spacing = 2 * tickStep; ticks.size() > most_; spacing *= 2) {
      const bool round = std::abs(std::remainder(ticks.front(), spacing)) < tickStep / 2;
      const qsizetype first = round || ticks.size() == 3 ? 0 : 1;
      QVector<double> kept;
      for (qsizetype i = first; i < ticks.size(); i += 2) kept.append(ticks[i]);
      ticks = std::move(kept);
    }
    return ticks;
  }
  int getSubTickCount(double) override { return 0; }
  QString getTickLabel(double tick, const QLocale&, QChar, int) override { return format_(tick, tickStep_); }

 private:
  Format format_;
  bool wholeNumbers_;
  double tickStep_ = 1;
  int most_ = std::numeric_limits<int>::max();
};

}  // namespace rosa::ui
