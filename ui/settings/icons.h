// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QIcon>
#include <QPixmap>
#include <QString>

/// The project's own line icons (resources/icons/*.svg), coloured when they are drawn.
namespace rosa::ui {

/// `name` without folder and ending. `size` in device-independent pixels. GUI thread only.
[[nodiscard]] QPixmap iconPixmap(const QString& name, const QColor& color, int size, qreal devicePixelRatio);

/// An icon in the colour of the application's text (accent where it is switched on, muted where disabled), whatever
/// look is on at the time it is drawn.
[[nodiscard]] QIcon lineIcon(const QString& name);

}  // namespace rosa::ui
