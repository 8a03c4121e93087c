// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QProgressBar;

namespace rosa::ui {

class ElidedLabel;
struct RunState;

/// How far the run is, and where its files and last save are: the window's footer on the Run page.
class RunFooter : public QWidget {
  Q_OBJECT

 public:
  explicit RunFooter(QWidget* parent = nullptr);

  /// Null: there is no run.
  void setState(const RunState* state);

 private:
  QProgressBar* progress_;
  QLabel* percent_;
  ElidedLabel* files_;
};

}  // namespace rosa::ui
