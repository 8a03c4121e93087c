// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QTextEdit>
#include <vector>

#include "rosa/chat.h"
#include "settings/theme.h"

namespace rosa::ui {

/// What was said and answered. Pointing at the model's words tells how likely each token was, and which five were
/// likeliest in its place; the keyboard's cursor tells the same.
class AnswerView : public QTextEdit {
  Q_OBJECT

 public:
  explicit AnswerView(const Theme& theme, QWidget* parent = nullptr);

  void clearAll();
  /// What follows stands on a line of its own, or goes on where a text to be continued ends.
  void addQuestion(const QString& text, bool continued);
  /// Grows the last answer, or begins one.
  void addPiece(const TextPiece& piece);

  /// The tokens at a place of the text as a table for a tool tip; empty where there is none of the model's.
  [[nodiscard]] QString tokensAt(int position) const;

 Q_SIGNALS:
  /// In one line, the token that the cursor is in.
  void tokenChosen(const QString& line);

 protected:
  bool viewportEvent(QEvent* event) override;

 private:
  struct Span {
    int begin = 0, end = 0;  ///< of the text
    std::vector<ChosenToken> tokens;
  };

  [[nodiscard]] const Span* spanAt(int position) const;
  void append(const QString& text, bool question);

  const Theme& theme_;
  std::vector<Span> spans_;
  bool goesOn_ = false;  ///< the next piece stands right behind what is there
};

}  // namespace rosa::ui
