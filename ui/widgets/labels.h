// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLabel>
#include <QString>

#include "settings/fonts.h"

/// Labels in the window's sizes and tones. Tones are palette roles, so labels follow the look by themselves.
namespace rosa::ui {

enum class Tone { Normal, Muted, Warn, Bad };

[[nodiscard]] QLabel* makeLabel(const QString& text, TextSize size = TextSize::Body, Tone tone = Tone::Normal,
                                QFont::Weight weight = QFont::Normal);
void setTone(QLabel& label, Tone tone);

/// One line that is cut with an ellipsis where room ends; the tool tip then shows the whole.
class ElidedLabel : public QLabel {
  Q_OBJECT

 public:
  explicit ElidedLabel(Qt::TextElideMode mode = Qt::ElideRight, QWidget* parent = nullptr);

  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  Qt::TextElideMode mode_;
};

/// One line whose digits stand in columns.
class NumberLabel : public QLabel {
  Q_OBJECT

 public:
  explicit NumberLabel(Qt::Alignment alignment = Qt::AlignRight | Qt::AlignVCenter, QWidget* parent = nullptr);

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace rosa::ui
