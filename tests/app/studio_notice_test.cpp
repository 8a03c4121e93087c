// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QDBusConnection>
#include <QDBusServer>
#include <QObject>
#include <QStringList>
#include <QTest>
#include <QVariantMap>

#include "studio/desktop_notice.h"

namespace rosa::studio {
namespace {

/// A desktop that only listens.
class Desktop : public QObject {
  Q_OBJECT
  Q_CLASSINFO("D-Bus Interface", "org.freedesktop.Notifications")

 public:
  QStringList shown;

 public Q_SLOTS:
  unsigned Notify(const QString& name, unsigned, const QString& icon, const QString& title, const QString& text,
                  const QStringList&, const QVariantMap&, int) {
    shown << name + QLatin1Char('|') + icon + QLatin1Char('|') + title + QLatin1Char('|') + text;
    return 1;
  }
};

TEST(DesktopNotice, IsWhatTheDesktopIsAskedFor) {
  Desktop desktop;
  QDBusServer server;
  QObject::connect(&server, &QDBusServer::newConnection, &desktop, [&desktop](const QDBusConnection& peer) {
    QDBusConnection(peer).registerObject(QStringLiteral("/org/freedesktop/Notifications"), &desktop,
                                         QDBusConnection::ExportAllSlots);
  });
  const auto bus = QDBusConnection::connectToPeer(server.address(), QStringLiteral("desktop"));
  ASSERT_TRUE(bus.isConnected());
  QTest::qWait(20);
  showDesktopNotice(bus, QStringLiteral("mine"), QStringLiteral("done after 5m 50s"));
  EXPECT_TRUE(QTest::qWaitFor([&desktop] { return !desktop.shown.isEmpty(); }));
  EXPECT_EQ(desktop.shown, QStringList{QStringLiteral("ROSA Studio|rosa-studio|mine|done after 5m 50s")});
  QDBusConnection::disconnectFromPeer(QStringLiteral("desktop"));
}

TEST(DesktopNotice, NobodyListeningIsNoMistake) {
  showDesktopNotice(QDBusConnection(QStringLiteral("nowhere")), QStringLiteral("mine"), QStringLiteral("done"));
}

}  // namespace
}  // namespace rosa::studio

#include "studio_notice_test.moc"
