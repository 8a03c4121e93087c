// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/temporary_folder.h"
#include "rosa/config.h"
#include "rosa/expected.h"

/// The tasks of GLUE and SuperGLUE that the experiment nlu knows.
namespace rosa::experiment {

/// A task's files, its columns, and the figure that counts.
struct NluTask {
  const char* name;
  const char* train;
  const char* valid;
  const char* text;
  const char* textPair;
  const char* label;
  Task task;
  const char* metric;
  const char* word = "";  ///< column of the word that is asked about, if any
};

[[nodiscard]] std::span<const NluTask> nluTasks();
/// None where there is no task of that name.
[[nodiscard]] const NluTask* findNluTask(const std::string& name);

/// The training and the development file of a task, with its columns. Where it asks about a word, they are copies in a
/// temporary folder that goes with the object, in which the first text begins with the word and a colon: the model
/// could not know it otherwise.
class NluFiles {
 public:
  /// `data` holds a folder a task. Of a task without a word nothing is looked at here.
  [[nodiscard]] static Expected<NluFiles> of(const NluTask& task, const std::filesystem::path& data);

  [[nodiscard]] const std::filesystem::path& train() const { return train_; }
  [[nodiscard]] const std::filesystem::path& valid() const { return valid_; }

 private:
  NluFiles() = default;

  std::filesystem::path train_, valid_;
  std::optional<base::TemporaryFolder> copies_;
};

}  // namespace rosa::experiment
