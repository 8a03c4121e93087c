// SPDX-License-Identifier: GPL-3.0-or-later
#include "settings/studio_style.h"

#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QGuiApplication>
#include <QIcon>
#include <QLineEdit>
#include <QPainter>
#include <QPainterPath>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QStyleFactory>
#include <QStyleOption>
#include <algorithm>

#include "settings/icons.h"
#include "settings/palette.h"

namespace rosa::ui {
namespace {

constexpr int kFieldPadding = 8;
constexpr int kButtonPadding = 14;
constexpr int kChevronArea = 26;
constexpr int kMessageIcon = 28;

bool has(const QWidget* widget, const char* property) {
  return widget != nullptr && widget->property(property).toBool();
}

QColor mix(const QColor& base, const QColor& other, double share) {
  const auto part = [share](int a, int b) { return static_cast<int>(a + (b - a) * share); };
  return {part(base.red(), other.red()), part(base.green(), other.green()), part(base.blue(), other.blue())};
}

/// A rounded rectangle whose one-pixel border lies inside `rect`; a second pixel of accent shows the focus.
void drawFrame(QPainter& painter, const QRect& rect, const QColor& fill, const QColor& border, bool focused,
               const QColor& accent) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setBrush(fill);
  painter.setPen(focused ? QPen(accent, 2) : QPen(border, 1));
  const double inset = focused ? 1.0 : 0.5;
  painter.drawRoundedRect(QRectF(rect).adjusted(inset, inset, -inset, -inset), StudioStyle::kRadius,
                          StudioStyle::kRadius);
  painter.restore();
}

void drawChevron(QPainter& painter, const QPointF& center, const QColor& color, double angle) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(color, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.translate(center);
  painter.rotate(angle);
  painter.drawPolyline(QPolygonF({{-4, -2}, {0, 2}, {4, -2}}));
  painter.restore();
}

void drawButtonPanel(const QStyleOptionButton& option, QPainter& painter, const QWidget* widget) {
  const QPalette& palette = option.palette;
  const bool enabled = option.state & QStyle::State_Enabled;
  const bool hovered = enabled && (option.state & QStyle::State_MouseOver);
  const bool pressed = enabled && (option.state & (QStyle::State_Sunken | QStyle::State_On));
  const bool focused = (option.state & QStyle::State_HasFocus) && (option.state & QStyle::State_KeyboardFocusChange);
  QColor fill = palette.color(QPalette::Button);
  QColor border = palette.color(QPalette::Mid);
  if (has(widget, "primary") && enabled) {
    fill = palette.color(QPalette::Highlight);
    if (hovered) fill = mix(fill, palette.color(QPalette::Text), 0.10);
    if (pressed) fill = mix(fill, palette.color(QPalette::Text), 0.18);
    border = fill;
  } else if (hovered || pressed) {
    fill = palette.color(QPalette::AlternateBase);
    if (pressed) fill = mix(fill, border, 0.5);
  }
  // A ring of the button's own colour would not show on the accent fill.
  const QColor ring = has(widget, "primary") ? palette.color(QPalette::Text) : palette.color(QPalette::Highlight);
  drawFrame(painter, option.rect, fill, border, focused, ring);
}

void drawFieldPanel(const QStyleOption& option, QPainter& painter, const QWidget* widget) {
  const QPalette& palette = option.palette;
  const bool problem = has(widget, "problem");
  const QColor border = palette.color(problem ? QPalette::BrightText : QPalette::Mid);
  const QColor ring = palette.color(problem ? QPalette::BrightText : QPalette::Highlight);
  drawFrame(painter, option.rect, palette.color(QPalette::Base), border, option.state & QStyle::State_HasFocus, ring);
}

/// One section of a table's header, or what is left of the header beside the last one.
void drawHeader(const QStyleOption& option, QPainter& painter, const QWidget* widget) {
  const QPalette& palette = option.palette;
  const QRect& rect = option.rect;
  if (!has(widget, "raised")) {
    painter.fillRect(rect, palette.color(QPalette::Base));
    painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), palette.color(QPalette::Mid));
    return;
  }
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setClipRect(rect);
  painter.setPen(Qt::NoPen);
  painter.setBrush(palette.color(QPalette::AlternateBase));
  // The header as a whole has round corners, whichever section is drawn.
  painter.drawRoundedRect(widget->rect(), StudioStyle::kRadius, StudioStyle::kRadius);
  painter.restore();
}

void drawCheckBox(const QStyleOption& option, QPainter& painter) {
  const QPalette& palette = option.palette;
  const bool on = option.state & QStyle::State_On;
  const QColor accent = palette.color(QPalette::Active, QPalette::Highlight);
  // Not the border's colour, which hardly shows on a dark card.
  const QColor line =
      palette.color(option.state & QStyle::State_MouseOver ? QPalette::Text : QPalette::PlaceholderText);
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(on ? accent : line, 1));
  painter.setBrush(on ? accent : palette.color(QPalette::Base));
  const QRectF box = QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5);
  painter.drawRoundedRect(box, 3, 3);
  if (on) {
    painter.setPen(QPen(palette.color(QPalette::Active, QPalette::HighlightedText), 1.6, Qt::SolidLine, Qt::RoundCap,
                        Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    const QPointF c = box.center();
    painter.drawPolyline(QPolygonF({c + QPointF(-3.2, 0.2), c + QPointF(-0.9, 2.5), c + QPointF(3.4, -2.4)}));
  }
  painter.restore();
}

/// The frame around a combo box's list.
bool isComboPopup(const QWidget* widget) {
  return widget != nullptr && widget->inherits("QComboBoxPrivateContainer");
}

}  // namespace

StudioStyle::StudioStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

void StudioStyle::polish(QWidget* widget) {
  QProxyStyle::polish(widget);
  if (qobject_cast<QPushButton*>(widget) != nullptr || qobject_cast<QComboBox*>(widget) != nullptr ||
      qobject_cast<QScrollBar*>(widget) != nullptr) {
    widget->setAttribute(Qt::WA_Hover);
  }
}

void StudioStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                                const QWidget* widget) const {
  switch (element) {
    case PE_PanelButtonCommand:
      if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option)) {
        if (!has(widget, "link")) drawButtonPanel(*button, *painter, widget);
        return;
      }
      break;
    case PE_PanelLineEdit:
      if (const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option)) {
        // A line edit inside a combo or spin box has no frame of its own: its host has drawn one.
        if (frame->lineWidth > 0) drawFieldPanel(*option, *painter, widget);
        return;
      }
      break;
    case PE_FrameLineEdit:
      return;
    case PE_Frame:
      if (qobject_cast<const QPlainTextEdit*>(widget) != nullptr || has(widget, "panel")) {
        drawFieldPanel(*option, *painter, widget);
        return;
      }
      if (isComboPopup(widget)) {
        painter->setPen(option->palette.color(QPalette::Mid));
        painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
        return;
      }
      break;
    case PE_IndicatorCheckBox:
    case PE_IndicatorItemViewItemCheck:
      drawCheckBox(*option, *painter);
      return;
    case PE_FrameFocusRect:
      if (qobject_cast<const QAbstractItemView*>(widget) != nullptr) return;
      drawFrame(*painter, option->rect, Qt::transparent, Qt::transparent, true,
                option->palette.color(QPalette::Highlight));
      return;
    case PE_PanelItemViewItem:
    case PE_PanelItemViewRow:
      if (element == PE_PanelItemViewItem && has(widget, "lines")) {
        painter->fillRect(QRect(option->rect.left(), option->rect.bottom(), option->rect.width(), 1),
                          option->palette.color(QPalette::Mid));
      } else if (option->state & (State_Selected | State_MouseOver)) {
        const auto* item = qstyleoption_cast<const QStyleOptionViewItem*>(option);
        const bool list = item != nullptr && item->viewItemPosition == QStyleOptionViewItem::OnlyOne;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(Qt::NoPen);
        painter->setBrush(option->palette.color(QPalette::AlternateBase));
        if (list) {
          painter->drawRoundedRect(option->rect.adjusted(2, 1, -2, -1), 4, 4);
        } else {
          painter->drawRect(option->rect);
        }
        painter->restore();
      }
      return;
    case PE_FrameMenu:
    case PE_PanelTipLabel:
      drawFrame(*painter, option->rect, option->palette.color(QPalette::Base), option->palette.color(QPalette::Mid),
                false, {});
      return;
    case PE_FrameTabBarBase:
      painter->fillRect(QRect(option->rect.left(), option->rect.bottom(), option->rect.width(), 1),
                        option->palette.color(QPalette::Mid));
      return;
    case PE_IndicatorHeaderArrow:
      if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
        // The common style puts it above the text and asks no proxy where.
        QPointF center = QRectF(option->rect).center();
        if (widget != nullptr) center.setY(widget->height() / 2.0);
        drawChevron(*painter, center, option->palette.color(QPalette::PlaceholderText),
                    header->sortIndicator == QStyleOptionHeader::SortUp ? 180 : 0);
        return;
      }
      break;
    default:
      break;
  }
  QProxyStyle::drawPrimitive(element, option, painter, widget);
}

void StudioStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                              const QWidget* widget) const {
  switch (element) {
    case CE_PushButtonLabel:
      if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option)) {
        QStyleOptionButton copy(*button);
        const bool enabled = option->state & State_Enabled;
        if (has(widget, "primary") && enabled) {
          copy.palette.setColor(QPalette::ButtonText, copy.palette.color(QPalette::HighlightedText));
        } else if (has(widget, "link") && enabled) {
          copy.palette.setColor(QPalette::ButtonText, copy.palette.color(QPalette::Link));
          if (option->state & (State_MouseOver | State_HasFocus)) {
            QFont font = painter->font();
            font.setUnderline(true);
            painter->setFont(font);
          }
        }
        QProxyStyle::drawControl(element, &copy, painter, widget);
        return;
      }
      break;
    case CE_ItemViewItem:
      if (const auto* item = qstyleoption_cast<const QStyleOptionViewItem*>(option)) {
        QStyleOptionViewItem copy(*item);
        copy.palette.setColor(QPalette::HighlightedText, copy.palette.color(QPalette::Text));
        QProxyStyle::drawControl(element, &copy, painter, widget);
        return;
      }
      break;
    case CE_HeaderSection:
    case CE_HeaderEmptyArea:
      drawHeader(*option, *painter, widget);
      return;
    case CE_HeaderLabel:
      if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
        QStyleOptionHeaderV2 copy;
        // Only the second version knows how a long title is cut.
        if (const auto* full = qstyleoption_cast<const QStyleOptionHeaderV2*>(option)) {
          copy = *full;
        } else {
          static_cast<QStyleOptionHeader&>(copy) = *header;
          copy.version = QStyleOptionHeader::Version;
        }
        // A low header has no room for a margin above and below its text: it would cut the descenders.
        if (has(widget, "raised")) copy.rect = QRect(copy.rect.left(), 0, copy.rect.width(), widget->height());
        // A header cell with a colour of its own keeps it.
        if (widget != nullptr && copy.palette.buttonText() == widget->palette().buttonText()) {
          copy.palette.setColor(QPalette::ButtonText, copy.palette.color(QPalette::PlaceholderText));
        }
        // The base style cuts a title that is too long in the middle of a letter.
        copy.text = painter->fontMetrics().elidedText(copy.text, Qt::ElideRight, copy.rect.width());
        QProxyStyle::drawControl(element, &copy, painter, widget);
        return;
      }
      break;
    case CE_ProgressBarGroove:
    case CE_ProgressBarContents:
      if (const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(option)) {
        QRectF rect = bar->rect;
        rect = QRectF(rect.left(), rect.center().y() - 3, rect.width(), 6);
        QColor color = bar->palette.color(QPalette::AlternateBase);
        if (element == CE_ProgressBarContents) {
          color = bar->palette.color(QPalette::Highlight);
          const double range = std::max(1, bar->maximum - bar->minimum);
          rect.setWidth(rect.width() * (bar->progress - bar->minimum) / range);
          if (rect.width() <= 0) return;
        }
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(Qt::NoPen);
        painter->setBrush(color);
        painter->drawRoundedRect(rect, 3, 3);
        painter->restore();
        return;
      }
      break;
    case CE_TabBarTabShape:
      if (option->state & State_Selected) {
        const QRect& tab = option->rect;
        painter->fillRect(QRect(tab.left() + 4, tab.bottom() - 1, tab.width() - 8, 2),
                          option->palette.color(QPalette::Highlight));
      }
      return;
    default:
      break;
  }
  QProxyStyle::drawControl(element, option, painter, widget);
}

void StudioStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                                     const QWidget* widget) const {
  if (control == CC_ComboBox) {
    drawFieldPanel(*option, *painter, widget);
    const QRect arrow = subControlRect(CC_ComboBox, option, SC_ComboBoxArrow, widget);
    drawChevron(*painter, QRectF(arrow).center(), option->palette.color(QPalette::PlaceholderText), 0);
    return;
  }
  if (control == CC_ScrollBar) {
    const QRect slider = subControlRect(CC_ScrollBar, option, SC_ScrollBarSlider, widget);
    const bool active = option->state & (State_MouseOver | State_Sunken);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(option->palette.color(active ? QPalette::PlaceholderText : QPalette::Mid));
    const QRectF thumb = QRectF(slider).adjusted(2, 2, -2, -2);
    const double radius = std::min(thumb.width(), thumb.height()) / 2;
    painter->drawRoundedRect(thumb, radius, radius);
    painter->restore();
    return;
  }
  QProxyStyle::drawComplexControl(control, option, painter, widget);
}

QRect StudioStyle::subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl subControl,
                                  const QWidget* widget) const {
  if (control == CC_ComboBox) {
    const QRect& rect = option->rect;
    if (subControl == SC_ComboBoxArrow) {
      return visualRect(option->direction, rect,
                        QRect(rect.right() - kChevronArea + 1, rect.top(), kChevronArea, rect.height()));
    }
    if (subControl == SC_ComboBoxEditField) {
      return visualRect(option->direction, rect, rect.adjusted(kFieldPadding, 2, -kChevronArea, -2));
    }
  }
  if (control == CC_ScrollBar) {
    const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option);
    if (bar != nullptr) {
      const bool horizontal = bar->orientation == Qt::Horizontal;
      const int length = horizontal ? bar->rect.width() : bar->rect.height();
      const int range = bar->maximum - bar->minimum;
      const int thumb = range > 0
                            ? std::clamp(length * bar->pageStep / (range + bar->pageStep), std::min(24, length), length)
                            : length;
      const int start =
          sliderPositionFromValue(bar->minimum, bar->maximum, bar->sliderPosition, length - thumb, bar->upsideDown);
      const auto part = [&](int from, int size) {
        return horizontal ? QRect(from, 0, size, bar->rect.height()) : QRect(0, from, bar->rect.width(), size);
      };
      switch (subControl) {
        case SC_ScrollBarSlider:
          return part(start, thumb);
        case SC_ScrollBarGroove:
          return part(0, length);
        case SC_ScrollBarSubPage:
          return part(0, start);
        case SC_ScrollBarAddPage:
          return part(start + thumb, length - start - thumb);
        default:
          return {};
      }
    }
  }
  return QProxyStyle::subControlRect(control, option, subControl, widget);
}

QRect StudioStyle::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const {
  if (element == SE_LineEditContents) {
    const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
    const int padding = frame != nullptr && frame->lineWidth > 0 ? kFieldPadding - 2 : 0;
    return visualRect(option->direction, option->rect, option->rect.adjusted(padding, 1, -padding, -1));
  }
  return QProxyStyle::subElementRect(element, option, widget);
}

QSize StudioStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                                    const QWidget* widget) const {
  const int line = option->fontMetrics.height();
  const int controlHeight = line + 12;
  switch (type) {
    case CT_PushButton: {
      if (has(widget, "link")) return {size.width(), line + 4};
      return {size.width() + 2 * kButtonPadding, has(widget, "large") ? line + 20 : controlHeight};
    }
    case CT_LineEdit:
      return {size.width() + 2 * kFieldPadding, controlHeight};
    case CT_ComboBox:
      return {size.width() + kFieldPadding + kChevronArea, controlHeight};
    case CT_HeaderSection: {
      const QSize base = QProxyStyle::sizeFromContents(type, option, size, widget);
      return {base.width(), line + (has(widget, "raised") ? 10 : 16)};
    }
    case CT_TabBarTab:
      return {size.width() + 8, line + 14};
    case CT_ItemViewItem: {
      const QSize base = QProxyStyle::sizeFromContents(type, option, size, widget);
      const bool inPopup = widget != nullptr && isComboPopup(widget->parentWidget());
      return inPopup ? QSize(base.width(), std::max(base.height(), line + 10)) : base;
    }
    default:
      return QProxyStyle::sizeFromContents(type, option, size, widget);
  }
}

int StudioStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const {
  switch (metric) {
    case PM_LayoutHorizontalSpacing:
    case PM_LayoutVerticalSpacing:
      return 8;
    case PM_LayoutLeftMargin:
    case PM_LayoutTopMargin:
    case PM_LayoutRightMargin:
    case PM_LayoutBottomMargin:
      return 16;
    case PM_IndicatorWidth:
    case PM_IndicatorHeight:
      return 17;
    case PM_ScrollBarExtent:
      return 10;
    case PM_HeaderMargin:
      return 8;
    case PM_FocusFrameHMargin:
      if (qobject_cast<const QAbstractItemView*>(widget) != nullptr) return 7;
      break;
    case PM_ScrollBarSliderMin:
      return 24;
    case PM_ScrollView_ScrollBarOverlap:
      return 0;
    case PM_ButtonMargin:
      return 0;
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical:
      return 0;
    case PM_MessageBoxIconSize:
      return kMessageIcon;
    case PM_SmallIconSize:
    case PM_ButtonIconSize:
      return 16;
    case PM_ToolTipLabelFrameWidth:
      return 6;
    case PM_TabBarTabShiftVertical:
    case PM_TabBarBaseOverlap:
      return 0;
    default:
      break;
  }
  return QProxyStyle::pixelMetric(metric, option, widget);
}

QIcon StudioStyle::standardIcon(StandardPixmap icon, const QStyleOption* option, const QWidget* widget) const {
  const ThemeColors colors = themeColors(QGuiApplication::palette().color(QPalette::Window).lightness() < 128);
  QString name;
  QColor color;
  switch (icon) {
    case SP_MessageBoxQuestion:
    case SP_MessageBoxInformation:
      name = QStringLiteral("question");
      color = colors.accent;
      break;
    case SP_MessageBoxWarning:
      name = QStringLiteral("warning");
      color = colors.warn;
      break;
    case SP_MessageBoxCritical:
      name = QStringLiteral("missing");
      color = colors.bad;
      break;
    default:
      return QProxyStyle::standardIcon(icon, option, widget);
  }
  QIcon made;
  for (const qreal ratio : {1.0, 2.0, 3.0}) made.addPixmap(iconPixmap(name, color, kMessageIcon, ratio));
  return made;
}

int StudioStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                           QStyleHintReturn* returnData) const {
  switch (hint) {
    case SH_ComboBox_Popup:
      return 0;
    case SH_DialogButtonBox_ButtonsHaveIcons:
      return 0;
    case SH_EtchDisabledText:
      return 0;
    case SH_ItemView_ShowDecorationSelected:
      return 1;
    case SH_ToolTip_WakeUpDelay:
      return 400;
    default:
      return QProxyStyle::styleHint(hint, option, widget, returnData);
  }
}

}  // namespace rosa::ui
