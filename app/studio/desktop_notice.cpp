// SPDX-License-Identifier: GPL-3.0-or-later
#include "studio/desktop_notice.h"

#include <QDBusMessage>
#include <QStringList>
#include <QVariantMap>

namespace rosa::studio {

void showDesktopNotice(const QDBusConnection& bus, const QString& title, const QString& text) {
  constexpr unsigned kNoneReplaced = 0;
  constexpr int kAsLongAsUsual = -1;
  const QString service = QStringLiteral("org.freedesktop.Notifications");
  const QString application = QStringLiteral("rosa-studio");
  auto call = QDBusMessage::createMethodCall(service, QStringLiteral("/org/freedesktop/Notifications"), service,
                                             QStringLiteral("Notify"));
  call << QStringLiteral("ROSA Studio") << kNoneReplaced << application << title << text << QStringList()
       << QVariantMap{{QStringLiteral("desktop-entry"), application}} << kAsLongAsUsual;
  bus.send(call);
}

}  // namespace rosa::studio
