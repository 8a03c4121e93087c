// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <system_error>

namespace rosa::store {

/// Absolute, without "." and "..", without a slash at the end: one folder, one spelling. Links are not followed.
[[nodiscard]] inline std::filesystem::path absolutePath(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::path full = std::filesystem::absolute(path, code);
  full = (code ? path : full).lexically_normal();
  return full.has_filename() ? full : full.parent_path();
}

}  // namespace rosa::store
