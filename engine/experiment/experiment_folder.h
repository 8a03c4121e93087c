// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/file_lock.h"
#include "base/json.h"
#include "rosa/expected.h"

namespace rosa::experiment {

/// The folder of one experiment (rosa/experiment.h). Files appear whole or not at all.
class ExperimentFolder {
 public:
  /// Makes the folder with `config` in it, or opens the one that is there. `config` may have more methods, tasks or
  /// seeds than what is stored, and is stored then. An error where the folder holds anything else, or the same
  /// experiment with other settings.
  [[nodiscard]] static Expected<ExperimentFolder> open(std::filesystem::path directory, const base::Json& config);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// The right to make a part; empty while another process has it, so that several share the work of one folder.
  [[nodiscard]] Expected<std::optional<base::FileLock>> claim(const std::string& part) const;

  /// Removes what claims leave behind, once there is nothing more to claim.
  void dropClaims() const;

  [[nodiscard]] bool has(const std::string& part) const;
  [[nodiscard]] Expected<base::Json> load(const std::string& part) const;
  [[nodiscard]] Status store(const std::string& part, const base::Json& result) const;
  /// A table or a plot beside config.json.
  [[nodiscard]] Status write(const std::string& file, const std::string& content) const;

 private:
  explicit ExperimentFolder(std::filesystem::path directory) : path_(std::move(directory)) {}
  [[nodiscard]] std::filesystem::path fileOf(const std::string& part) const;

  std::filesystem::path path_;
};

}  // namespace rosa::experiment
