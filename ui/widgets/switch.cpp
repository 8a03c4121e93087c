// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/switch.h"

#include <QPainter>
#include <QtMath>
#include <algorithm>

#include "settings/fonts.h"

namespace rosa::ui {
namespace {

constexpr QSizeF kTrack(34, 18);
constexpr double kMargin = 2;  ///< for the focus ring
constexpr int kSwitchGap = 8;

}  // namespace

Switch::Switch(QWidget* parent) : QAbstractButton(parent) {
  setCheckable(true);
  setFont(textFont(TextSize::Body));
  setFocusPolicy(Qt::StrongFocus);
  setAttribute(Qt::WA_Hover);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize Switch::sizeHint() const {
  const int word = std::max(fontMetrics().horizontalAdvance(tr("yes")), fontMetrics().horizontalAdvance(tr("no")));
  return {qCeil(kTrack.width() + 2 * kMargin) + kSwitchGap + word, fontMetrics().height() + 12};
}

QRectF Switch::track() const {
  return {QPointF(kMargin, (height() - kTrack.height()) / 2), kTrack};
}

bool Switch::hitButton(const QPoint& position) const {
  return QRect(QPoint(0, 0), QSize(sizeHint().width(), height())).contains(position);
}

void Switch::paintEvent(QPaintEvent*) {
  const QPalette& colors = palette();
  const QRectF rect = track();
  const double radius = rect.height() / 2;
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QColor quiet = colors.color(QPalette::PlaceholderText);
  QColor fill = isChecked() ? colors.color(QPalette::Highlight) : colors.color(QPalette::Base);
  if (!isEnabled()) fill = colors.color(QPalette::Midlight);
  painter.setPen(QPen(isChecked() && isEnabled() ? fill : quiet, 1));
  painter.setBrush(fill);
  painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);

  painter.setPen(Qt::NoPen);
  painter.setBrush(isChecked() ? colors.color(QPalette::HighlightedText) : quiet);
  const double x = isChecked() ? rect.right() - radius : rect.left() + radius;
  painter.drawEllipse(QPointF(x, rect.center().y()), radius - 4, radius - 4);

  if (hasFocus()) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colors.color(QPalette::Highlight), 1.5));
    painter.drawRoundedRect(rect.adjusted(-1.5, -1.5, 1.5, 1.5), radius + 1.5, radius + 1.5);
  }
  painter.setPen(colors.color(isEnabled() ? QPalette::Text : QPalette::PlaceholderText));
  painter.drawText(QRectF(rect.right() + kSwitchGap, 0, width(), height()), Qt::AlignVCenter | Qt::AlignLeft,
                   isChecked() ? tr("yes") : tr("no"));
}

}  // namespace rosa::ui
