// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/length_histogram.h"

#include <QPainter>
#include <algorithm>

#include "settings/fonts.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr qsizetype kBars = 24;
constexpr int kBarWidth = 4;  ///< the gap to the next one with it

}  // namespace

LengthHistogram::LengthHistogram(const Theme& theme, QWidget* parent)
    : QWidget(parent), theme_(theme), bars_(kBars, 0) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setFont(textFont(TextSize::Small));
  connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void LengthHistogram::setLengths(const QList<qsizetype>& lengths) {
  lengths_ = lengths;
  bars_ = QList<int>(kBars, 0);
  current_ = -1;
  QList<qsizetype> sorted = lengths;
  std::sort(sorted.begin(), sorted.end());
  shortest_ = sorted.isEmpty() ? 0 : sorted.front();
  longest_ = sorted.isEmpty() ? 0 : sorted.back();
  for (const qsizetype length : lengths_) ++bars_[barOf(length)];
  if (!sorted.isEmpty()) {
    const auto count = [](qsizetype tokens) { return formatCount(static_cast<std::int64_t>(tokens)); };
    setToolTip(
        tr("Lengths of the rows that were read, the row in sight marked: %1 of %2 to %3 tokens, %4 in the median")
            .arg(plural(static_cast<std::int64_t>(sorted.size()), tr("row"), tr("rows")), count(shortest_),
                 count(longest_), count(sorted[sorted.size() / 2])));
    setAccessibleName(toolTip());
  }
  updateGeometry();
  update();
}

void LengthHistogram::setCurrent(std::size_t row) {
  current_ = static_cast<qsizetype>(row);
  update();
}

qsizetype LengthHistogram::barOf(qsizetype length) const {
  return (length - shortest_) * (kBars - 1) / std::max<qsizetype>(1, longest_ - shortest_);
}

QSize LengthHistogram::sizeHint() const {
  const QString ends = formatCount(shortest_) + formatCount(longest_);
  return {fontMetrics().horizontalAdvance(ends) + 12 + static_cast<int>(kBars) * kBarWidth, fontMetrics().height()};
}

void LengthHistogram::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = theme_.colors();
  QPainter painter(this);
  painter.setPen(colors.muted);
  painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter, formatCount(shortest_));
  painter.drawText(rect(), Qt::AlignRight | Qt::AlignVCenter, formatCount(longest_));
  const int left = fontMetrics().horizontalAdvance(formatCount(shortest_)) + 6;
  const int most = std::max(1, *std::max_element(bars_.begin(), bars_.end()));
  const qsizetype marked = current_ >= 0 && current_ < lengths_.size() ? barOf(lengths_[current_]) : -1;
  for (qsizetype bar = 0; bar < bars_.size(); ++bar) {
    // One row among many can still be seen, and an empty bar is a line on the ground.
    const double full = height() - 1;
    const double high = bars_[bar] == 0 ? 1 : std::max(3.0, full * bars_[bar] / most);
    painter.fillRect(QRectF(left + static_cast<double>(bar) * kBarWidth, height() - high, kBarWidth - 1, high),
                     bar == marked     ? colors.train
                     : bars_[bar] == 0 ? colors.border
                                       : colors.memoryOther);
  }
}

}  // namespace rosa::ui
