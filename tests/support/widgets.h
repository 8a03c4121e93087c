// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <QApplication>
#include <QDir>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QPixmap>
#include <QPushButton>
#include <QSet>
#include <QTest>
#include <QTimer>
#include <QWidget>
#include <functional>

/// What a person does with widgets, for tests. Everything here works offscreen.
namespace rosa::test {

/// The visible widget of this type with this object name, accessible name or, for buttons, text; null if there is none.
template <typename Widget>
[[nodiscard]] Widget* findVisible(QWidget& root, const QString& name) {
  for (auto* widget : root.findChildren<Widget*>()) {
    if (!widget->isVisibleTo(&root)) continue;
    const auto* button = qobject_cast<QAbstractButton*>(widget);
    if (widget->objectName() == name || widget->accessibleName() == name ||
        (button != nullptr && button->text() == name)) {
      return widget;
    }
  }
  return nullptr;
}

/// Clicks the button with this text, object name or accessible name; false if it cannot be clicked.
inline bool click(QWidget& root, const QString& name) {
  auto* button = findVisible<QAbstractButton>(root, name);
  if (button == nullptr || !button->isEnabled()) return false;
  QTest::mouseClick(button, Qt::LeftButton);
  return true;
}

/// Replaces the text of the edit with this accessible or object name, key by key; false if there is none.
inline bool type(QWidget& root, const QString& name, const QString& text) {
  auto* edit = findVisible<QLineEdit>(root, name);
  if (edit == nullptr || !edit->isEnabled()) return false;
  edit->setFocus();
  edit->selectAll();
  if (text.isEmpty()) QTest::keyClick(edit, Qt::Key_Delete);
  QTest::keyClicks(edit, text);
  return true;
}

/// All text that a label inside `root` shows.
[[nodiscard]] inline QString visibleText(QWidget& root) {
  QStringList texts;
  for (const auto* label : root.findChildren<QLabel*>()) {
    if (label->isVisibleTo(&root)) texts << label->text();
  }
  return texts.join(QLatin1Char('\n'));
}

/// The editors below `root`, hidden ones too, of which nothing tells what they are for.
[[nodiscard]] inline QStringList withoutToolTip(const QWidget& root) {
  const auto told = [&root](const QWidget* widget) {
    for (; widget != nullptr && widget != &root; widget = widget->parentWidget()) {
      if (!widget->toolTip().isEmpty()) return true;
    }
    return false;
  };
  QStringList names;
  for (const auto* widget : root.findChildren<QWidget*>()) {
    const auto* button = qobject_cast<const QAbstractButton*>(widget);
    const bool chooses = button != nullptr && button->isCheckable() && !button->autoExclusive();
    const bool edits = widget->inherits("QLineEdit") || widget->inherits("QComboBox") ||
                       widget->inherits("QPlainTextEdit") || widget->inherits("QAbstractSpinBox");
    const bool readOnly = widget->property("readOnly").toBool();
    if ((edits || chooses) && !readOnly && !told(widget)) {
      names << QString::fromLatin1(widget->metaObject()->className()) + QLatin1Char(' ') + widget->accessibleName() +
                   (button != nullptr ? button->text() : QString());
    }
  }
  return names;
}

/// Does `action` and then, in the dialog it opens, clicks `choice`; gives what the dialog said.
inline QString answer(const QString& choice, const std::function<void()>& action) {
  QString told;
  QTimer timer;
  QObject::connect(&timer, &QTimer::timeout, &timer, [&] {
    QWidget* box = QApplication::activeModalWidget();
    if (box == nullptr) return;
    timer.stop();
    told = visibleText(*box);
    EXPECT_TRUE(click(*box, choice));
  });
  timer.start(10);
  action();
  EXPECT_TRUE(QTest::qWaitFor([&] { return !told.isEmpty(); }, 60000));
  return told;
}

/// Keeps a picture as `name`.png in the folder $ROSA_SCREENSHOTS; true if the picture shows something at all.
inline bool screenshot(QWidget& widget, const QString& name) {
  QTest::qWait(50);
  const QImage image = widget.grab().toImage();
  const QString folder = qEnvironmentVariable("ROSA_SCREENSHOTS");
  if (!folder.isEmpty()) {
    QDir().mkpath(folder);
    if (!image.save(folder + QLatin1Char('/') + name + QStringLiteral(".png"))) return false;
  }
  QSet<QRgb> colors;
  for (int y = 0; y < image.height(); y += 3) {
    for (int x = 0; x < image.width(); x += 3) colors.insert(image.pixel(x, y));
  }
  return colors.size() > 16;
}

}  // namespace rosa::test
