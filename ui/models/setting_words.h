// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <string>
#include <string_view>

#include "rosa/config.h"

/// What the window calls settings and their choices, and the engine's sentences with those names in them instead of
/// keys and flags.
namespace rosa::ui {

/// The label of the setting's field; "Learning rate" for lr. A key without a name of its own is spelt out.
[[nodiscard]] QString settingName(std::string_view key);

/// What people call a choice of a setting, such as "A and B" for ab of adapt; the value itself where it has no other
/// name.
[[nodiscard]] QString choiceName(std::string_view key, const QString& value);

/// The same of a method, as configs and run folders spell it.
[[nodiscard]] QString methodName(const std::string& spelling);

/// The line below the setting's field.
[[nodiscard]] QString settingHelp(const ConfigField& field);

/// "beta1: 2 is out of range; choose --task lm" becomes "2 is out of range; choose the task “Continue text”.": the
/// field it stands at, or the line of the Review card, names the setting.
[[nodiscard]] QString inWindowWords(const QString& sentence);

}  // namespace rosa::ui
