// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/known_digests.h"
#include "rosa/expected.h"
#include "store/run_folder.h"

/// What a run keeps of its data from its start on, in data.json of its folder: what its classes are called, and by what
/// its files can be told from others.
namespace rosa::store {

struct DataFile {
  std::string part;  ///< "train" or "valid"
  std::filesystem::path path;
  std::string sha256;
  std::int64_t bytes = 0;
  friend bool operator==(const DataFile&, const DataFile&) = default;
};

struct RunData {
  std::vector<std::string> labels;  ///< by index; empty unless the task is classification
  std::int64_t trainExamples = 0, validationExamples = 0;
  std::vector<DataFile> files;
  /// What had changed each time that a resume on other files was agreed to: "2025-03-14T09:26:53Z: train.csv has
  /// changed".
  std::vector<std::string> accepted;
  friend bool operator==(const RunData&, const RunData&) = default;
};

/// Replaces data.json as a whole.
[[nodiscard]] Status writeRunData(const RunFolder& folder, const RunData& data);

/// Nothing in the folder of a run from before there was such a file.
[[nodiscard]] Expected<std::optional<RunData>> readRunData(const RunFolder& folder);

/// The file as it is now; read through unless its digest is known.
[[nodiscard]] Expected<DataFile> describeDataFile(const std::string& part, const std::filesystem::path& path,
                                                  const base::KnownDigests& known = base::KnownDigests());

/// What is no longer as it was, such as "train.csv has changed, dev.csv is new"; empty where the contents are the same.
[[nodiscard]] std::string whatChanged(const std::vector<DataFile>& before, const std::vector<DataFile>& now);

}  // namespace rosa::store
