// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDBusConnection>
#include <QString>

namespace rosa::studio {

/// Asks the desktop to show a notice, as the Desktop Notifications Specification has it, and waits for no answer.
/// Nothing happens where nobody on `bus` shows any.
void showDesktopNotice(const QDBusConnection& bus, const QString& title, const QString& text);

}  // namespace rosa::studio
