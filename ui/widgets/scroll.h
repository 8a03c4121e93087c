// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QScrollArea;
class QWidget;

namespace rosa::ui {

/// `content` as wide as there is room, scrolled down where it is higher; frameless, and passed over by Tab.
[[nodiscard]] QScrollArea* makeScroll(QWidget* content);

}  // namespace rosa::ui
