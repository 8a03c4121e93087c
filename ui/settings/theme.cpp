// SPDX-License-Identifier: GPL-3.0-or-later
#include "settings/theme.h"

#include <QApplication>
#include <QPalette>

#include "settings/fonts.h"
#include "settings/palette.h"
#include "settings/studio_style.h"

namespace rosa::ui {
namespace {

/// Qt 6.4 does not tell the desktop's colour scheme, but its palette shows it.
bool desktopIsDark() {
  const QPalette desktop = QGuiApplication::palette();
  return desktop.color(QPalette::Window).lightness() < desktop.color(QPalette::WindowText).lightness();
}

}  // namespace

Theme::Theme(QObject* parent)
    : QObject(parent), systemDark_(desktopIsDark()), dark_(systemDark_), colors_(themeColors(dark_)) {}

void Theme::setMode(Mode mode) {
  mode_ = mode;
  const bool dark = mode == Mode::Dark || (mode == Mode::System && systemDark_);
  if (dark == dark_) return;
  dark_ = dark;
  update();
}

void Theme::applyTo(QApplication& application) {
  application_ = &application;
  QApplication::setStyle(new StudioStyle);
  QApplication::setFont(interfaceFont(QApplication::font()));
  update();
}

void Theme::update() {
  colors_ = themeColors(dark_);
  if (application_ != nullptr) application_->setPalette(palette());
  Q_EMIT changed();
}

QPalette Theme::palette() const {
  QPalette palette;
  palette.setColor(QPalette::Window, colors_.window);
  palette.setColor(QPalette::WindowText, colors_.text);
  palette.setColor(QPalette::Base, colors_.surface);
  palette.setColor(QPalette::AlternateBase, colors_.raised);
  palette.setColor(QPalette::ToolTipBase, colors_.surface);
  palette.setColor(QPalette::ToolTipText, colors_.text);
  palette.setColor(QPalette::PlaceholderText, colors_.muted);
  palette.setColor(QPalette::Text, colors_.text);
  palette.setColor(QPalette::Button, colors_.surface);
  palette.setColor(QPalette::ButtonText, colors_.text);
  palette.setColor(QPalette::BrightText, colors_.bad);
  palette.setColor(QPalette::Light, colors_.surface);
  palette.setColor(QPalette::Midlight, colors_.raised);
  palette.setColor(QPalette::Mid, colors_.border);
  palette.setColor(QPalette::Dark, colors_.muted);
  palette.setColor(QPalette::Shadow, colors_.border);
  palette.setColor(QPalette::Highlight, colors_.accent);
  palette.setColor(QPalette::HighlightedText, dark_ ? colors_.window : colors_.surface);
  palette.setColor(QPalette::Link, colors_.accent);
  palette.setColor(QPalette::LinkVisited, colors_.warn);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    palette.setColor(QPalette::Disabled, role, colors_.muted);
  }
  palette.setColor(QPalette::Disabled, QPalette::Base, colors_.raised);
  palette.setColor(QPalette::Disabled, QPalette::Button, colors_.raised);
  palette.setColor(QPalette::Disabled, QPalette::Highlight, colors_.raised);
  palette.setColor(QPalette::Disabled, QPalette::HighlightedText, colors_.muted);
  return palette;
}

}  // namespace rosa::ui
