// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "data/row_reader.h"
#include "rosa/expected.h"

/// Data in several files that are read as one, in the order of their names: a folder of them, or a path with * in its
/// name ("data/train-*.parquet"), which stands for any text.
namespace rosa::data {

/// The path itself if it is a file, or does not exist. Of a folder, its data files: they must be of one kind, of which
/// .json and .txt do not count beside others (a dataset's description and notes). Hidden files and what is in folders
/// below are left out.
[[nodiscard]] Expected<std::vector<std::filesystem::path>> shardsOf(const std::filesystem::path& path);

/// Opens several table files as one. In each the columns must have the same names, in whatever order; only JSON may
/// bring new ones.
[[nodiscard]] Expected<std::unique_ptr<RowReader>> openShards(std::vector<std::filesystem::path> shards,
                                                              const RowOptions& options);

}  // namespace rosa::data
