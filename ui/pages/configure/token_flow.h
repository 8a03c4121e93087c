// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractScrollArea>
#include <QList>
#include <vector>

#include "pages/configure/token_row.h"
#include "settings/theme.h"

namespace rosa::ui {

/// The tokens of a row one after the other, in lines as wide as there is room. What counts is tinted and underlined,
/// what is cut off is struck through, the end of a turn has a frame. Draws only what is in sight, so that rows of
/// hundreds of thousands of tokens scroll as short ones do.
class TokenFlow : public QAbstractScrollArea {
  Q_OBJECT

 public:
  explicit TokenFlow(const Theme& theme, QWidget* parent = nullptr);

  /// Shows its beginning.
  void setRow(TokenRow row);
  [[nodiscard]] const TokenRow& row() const { return row_; }
  /// Tokens that a search found, ascending; the first of them comes into sight.
  void setHits(const QList<qsizetype>& hits);

  /// The number of the token at a point of the viewport, or -1.
  [[nodiscard]] qsizetype tokenAt(const QPoint& point) const;

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

  /// Draws `token` in `rect` as the flow does; the legend shows the same.
  static void drawToken(QPainter& painter, const QRectF& rect, const ShownToken& token, const ThemeColors& colors,
                        bool hit = false);
  /// The ground of what a search found, on `ground`.
  [[nodiscard]] static QColor hitColor(const QColor& ground, const ThemeColors& colors);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void changeEvent(QEvent* event) override;
  bool viewportEvent(QEvent* event) override;

 private:
  [[nodiscard]] int lineHeight() const;
  [[nodiscard]] int linesHeight(int lines) const;
  [[nodiscard]] std::size_t lineOf(qsizetype token) const;
  [[nodiscard]] QRectF rectOf(std::size_t line, qsizetype token) const;
  void measure();
  void layOut();
  void showToolTip(const QPoint& point, const QPoint& globalPoint);

  const Theme& theme_;
  TokenRow row_;
  std::vector<float> widths_;
  std::vector<float> lefts_;
  std::vector<qsizetype> lines_;  ///< the first token of each
  QList<qsizetype> hits_;
};

}  // namespace rosa::ui
