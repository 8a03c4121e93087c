// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "settings/theme.h"

/// The one place where both looks take their colours from.
namespace rosa::ui {

[[nodiscard]] ThemeColors themeColors(bool dark);

}  // namespace rosa::ui
