// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string_view>

#include "rosa/expected.h"

namespace rosa::service {

/// Whether an export of the form (`--as gguf`) may write this one file; makes its folder. `example` is what the file
/// may be called inside a folder that was named in its place.
[[nodiscard]] Status prepareNewFile(const std::filesystem::path& path, std::string_view form, std::string_view example);

}  // namespace rosa::service
