// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pages/try/trial.h"
#include "rosa/engine.h"
#include "widgets/card.h"

class QLabel;
class QPushButton;
class QTableWidget;

namespace rosa::ui {

class ConfusionMatrix;
class JobPool;
class LatestJob;

/// What a run's classifier makes of the run's own validation rows: which class it takes for which, and its worst
/// mistakes. GUI thread only; the rows are judged on the pool. Engine, pool and theme must outlive the card.
class MistakesCard : public Card {
  Q_OBJECT

 public:
  MistakesCard(Engine& engine, JobPool& pool, const Theme& theme, QWidget* parent = nullptr);

  /// Whose rows are judged when it is asked for; what was told of another is forgotten.
  void setSource(const Trial::Source& source);
  void judge();

 Q_SIGNALS:
  /// A person chose a mistake.
  void picked(const QString& text);

 private:
  void showReport(const Expected<EvaluationReport>& report);
  void fillMistakes(const ClassReview& review);
  void forget();

  Engine& engine_;
  Trial::Source source_;
  LatestJob* job_;
  QPushButton* judge_;
  QLabel* summary_;
  ConfusionMatrix* matrix_;
  QTableWidget* mistakes_;
};

}  // namespace rosa::ui
