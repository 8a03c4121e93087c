// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "rosa/catalogue.h"
#include "rosa/expected.h"

/// Records as the catalogue keeps them: everything but the directory, which is the key they stand under. Numbers lie in
/// them as in memory, for this machine alone: ten thousand are read while a person waits.
namespace rosa::store {

[[nodiscard]] std::string recordToBytes(const RunRecord& record);
/// Reads what `recordToBytes` of the same version wrote; anything else is an error.
[[nodiscard]] Expected<RunRecord> recordFromBytes(std::string_view bytes);

}  // namespace rosa::store
