// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "rosa/preview.h"
#include "settings/theme.h"

class QHBoxLayout;

namespace rosa::ui {

class ElidedLabel;
struct ShownToken;

/// What the marks of the token view stand for, with how many tokens of the row bear each.
class TokenLegend : public QWidget {
  Q_OBJECT

 public:
  explicit TokenLegend(const Theme& theme, QWidget* parent = nullptr);

  void setRow(const PreviewRow& row);

 private:
  ElidedLabel* add(const Theme& theme, const ShownToken& sample);

  QHBoxLayout* line_;
  ElidedLabel* counts_;
  ElidedLabel* ends_;
  ElidedLabel* cut_;
  ElidedLabel* read_;
};

}  // namespace rosa::ui
