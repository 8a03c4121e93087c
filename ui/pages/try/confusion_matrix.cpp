// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/try/confusion_matrix.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <numeric>

#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr int kCellGap = 2;    ///< between cells
constexpr int kMostNamed = 8;  ///< classes of which cells have room for their numbers
constexpr int kSmallCell = 12;
constexpr int kLongestName = 14;  ///< characters

}  // namespace

ConfusionMatrix::ConfusionMatrix(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setAccessibleName(tr("Which class is taken for which"));
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ConfusionMatrix::setReview(const ClassReview& review) {
  review_ = review;
  QStringList words;
  for (int truth = 0; truth < classes(); ++truth) {
    for (int predicted = 0; predicted < classes(); ++predicted) {
      if (countOf({truth, predicted}) > 0) words << inWords({truth, predicted});
    }
  }
  setAccessibleDescription(words.join(QStringLiteral("; ")));
  updateGeometry();
  update();
}

QString ConfusionMatrix::nameOf(int index) const {
  return toQString(review_.classes[static_cast<std::size_t>(index)]);
}

std::int64_t ConfusionMatrix::countOf(Place place) const {
  return review_.counts[static_cast<std::size_t>(place.truth)][static_cast<std::size_t>(place.predicted)];
}

double ConfusionMatrix::shareOf(Place place) const {
  const auto& row = review_.counts[static_cast<std::size_t>(place.truth)];
  const auto all = std::accumulate(row.begin(), row.end(), std::int64_t{0});
  return all == 0 ? 0 : static_cast<double>(countOf(place)) / static_cast<double>(all);
}

int ConfusionMatrix::cellSize() const {
  if (classes() > kMostNamed) return kSmallCell;
  int widest = fontMetrics().height();
  for (const auto& row : review_.counts) {
    for (const auto count : row) widest = std::max(widest, numberWidth(fontMetrics(), formatCount(count)));
  }
  return widest + 16;
}

int ConfusionMatrix::nameWidth() const {
  int widest = 0;
  for (int index = 0; index < classes(); ++index) {
    widest = std::max(widest, fontMetrics().horizontalAdvance(nameOf(index)));
  }
  return std::min(widest, fontMetrics().averageCharWidth() * kLongestName) + 12;
}

QRect ConfusionMatrix::cellAt(Place place) const {
  const int size = cellSize();
  const int top = 2 * fontMetrics().height() + 8;
  return {nameWidth() + place.predicted * (size + kCellGap), top + place.truth * (size + kCellGap), size, size};
}

QSize ConfusionMatrix::sizeHint() const {
  if (classes() == 0) return {0, 0};
  const QRect last = cellAt({classes() - 1, classes() - 1});
  const int title = nameWidth() + fontMetrics().horizontalAdvance(tr("taken for"));
  return {std::max(last.right(), title) + 1, last.bottom() + 1};
}

QString ConfusionMatrix::inWords(Place place) const {
  const QString count = formatCount(countOf(place));
  return place.truth == place.predicted
             ? tr("%1: %2 told rightly").arg(nameOf(place.truth), count)
             : tr("%1 taken for %2: %3").arg(nameOf(place.truth), nameOf(place.predicted), count);
}

void ConfusionMatrix::paintEvent(QPaintEvent*) {
  if (classes() == 0) return;
  const ThemeColors& colors = theme_.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const int line = fontMetrics().height();
  const bool named = classes() <= kMostNamed;
  painter.setPen(colors.muted);
  painter.drawText(QRect(nameWidth(), 0, width() - nameWidth(), line), Qt::AlignLeft, tr("taken for"));
  painter.drawText(QRect(0, line + 2, nameWidth() - 8, line), Qt::AlignRight, tr("true"));
  for (int truth = 0; truth < classes(); ++truth) {
    const QRect first = cellAt({truth, 0});
    painter.setPen(colors.text);
    if (named) {
      const auto fitting = [&](int room) { return fontMetrics().elidedText(nameOf(truth), Qt::ElideRight, room); };
      painter.drawText(QRect(0, first.top(), nameWidth() - 8, first.height()), Qt::AlignRight | Qt::AlignVCenter,
                       fitting(nameWidth() - 8));
      const QRect column = cellAt({0, truth});
      painter.drawText(QRect(column.left(), line + 2, column.width(), line), Qt::AlignCenter, fitting(column.width()));
    }
    for (int predicted = 0; predicted < classes(); ++predicted) {
      const Place place{truth, predicted};
      const QRect cell = cellAt(place);
      QColor fill = truth == predicted ? colors.accent : colors.bad;
      fill.setAlphaF(static_cast<float>(0.8 * shareOf(place)));
      painter.setPen(Qt::NoPen);
      painter.setBrush(colors.raised);
      painter.drawRoundedRect(cell, 3, 3);
      painter.setBrush(fill);
      painter.drawRoundedRect(cell, 3, 3);
      if (!named) continue;
      painter.setPen(countOf(place) > 0 ? colors.text : colors.muted);
      drawNumber(painter, cell, Qt::AlignCenter, formatCount(countOf(place)));
    }
  }
}

bool ConfusionMatrix::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  for (int truth = 0; truth < classes(); ++truth) {
    for (int predicted = 0; predicted < classes(); ++predicted) {
      const QRect cell = cellAt({truth, predicted});
      if (!cell.contains(help->pos())) continue;
      QToolTip::showText(help->globalPos(), inWords({truth, predicted}), this, cell);
      return true;
    }
  }
  QToolTip::hideText();
  return true;
}

}  // namespace rosa::ui
