// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPushButton>
#include <QString>

/// The three kinds of button. A page has one primary button.
namespace rosa::ui {

[[nodiscard]] QPushButton* makeButton(const QString& text);
[[nodiscard]] QPushButton* makePrimaryButton(const QString& text);
/// Reads as text in the accent colour.
[[nodiscard]] QPushButton* makeLinkButton(const QString& text);

}  // namespace rosa::ui
