// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rosa/expected.h"

/// What is done with exports after they were written. Callable from any thread; blocks while it reads and writes.
namespace rosa {

struct CheckReport {
  std::int64_t tensors = 0;            ///< all finite
  std::int64_t numbers = 0;            ///< in them
  std::string dtype;                   ///< "bf16", or "bf16 and fp32" with the one that takes more bytes first
  std::int64_t tokens = 0;             ///< of the tokenizer
  std::vector<std::string> endTokens;  ///< as text, in the order of the files
  std::string chatTemplate;            ///< where it lies; empty: none
  std::vector<std::string> remarks;
};

/// Whether a folder that an export wrote is sound, told by its files alone: every tensor of the architecture in its
/// shape and finite, the tokenizer that loads, one chat template wherever the folder holds it, end tokens that the
/// model has. An error names the file, and the tensor where it is one.
[[nodiscard]] Expected<CheckReport> checkExported(const std::filesystem::path& folder);

struct ApplyRequest {
  std::filesystem::path delta;        ///< written by an export as Delta
  std::filesystem::path base;         ///< folder of the very model that the run was trained from
  std::filesystem::path destination;  ///< must not exist, or be an empty folder
};

struct ApplyReport {
  std::filesystem::path directory;
  std::int64_t bytes = 0;    ///< of all its files
  std::int64_t tensors = 0;  ///< in them
  std::int64_t changed = 0;  ///< of those, told by the delta
  std::string dtype;
  std::vector<std::string> files;  ///< paths in the folder
};

/// Rebuilds the merged folder that a delta stands for, byte for byte, and compares each file with its hash before the
/// folder takes its name. Another base is refused by naming where it differs.
[[nodiscard]] Expected<ApplyReport> applyDelta(const ApplyRequest& request);

}  // namespace rosa
