// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <string_view>

/// What the window calls a setting, and the engine's sentences with those names in them instead of keys and flags.
namespace rosa::ui {

/// The label of the setting's field; "Learning rate" for lr. A key without a name of its own is spelt out.
[[nodiscard]] QString settingName(std::string_view key);

/// What one choice of a setting is called on the page; the value itself where it has no other name.
[[nodiscard]] QString choiceName(std::string_view key, const QString& value);

/// "beta1: 2 is out of range; choose --task lm" becomes "2 is out of range; choose the task “Continue text”.": the
/// field it stands at, or the line of the Review card, names the setting.
[[nodiscard]] QString inWindowWords(const QString& sentence);

}  // namespace rosa::ui
