// SPDX-License-Identifier: GPL-3.0-or-later
#include "studio_driver.h"

#include <QApplication>
#include <QComboBox>
#include <QEventLoop>
#include <QMainWindow>
#include <QPlainTextEdit>
#include <QStandardPaths>
#include <QTableView>
#include <QTest>
#include <QTextBrowser>
#include <QTextEdit>
#include <QTimer>

#include "pages/run/metric_strip.h"
#include "studio/application.h"
#include "support/widgets.h"
#include "widgets/pill.h"

namespace rosa::test {
namespace {

constexpr int kPollMs = 10;
constexpr QSize kWindow(1280, 800);

}  // namespace

StudioDriver::StudioDriver(const std::filesystem::path& home) {
  qputenv("ROSA_HOME", QByteArray::fromStdString(home.string()));
  // Settings of the user, or of an earlier test, are none of this window's.
  QStandardPaths::setTestModeEnabled(false);
  qputenv("XDG_CONFIG_HOME", QByteArray::fromStdString((home / "config").string()));
  application_ = std::make_unique<studio::Application>(*qApp);
  application_->show();
  for (QWidget* widget : QApplication::topLevelWidgets()) {
    if (qobject_cast<QMainWindow*>(widget) != nullptr) window_ = widget;
  }
  // On a screen that is smaller it fills the screen.
  window_->setWindowState(Qt::WindowNoState);
  window_->resize(kWindow);
}

StudioDriver::~StudioDriver() = default;

bool StudioDriver::waitFor(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  // Not qWaitFor: it sleeps between two looks at the events, a window does not.
  QEventLoop loop;
  bool met = condition();
  QTimer poll;
  QObject::connect(&poll, &QTimer::timeout, &loop, [&] {
    met = met || condition();
    if (met) loop.quit();
  });
  QTimer::singleShot(limit, &loop, &QEventLoop::quit);
  poll.start(kPollMs);
  loop.exec();
  return met;
}

QWidget& StudioDriver::front() const {
  QWidget* dialog = QApplication::activeModalWidget();
  return dialog != nullptr ? *dialog : *window_;
}

bool StudioDriver::shows(const QString& text) const {
  return visibleText(front()).contains(text);
}

bool StudioDriver::press(const QString& button) {
  const auto ready = [&] {
    const auto* found = findVisible<QAbstractButton>(front(), button);
    return found != nullptr && found->isEnabled();
  };
  return waitFor(ready) && click(front(), button);
}

bool StudioDriver::write(const QString& edit, const QString& text) {
  return waitFor([&] { return findVisible<QLineEdit>(front(), edit) != nullptr; }) && type(front(), edit, text);
}

bool StudioDriver::writePath(const QString& combo, const QString& path) {
  auto* box = findVisible<QComboBox>(front(), combo);
  if (box == nullptr || !box->isEditable()) return false;
  box->lineEdit()->setFocus();
  box->lineEdit()->selectAll();
  QTest::keyClicks(box->lineEdit(), path);
  QTest::keyClick(box->lineEdit(), Qt::Key_Return);
  return true;
}

bool StudioDriver::choose(const QString& combo, const QString& text) {
  auto* box = findVisible<QComboBox>(front(), combo);
  if (box == nullptr) return false;
  QTest::keyClick(box, Qt::Key_Home);
  for (int i = 0; i < box->count() && box->currentText() != text; ++i) QTest::keyClick(box, Qt::Key_Down);
  return box->currentText() == text;
}

bool StudioDriver::runIs(const QString& state) const {
  return findVisible<ui::Pill>(*window_, state) != nullptr;
}

int StudioDriver::step() const {
  const auto* strip = window_->findChild<ui::MetricStrip*>();
  return strip->valueOf(QStringLiteral("Step")).section(QLatin1Char(' '), 0, 0).remove(QLatin1Char(',')).toInt();
}

int StudioDriver::draws() const {
  const auto* table = findVisible<QTableView>(*window_, QStringLiteral("Resamples"));
  return table != nullptr ? table->model()->rowCount() : 0;
}

QString StudioDriver::samples() const {
  const auto* browser = findVisible<QTextBrowser>(*window_, QStringLiteral("Text samples"));
  return browser != nullptr ? browser->toPlainText() : QString();
}

bool StudioDriver::ask(const QString& text) {
  const auto enabled = [&](const char* button) {
    const auto* found = findVisible<QAbstractButton>(*window_, QLatin1String(button));
    return found != nullptr && found->isEnabled();
  };
  auto* input = findVisible<QPlainTextEdit>(*window_, QStringLiteral("What you say"));
  if (input == nullptr) return false;
  input->setFocus();
  input->selectAll();
  QTest::keyClicks(input, text);
  return press(QStringLiteral("send")) && waitFor([&] { return enabled("send") || enabled("Regenerate"); });
}

QString StudioDriver::answers(const QString& side) const {
  const auto* view = findVisible<QTextEdit>(*window_, side);
  return view != nullptr ? view->toPlainText() : QString();
}

bool StudioDriver::setLook(const QString& look, const QString& place) {
  return press(QStringLiteral("Settings")) && press(look) && press(place);
}

bool StudioDriver::inDialog(const QString& opener, const std::function<void(QWidget& dialog)>& act) {
  bool acted = false;
  QTimer poll;
  QObject::connect(&poll, &QTimer::timeout, &poll, [&] {
    QWidget* dialog = QApplication::activeModalWidget();
    if (dialog == nullptr) return;
    poll.stop();
    act(*dialog);
    acted = true;
    // Left open by a step that failed, it would keep the window from going on.
    if (QApplication::activeModalWidget() == dialog) dialog->close();
  });
  poll.start(kPollMs);
  return press(opener) && waitFor([&] { return acted && QApplication::activeModalWidget() == nullptr; });
}

bool StudioDriver::picture(const QString& name, const QString& place) {
  return setLook(QStringLiteral("Light"), place) && screenshot(*window_, name + QStringLiteral("-light")) &&
         setLook(QStringLiteral("Dark"), place) && screenshot(*window_, name + QStringLiteral("-dark")) &&
         setLook(QStringLiteral("Light"), place);
}

}  // namespace rosa::test
