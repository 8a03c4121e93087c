// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <string_view>

namespace rosa::ui {

/// What a setting does, in one sentence for those who point at its field. Every key of the configuration has one.
[[nodiscard]] QString settingTip(std::string_view key);

}  // namespace rosa::ui
