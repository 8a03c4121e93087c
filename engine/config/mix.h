// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "rosa/expected.h"

/// An entry of `mix`, "PATH=WEIGHT": a further training set, and how often each of its rows counts in an epoch.
namespace rosa::config {

struct MixEntry {
  std::filesystem::path path;
  double weight = 1;
};

/// The weight stands behind the last "="; without one it is 1. The error does not name the key.
[[nodiscard]] Expected<MixEntry> parseMix(std::string_view entry);

/// The entry with another path; as it is where it cannot be read.
[[nodiscard]] std::string withMixPath(const std::string& entry,
                                      const std::function<std::filesystem::path(const std::filesystem::path&)>& change);

}  // namespace rosa::config
