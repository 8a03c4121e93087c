// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QRectF>
#include <QString>

class QFontMetrics;
class QPainter;

/// The four text sizes and numbers whose digits stand in columns.
///
/// Sizes are derived from the application's font, so the whole window follows the desktop's choice. GUI thread only.
namespace rosa::ui {

enum class TextSize { Small, Body, Section, Title, Value };

/// The desktop's font; where the system has only a generic fallback, Inter if it is installed. At least 13 pixels.
[[nodiscard]] QFont interfaceFont(const QFont& desktop);

[[nodiscard]] QFont textFont(TextSize size, QFont::Weight weight = QFont::Normal);

/// Qt 6.4 cannot ask a font for its tabular digits: each digit gets a cell as wide as the font's widest digit.
[[nodiscard]] int numberWidth(const QFontMetrics& metrics, const QString& text);
/// Draws one line of text with such digits. Text too long for `rect` is clipped on the far side of its alignment.
void drawNumber(QPainter& painter, const QRectF& rect, Qt::Alignment alignment, const QString& text);

}  // namespace rosa::ui
