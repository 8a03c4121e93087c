// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "rosa/expected.h"
#include "store/run_folder.h"

/// Where a run lies that trains on another machine, in host.json of the folder here, which holds what it has told.
namespace rosa::store {

struct RunOrigin {
  std::string host;              ///< as ssh takes it: "gpu1", "someone@gpu1"
  std::filesystem::path folder;  ///< on the host
  bool waits = false;            ///< it stood in the host's queue when that was last heard of
  friend bool operator==(const RunOrigin&, const RunOrigin&) = default;
};

/// Replaces host.json as a whole.
[[nodiscard]] Status writeRunOrigin(const RunFolder& folder, const RunOrigin& origin);
/// Nothing in the folder of a run of this machine.
[[nodiscard]] Expected<std::optional<RunOrigin>> readRunOrigin(const RunFolder& folder);

}  // namespace rosa::store
