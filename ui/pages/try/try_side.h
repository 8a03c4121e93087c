// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/chat.h"
#include "settings/theme.h"
#include "widgets/card.h"

class QLabel;
class QScrollArea;

namespace rosa::ui {

class AnswerView;
class ClassBars;
class ElidedLabel;

/// One of the models side by side: what it answered, how fast, and why it cannot.
class TrySide : public Card {
  Q_OBJECT

 public:
  explicit TrySide(const Theme& theme, QWidget* parent = nullptr);

  [[nodiscard]] AnswerView& answers() const { return *answers_; }
  void setTitle(const QString& title);
  /// A classifier has bars in place of a text.
  void setClassifies(bool classifies);
  void showClasses(const Classification& judged);
  void showEnd(const Completion& completion);
  /// What it is doing, or how fast it was.
  void setState(const QString& text);
  /// A sentence in the colour of mistakes; empty takes it away.
  void setProblem(const QString& sentence);
  void clear();

 private:
  QLabel* title_;
  QLabel* state_;
  QLabel* problem_;
  AnswerView* answers_;
  ClassBars* bars_;
  QScrollArea* barsArea_;
  ElidedLabel* token_;
};

}  // namespace rosa::ui
