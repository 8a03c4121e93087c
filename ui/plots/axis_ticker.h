// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <qcustomplot.h>

#include <QSharedPointer>
#include <QString>

namespace rosa::ui {

/// Ticks at round values, labelled as the rest of the window writes such a value.
class AxisTicker : public QCPAxisTicker {
 public:
  using Format = QString (*)(double value, double tickStep);

  AxisTicker(int ticks, Format format) : format_(format) { setTickCount(ticks); }

 protected:
  double getTickStep(const QCPRange& range) override {
    tickStep_ = QCPAxisTicker::getTickStep(range);
    return tickStep_;
  }
  int getSubTickCount(double) override { return 0; }
  QString getTickLabel(double tick, const QLocale&, QChar, int) override { return format_(tick, tickStep_); }

 private:
  Format format_;
  double tickStep_ = 1;
};

}  // namespace rosa::ui
