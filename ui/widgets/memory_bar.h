// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "rosa/events.h"
#include "settings/theme.h"

class QLabel;

namespace rosa::ui {

class NumberLabel;

/// What the memory of a run is made of: a bar of its parts with a legend, and how much of the machine's memory it is.
class MemoryBar : public QWidget {
  Q_OBJECT

 public:
  explicit MemoryBar(const Theme& theme, QWidget* parent = nullptr);

  /// `limitBytes`: what the device or machine has; 0 = unknown.
  void setMemory(const MemoryParts& parts, std::int64_t limitBytes);

 private:
  class Bar;

  NumberLabel* total_;
  Bar* bar_;
  QList<NumberLabel*> values_;  ///< one a part, in the legend
};

}  // namespace rosa::ui
