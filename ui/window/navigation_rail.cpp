// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/navigation_rail.h"

#include <QAbstractButton>
#include <QApplication>
#include <QButtonGroup>
#include <QKeyEvent>
#include <QPainter>
#include <QVBoxLayout>
#include <algorithm>

#include "settings/fonts.h"
#include "settings/icons.h"
#include "settings/studio_style.h"

namespace rosa::ui {
namespace {

constexpr int kIcon = 20;
constexpr int kMargin = 6;
constexpr int kBar = 3;

class Place : public QAbstractButton {
 public:
  Place(const Theme& theme, const QString& icon, const QString& name) : theme_(theme), icon_(icon) {
    setText(name);
    setAccessibleName(name);
    setCheckable(true);
    setAttribute(Qt::WA_Hover);
    setFocusPolicy(Qt::TabFocus);
    setFont(textFont(TextSize::Small));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  }

  [[nodiscard]] QSize sizeHint() const override {
    const int width = std::max(kIcon, fontMetrics().horizontalAdvance(text())) + 2 * kMargin + 8;
    return {width, kIcon + fontMetrics().height() + 22};
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const ThemeColors& colors = theme_.colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    if (isChecked() || underMouse()) {
      painter.setBrush(colors.raised);
      painter.drawRoundedRect(rect().adjusted(kMargin, 0, -kMargin, 0), StudioStyle::kRadius, StudioStyle::kRadius);
    }
    if (isChecked()) painter.fillRect(QRect(0, 0, kBar, height()), colors.accent);
    if (hasFocus() && byKeys_) {
      painter.setPen(QPen(colors.accent, 2));
      painter.setBrush(Qt::NoBrush);
      painter.drawRoundedRect(rect().adjusted(kMargin + 1, 1, -kMargin - 1, -1), StudioStyle::kRadius,
                              StudioStyle::kRadius);
    }
    const QColor& color = isChecked() ? colors.accent : colors.muted;
    const QPixmap icon = iconPixmap(icon_, color, kIcon, devicePixelRatioF());
    painter.drawPixmap((width() - kIcon) / 2, 8, icon);
    painter.setPen(isChecked() ? colors.text : colors.muted);
    painter.drawText(QRect(0, 8 + kIcon + 6, width(), fontMetrics().height()), Qt::AlignHCenter | Qt::AlignTop, text());
  }

  // The window passes the focus on by itself when the widget that had it is hidden or disabled, and calls that a Tab.
  // Only a key that is let go here was pressed by a person on the way here.
  void keyReleaseEvent(QKeyEvent* event) override {
    byKeys_ = true;
    update();
    QAbstractButton::keyReleaseEvent(event);
  }
  void focusOutEvent(QFocusEvent* event) override {
    byKeys_ = false;
    QAbstractButton::focusOutEvent(event);
  }

 private:
  const Theme& theme_;
  QString icon_;
  bool byKeys_ = false;  ///< the keyboard is in use here
};

}  // namespace

NavigationRail::NavigationRail(const Theme& theme, QWidget* parent)
    : QWidget(parent), theme_(theme), column_(new QVBoxLayout(this)), group_(new QButtonGroup(this)) {
  column_->setContentsMargins(0, 14, 1, 14);
  column_->setSpacing(8);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
  connect(group_, &QButtonGroup::idToggled, this, [this](int id, bool on) {
    if (on) Q_EMIT currentChanged(id);
  });
  connect(&theme_, &Theme::changed, this, [this] { update(); });
}

void NavigationRail::addPlace(const QString& icon, const QString& name, const QString& toolTip) {
  auto* place = new Place(theme_, icon, name);
  place->setToolTip(toolTip);
  group_->addButton(place, static_cast<int>(group_->buttons().size()));
  column_->addWidget(place);
}

void NavigationRail::addStretch() {
  column_->addStretch();
}

int NavigationRail::current() const {
  return group_->checkedId();
}

void NavigationRail::setCurrent(int index) {
  QAbstractButton* place = group_->button(index);
  if (place == nullptr) return;
  place->setChecked(true);
  // A key that changes the place from elsewhere takes the ring along.
  if (isAncestorOf(QApplication::focusWidget())) place->setFocus(Qt::OtherFocusReason);
}

void NavigationRail::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), theme_.colors().surface);
  painter.fillRect(QRect(width() - 1, 0, 1, height()), theme_.colors().border);
}

}  // namespace rosa::ui
