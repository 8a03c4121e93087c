// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "rosa/catalogue.h"
#include "rosa/expected.h"

/// Records as the catalogue keeps them: everything but the directory, which is the key they stand under.
namespace rosa::store {

[[nodiscard]] std::string recordToJson(const RunRecord& record);
/// Reads what `recordToJson` of the same version wrote; anything else is an error.
[[nodiscard]] Expected<RunRecord> recordFromJson(std::string_view text);

}  // namespace rosa::store
