// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_lock.h"
#include "rosa/expected.h"
#include "store/run_folder.h"

/// The runs that wait for their turn, in the folder "queue" of the home: one small file each, whose name is its place.
namespace rosa::store {

struct QueueEntry {
  std::filesystem::path folder;
  bool resume = false;
  std::string acceptedChanges;  ///< in the data of a run that is to go on
  std::string device;           ///< as configured
};

/// Held by one process at a time, for as long as the object lives.
class RunQueue {
 public:
  /// Waits up to 5 s for another holder.
  [[nodiscard]] static Expected<RunQueue> open(const std::filesystem::path& home);

  /// Entries that cannot be read, or whose run is gone, are left out.
  [[nodiscard]] std::vector<QueueEntry> entries() const;
  [[nodiscard]] Status append(const QueueEntry& entry);
  /// False where the run does not wait.
  [[nodiscard]] Expected<bool> remove(const std::filesystem::path& run);
  [[nodiscard]] Expected<bool> move(const std::filesystem::path& run, std::size_t place);

 private:
  RunQueue(std::filesystem::path folder, base::FileLock lock) : folder_(std::move(folder)), lock_(std::move(lock)) {}
  [[nodiscard]] Status replace(const std::vector<QueueEntry>& entries);

  std::filesystem::path folder_;
  base::FileLock lock_;
};

/// The folders that wait, the next one first, read without the lock: a moment later it may be otherwise.
[[nodiscard]] std::vector<std::filesystem::path> waitingRuns(const std::filesystem::path& home);

/// A run that trains now.
struct TrainingRun {
  std::filesystem::path folder;  ///< empty where it is not known which
  std::string device;
};
/// Of every device. Exact while the queue is held.
[[nodiscard]] std::vector<TrainingRun> trainingRuns(const std::filesystem::path& home);

/// The right to train on a device, for as long as the object or its process lives; empty where as many runs as a device
/// can have (32) have it. What trains there already is the caller's matter, who holds the queue.
[[nodiscard]] Expected<std::optional<base::FileLock>> tryTakeDevice(const std::filesystem::path& home,
                                                                    std::string_view device,
                                                                    const std::filesystem::path& run);

/// Whether more than one run of a device may train at once, as it is kept beside the queue.
[[nodiscard]] bool severalAtOnce(const std::filesystem::path& home);
[[nodiscard]] Status setSeveralAtOnce(const std::filesystem::path& home, bool several);

}  // namespace rosa::store
