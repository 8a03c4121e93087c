// SPDX-License-Identifier: GPL-3.0-or-later
#include "settings/icons.h"

#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QSvgRenderer>
#include <cmath>

namespace rosa::ui {
namespace {

class LineIconEngine : public QIconEngine {
 public:
  explicit LineIconEngine(QString name) : name_(std::move(name)) {}

  [[nodiscard]] QIconEngine* clone() const override { return new LineIconEngine(name_); }

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
    const int size = std::min(rect.width(), rect.height());
    painter->drawPixmap(rect.topLeft() + QPoint((rect.width() - size) / 2, (rect.height() - size) / 2),
                        iconPixmap(name_, color(mode, state), size, painter->device()->devicePixelRatioF()));
  }

  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    return iconPixmap(name_, color(mode, state), std::min(size.width(), size.height()), 1.0);
  }

 private:
  static QColor color(QIcon::Mode mode, QIcon::State state) {
    const QPalette palette = QGuiApplication::palette();
    if (mode == QIcon::Disabled) return palette.color(QPalette::Disabled, QPalette::Text);
    return palette.color(state == QIcon::On ? QPalette::Highlight : QPalette::PlaceholderText);
  }

  QString name_;
};

}  // namespace

QPixmap iconPixmap(const QString& name, const QColor& color, int size, qreal devicePixelRatio) {
  const QString key = QStringLiteral("%1/%2/%3/%4").arg(name, color.name()).arg(size).arg(devicePixelRatio);
  QPixmap pixmap;
  if (QPixmapCache::find(key, &pixmap)) return pixmap;

  QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
  const bool found = file.open(QIODevice::ReadOnly);
  Q_ASSERT_X(found, "iconPixmap", qPrintable(name));
  QSvgRenderer renderer(found ? file.readAll().replace("currentColor", color.name().toUtf8()) : QByteArray());

  const int pixels = static_cast<int>(std::ceil(size * devicePixelRatio));
  pixmap = QPixmap(pixels, pixels);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  renderer.render(&painter, QRectF(0, 0, pixels, pixels));
  painter.end();
  pixmap.setDevicePixelRatio(devicePixelRatio);
  QPixmapCache::insert(key, pixmap);
  return pixmap;
}

QIcon lineIcon(const QString& name) {
  return QIcon(new LineIconEngine(name));
}

}  // namespace rosa::ui
