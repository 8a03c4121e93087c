// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "rosa/expected.h"

namespace rosa {

/// Makes `folder` the one that `rosaHome` gives wherever $ROSA_HOME is not set, window and terminal alike: its path is
/// kept in rosa-studio/home in the XDG config folder. The folder is made where it is missing. What lies in the present
/// one stays there. Fails where the path is not absolute, or nothing can be written into the folder.
[[nodiscard]] Status chooseRosaHome(const std::filesystem::path& folder);

}  // namespace rosa
