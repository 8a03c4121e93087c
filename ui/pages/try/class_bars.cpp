// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/try/class_bars.h"

#include <QPainter>
#include <algorithm>

#include "settings/fonts.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr int kBar = 8;  ///< height
constexpr int kGap = 8;

}  // namespace

ClassBars::ClassBars(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setAccessibleName(tr("Classes"));
  connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ClassBars::showClasses(const Classification& judged) {
  classes_ = judged.classes;
  std::stable_sort(classes_.begin(), classes_.end(),
                   [](const auto& one, const auto& other) { return one.probability > other.probability; });
  value_ = classes_.empty() ? formatNumber(judged.value) : QString();
  QStringList words = {value_};
  for (const auto& one : classes_) {
    words << QStringLiteral("%1 %2").arg(toQString(one.name), formatShare(one.probability));
  }
  words.removeAll(QString());
  setAccessibleDescription(words.join(QStringLiteral(", ")));
  updateGeometry();
  update();
}

void ClassBars::clear() {
  classes_.clear();
  value_.clear();
  setAccessibleDescription({});
  updateGeometry();
  update();
}

int ClassBars::rowHeight() const {
  return fontMetrics().height() + 4 + kBar + 2 * kGap;
}

QSize ClassBars::sizeHint() const {
  const int rows = std::max<int>(1, static_cast<int>(classes_.size()));
  return {fontMetrics().averageCharWidth() * 30, rows * rowHeight()};
}

void ClassBars::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = theme_.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  if (!value_.isEmpty()) {
    painter.setFont(textFont(TextSize::Value));
    painter.setPen(colors.text);
    painter.drawText(rect(), Qt::AlignTop | Qt::AlignLeft, value_);
    return;
  }
  int y = 0;
  for (const auto& one : classes_) {
    const QRect line(0, y, width(), fontMetrics().height());
    const QString share = formatShare(one.probability);
    const int shareWidth = numberWidth(fontMetrics(), share);
    painter.setPen(colors.text);
    painter.drawText(line.adjusted(0, 0, -shareWidth - kGap, 0), Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(toQString(one.name), Qt::ElideRight, width() - shareWidth - kGap));
    painter.setPen(colors.muted);
    drawNumber(painter, line, Qt::AlignRight | Qt::AlignVCenter, share);
    const QRectF track(0, line.bottom() + 5, width(), kBar);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.raised);
    painter.drawRoundedRect(track, kBar / 2.0, kBar / 2.0);
    painter.setBrush(colors.accent);
    const double filled = std::max<double>(kBar, track.width() * one.probability);
    painter.drawRoundedRect(QRectF(track.topLeft(), QSizeF(filled, kBar)), kBar / 2.0, kBar / 2.0);
    y += rowHeight();
  }
}

}  // namespace rosa::ui
