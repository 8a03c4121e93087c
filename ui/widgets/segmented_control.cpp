// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/segmented_control.h"

#include <QAbstractButton>
#include <QButtonGroup>
#include <QHBoxLayout>
#include <QPainter>
#include <QPainterPath>

#include "settings/fonts.h"
#include "settings/studio_style.h"

namespace rosa::ui {
namespace {

constexpr int kSegmentPadding = 20;

class Segment : public QAbstractButton {
 public:
  explicit Segment(const QString& text) {
    setText(text);
    setCheckable(true);
    setFont(textFont(TextSize::Body, QFont::Medium));
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
  }

  [[nodiscard]] QSize sizeHint() const override {
    return {fontMetrics().horizontalAdvance(text()) + 2 * kSegmentPadding, fontMetrics().height() + 12};
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const QPalette& colors = palette();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool first = x() == 0;
    const bool last = geometry().right() == parentWidget()->rect().right();

    QPainterPath path;
    // Inner ends are square: the rounding is drawn outside the segment and clipped away.
    const QRectF frame = QRectF(rect()).adjusted(first ? 0.5 : -8.5, 0.5, last ? -0.5 : 8.5, -0.5);
    path.addRoundedRect(frame, StudioStyle::kRadius, StudioStyle::kRadius);
    QColor fill = colors.color(QPalette::Base);
    if (isChecked()) {
      fill = colors.color(isEnabled() ? QPalette::Highlight : QPalette::Midlight);
    } else if (underMouse()) {
      fill = colors.color(QPalette::AlternateBase);
    }
    painter.fillPath(path, fill);
    painter.setPen(isChecked() ? fill : colors.color(QPalette::Mid));
    painter.drawPath(path);
    if (!last && !isChecked()) painter.drawLine(QPointF(width() - 0.5, 1), QPointF(width() - 0.5, height() - 1));

    painter.setFont(font());
    painter.setPen(colors.color(isChecked() ? QPalette::HighlightedText : QPalette::ButtonText));
    painter.drawText(rect(), Qt::AlignCenter, text());
    if (hasFocus()) {
      painter.setPen(QPen(painter.pen().color(), 1));
      painter.drawRoundedRect(QRectF(rect()).adjusted(3.5, 3.5, -3.5, -3.5), 4, 4);
    }
  }
};

}  // namespace

SegmentedControl::SegmentedControl(QWidget* parent)
    : QWidget(parent), row_(new QHBoxLayout(this)), group_(new QButtonGroup(this)) {
  row_->setContentsMargins(0, 0, 0, 0);
  row_->setSpacing(0);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  connect(group_, &QButtonGroup::idToggled, this, [this](int id, bool on) {
    if (on) Q_EMIT currentChanged(id);
  });
}

void SegmentedControl::addSegment(const QString& text, const QString& toolTip) {
  auto* segment = new Segment(text);
  segment->setToolTip(toolTip);
  group_->addButton(segment, static_cast<int>(group_->buttons().size()));
  row_->addWidget(segment);
  // Equal widths, as wide as the widest.
  int widest = 0;
  for (const QAbstractButton* button : group_->buttons()) widest = std::max(widest, button->sizeHint().width());
  for (QAbstractButton* button : group_->buttons()) button->setMinimumWidth(widest);
}

int SegmentedControl::current() const {
  return group_->checkedId();
}

void SegmentedControl::setCurrent(int index) {
  if (QAbstractButton* button = group_->button(index)) button->setChecked(true);
}

}  // namespace rosa::ui
