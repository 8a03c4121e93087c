// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProxyStyle>

/// Fusion with the studio's frames: radius 6, one-pixel borders, a focus ring, calm selections.
///
/// All colours come from the palette that Theme sets (Base = surface, AlternateBase = raised, Mid = border,
/// PlaceholderText = muted, Highlight = accent, BrightText = bad, LinkVisited = warn), so both looks share this one
/// drawing code. Widgets ask for a variant by dynamic properties: "primary" and "large" on the one main button of a
/// page, "link" for a button that reads as text, "problem" on a field whose value was refused, "lines" on a table with
/// a line below each row, "raised" on a header that stands out from its table.
namespace rosa::ui {

class StudioStyle : public QProxyStyle {
  Q_OBJECT

 public:
  StudioStyle();

  static constexpr int kRadius = 6;

  void polish(QWidget* widget) override;
  using QProxyStyle::polish;

  void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override;
  void drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                   const QWidget* widget) const override;
  void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                          const QWidget* widget) const override;
  [[nodiscard]] QRect subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl subControl,
                                     const QWidget* widget) const override;
  [[nodiscard]] QRect subElementRect(SubElement element, const QStyleOption* option,
                                     const QWidget* widget) const override;
  [[nodiscard]] QSize sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                                       const QWidget* widget) const override;
  [[nodiscard]] int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override;
  /// Message boxes with the project's own line icons.
  [[nodiscard]] QIcon standardIcon(StandardPixmap icon, const QStyleOption* option,
                                   const QWidget* widget) const override;
  [[nodiscard]] int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                              QStyleHintReturn* returnData) const override;
};

}  // namespace rosa::ui
