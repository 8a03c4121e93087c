// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>

#include "rosa/expected.h"
#include "rosa/inspect.h"

namespace rosa::data {

/// What a data file or folder holds, read to its end so that a fault anywhere in it is found before a run starts: rows,
/// columns, the first `previewRows` rows, and a guess at what the columns are for. Blocks for as long as reading takes.
[[nodiscard]] Expected<DataSummary> summarise(const std::filesystem::path& path, std::int64_t previewRows = 20,
                                              const TableReading& reading = {});

}  // namespace rosa::data
