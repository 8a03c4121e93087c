// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <utility>

#include "base/file_lock.h"
#include "rosa/config.h"
#include "rosa/expected.h"

/// The folder of one run, which is the truth about it: what a run was and did can be told from it alone.
///
/// One process at a time writes to a run folder, the one that holds its RunLock; any may read. All functions here may
/// be called from any thread and block for as long as the disk takes.
namespace rosa::store {

struct RunFolder {
  std::filesystem::path path;  ///< absolute
  [[nodiscard]] std::filesystem::path configFile() const { return path / "config.yaml"; }
  [[nodiscard]] std::filesystem::path dataFile() const { return path / "data.json"; }
  [[nodiscard]] std::filesystem::path notesFile() const { return path / "notes.json"; }
  [[nodiscard]] std::filesystem::path experimentFile() const { return path / "experiment.json"; }
  [[nodiscard]] std::filesystem::path originFile() const { return path / "host.json"; }
  [[nodiscard]] std::filesystem::path eventsFile() const { return path / "events.jsonl"; }
  [[nodiscard]] std::filesystem::path commandsFile() const { return path / "commands.jsonl"; }
  [[nodiscard]] std::filesystem::path metricsFile() const { return path / "metrics.jsonl"; }
  [[nodiscard]] std::filesystem::path checkpoints() const { return path / "checkpoints"; }
  [[nodiscard]] std::filesystem::path exports() const { return path / "exports"; }
  [[nodiscard]] std::filesystem::path logFile() const { return path / "log.txt"; }
  /// What the process of a run prints: little, unless it crashes.
  [[nodiscard]] std::filesystem::path workerLog() const { return path / "worker.log"; }
};

/// Why no run can be written into a path where something is already, and what to do instead.
[[nodiscard]] Error folderTaken(const std::filesystem::path& path);

/// Makes the folder and writes config.yaml into it, with absolute paths. Two callers at once never get the same folder,
/// unless both name it in `config.out`.
[[nodiscard]] Expected<RunFolder> createRunFolder(const RunConfig& config);

/// Replaces the settings of a run, with absolute paths.
[[nodiscard]] Status writeRunConfig(const RunFolder& folder, const RunConfig& config);

/// A folder with a config.yaml.
[[nodiscard]] Expected<RunFolder> openRunFolder(const std::filesystem::path& path);

/// Where `createRunFolder` would put this run now; makes nothing.
[[nodiscard]] std::filesystem::path plannedRunFolder(const RunConfig& config);

/// The right to write to a run folder, held until the object or its process ends, however it ends.
class RunLock {
 public:
  [[nodiscard]] static Expected<RunLock> take(const RunFolder& folder);
  /// The lock that an open descriptor holds, as a process inherits it; refused where it is not this folder's.
  [[nodiscard]] static Expected<RunLock> adopt(const RunFolder& folder, int descriptor);

  /// For a process that is to inherit the lock.
  [[nodiscard]] int descriptor() const { return lock_.descriptor(); }

 private:
  explicit RunLock(base::FileLock lock) : lock_(std::move(lock)) {}
  base::FileLock lock_;
};

/// True while some process, this one included, holds the lock.
[[nodiscard]] bool isLocked(const RunFolder& folder);

}  // namespace rosa::store
