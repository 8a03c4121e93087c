// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <string>

namespace rosa::ui {

/// What people call a method, of its spelling in configs and run folders; a spelling that is not known is shown as it
/// is.
[[nodiscard]] QString methodName(const std::string& spelling);

}  // namespace rosa::ui
