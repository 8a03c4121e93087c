// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <qcustomplot.h>

#include <QSharedPointer>
#include <QString>
#include <cmath>

namespace rosa::ui {

/// Ticks at round values, labelled as the rest of the window writes such a value.
class AxisTicker : public QCPAxisTicker {
 public:
  using Format = QString (*)(double value, double tickStep);

  /// `wholeNumbers`: no ticks between two steps.
  AxisTicker(int ticks, Format format, bool wholeNumbers = false) : format_(format), wholeNumbers_(wholeNumbers) {
    setTickCount(ticks);
  }

 protected:
  double getTickStep(const QCPRange& range) override {
    tickStep_ = QCPAxisTicker::getTickStep(range);
    // 2.5 is the only round distance above 1 that is not whole.
    if (wholeNumbers_ && tickStep_ < 10 && tickStep_ != std::floor(tickStep_)) tickStep_ = tickStep_ < 1 ? 1 : 5;
    // Where there is room for one label only, it must lie inside the range.
    while (!wholeNumbers_ && tickStep_ > range.size()) tickStep_ /= 2;
    return tickStep_;
  }
  int getSubTickCount(double) override { return 0; }
  QString getTickLabel(double tick, const QLocale&, QChar, int) override { return format_(tick, tickStep_); }

 private:
  Format format_;
  bool wholeNumbers_;
  double tickStep_ = 1;
};

}  // namespace rosa::ui
