// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "rosa/catalogue.h"
#include "rosa/runs.h"
#include "widgets/card.h"

class QListWidget;
class QPushButton;

namespace rosa::ui {

class JobPool;

/// The runs that wait for their turn, in an order that is changed by dragging, or with the keys: Ctrl+Up, Ctrl+Down,
/// Delete. Hidden while none waits.
///
/// GUI thread only; the queue is changed on a worker. Runs and pool must outlive the card.
class QueueCard : public Card {
  Q_OBJECT

 public:
  QueueCard(Runs& runs, JobPool& pool, QWidget* parent = nullptr);

  /// The waiting runs, the next one first, with what the catalogue knows of all runs.
  void setQueue(const std::vector<QueuedRun>& queue, const std::vector<RunRecord>& records);

 Q_SIGNALS:
  /// The queue is another than before.
  void changed();
  void failed(const QString& sentence);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void moveTo(int from, int to);
  void removeCurrent();
  void change(std::function<Status(Runs&)> work);
  void showActions();

  Runs& runs_;
  JobPool& pool_;
  QListWidget* list_;
  QPushButton* first_;
  QPushButton* remove_;
};

}  // namespace rosa::ui
