// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QVBoxLayout;

namespace rosa::ui {

/// A bordered surface with an optional title line; content goes into `body()`, whatever stands right of the title into
/// `header()`.
class Card : public QWidget {
  Q_OBJECT

 public:
  explicit Card(const QString& title = {}, QWidget* parent = nullptr);

  [[nodiscard]] QVBoxLayout* body() const { return body_; }
  [[nodiscard]] QHBoxLayout* header() const { return header_; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QVBoxLayout* body_;
  QHBoxLayout* header_;
};

}  // namespace rosa::ui
