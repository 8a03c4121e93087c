// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "rosa/expected.h"

/// The list of run folders that do not lie in the home's runs folder: a text file, one absolute path a line. It stands
/// beside the database and not in it, so that the database can be thrown away.
namespace rosa::store {

/// Callers see to it that only one process writes at a time.
class RunsElsewhere {
 public:
  explicit RunsElsewhere(std::filesystem::path file) : file_(std::move(file)) {}

  /// In the order they were added; also those that have vanished, for a disk may come back.
  [[nodiscard]] Expected<std::vector<std::filesystem::path>> list() const;
  /// Content with one that is in the list.
  [[nodiscard]] Status add(const std::filesystem::path& folder);
  /// Content with one that is not in the list.
  [[nodiscard]] Status remove(const std::filesystem::path& folder);

 private:
  std::filesystem::path file_;
};

}  // namespace rosa::store
