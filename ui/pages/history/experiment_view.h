// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QTimer>
#include <functional>
#include <vector>

#include "rosa/engine.h"
#include "rosa/runs.h"

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTextBrowser;

namespace rosa::ui {

class JobPool;
class LatestJob;

/// An experiment as it goes on or went: its page of tables and figures as far as there is one, and what it told. Reads
/// both anew every second while it is open.
class ExperimentView : public QDialog {
  Q_OBJECT

 public:
  /// Engine, runs and pool must outlive the view.
  ExperimentView(Engine& engine, Runs& runs, JobPool& pool, const RunRecord& record, QWidget* parent = nullptr);

 Q_SIGNALS:
  /// It was stopped or continued.
  void changed();

 private:
  struct Read {
    std::vector<Event> events;
    QString page, report, problem;
    bool waits = false;
  };
  void read();
  void display(const Read& read);
  void act(std::function<Status(Runs&)> work);

  Engine& engine_;
  Runs& runs_;
  JobPool& pool_;
  RunRecord record_;
  LatestJob* reading_;
  QTimer again_;
  QLabel* state_;
  QTextBrowser* page_;
  QPlainTextEdit* lines_;
  QPushButton* stop_;
  QPushButton* continue_;
  QString shownPage_;
  int shownLines_ = -1;
};

}  // namespace rosa::ui
