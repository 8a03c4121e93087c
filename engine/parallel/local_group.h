// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parallel/launch_environment.h"
#include "parallel/process_group.h"
#include "rosa/expected.h"

namespace rosa::parallel {

/// The other ranks of a group on this machine alone, started by its rank 0 without a launcher. They end with this
/// process however it ends; they hear of it by the thread that started them, which is to live as long as they.
class LocalGroup {
 public:
  /// Starts ranks 1 to size-1, each as `program` with `arguments` and a launcher's variables. What they print goes
  /// where this process's errors go.
  [[nodiscard]] static Expected<std::unique_ptr<LocalGroup>> start(const std::filesystem::path& program,
                                                                   const std::vector<std::string>& arguments,
                                                                   std::int64_t size);
  /// Waits some seconds for the processes to end, and ends those that do not.
  ~LocalGroup();
  LocalGroup(const LocalGroup&) = delete;
  LocalGroup& operator=(const LocalGroup&) = delete;

  /// Of rank 0.
  [[nodiscard]] const Launch& launch() const { return launch_; }
  /// One of the processes that has ended since it was asked last.
  [[nodiscard]] std::optional<LostRank> lost();

 private:
  LocalGroup() = default;

  Launch launch_;
  std::vector<pid_t> processes_;  ///< of rank 1, 2, ...; 0 = has ended and was told of
};

}  // namespace rosa::parallel
