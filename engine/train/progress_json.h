// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/expected.h"
#include "train/progress.h"

/// progress.json of a checkpoint: text from and to plain values, without a model. Pure functions for any thread.
namespace rosa::train {

/// What a layer's adapt::Slice says, with the layer's name.
struct StoredSlice {
  std::string layer;
  std::int64_t start = 0;
  std::int64_t count = 0;       ///< 0 where the method draws none
  std::int64_t directions = 0;  ///< the layer's smaller side
  std::vector<std::int64_t> indices{};
  bool indexed = true;
  friend bool operator==(const StoredSlice&, const StoredSlice&) = default;
};

struct StoredProgress {
  std::string baseFingerprint;
  std::string form;  ///< config spelling
  Progress progress;
  std::vector<StoredSlice> slices;  ///< in layer order
};

[[nodiscard]] std::string formatProgress(const StoredProgress& stored);

/// Reads what `formatProgress` wrote, in this version or an older one. The file may come from anywhere: whatever is
/// missing, of another kind or out of range is an error that names `path` and the key.
[[nodiscard]] Expected<StoredProgress> parseProgress(std::string_view text, const std::filesystem::path& path);

}  // namespace rosa::train
