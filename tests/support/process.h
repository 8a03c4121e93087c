// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace rosa::test {

struct ProcessResult {
  int exitCode = -1;   ///< 128 + signal when a signal ended it
  std::string output;  ///< stdout
  std::string error;   ///< stderr
};

/// A program under test with its own environment entries; output goes to files in a temporary folder, so nothing
/// blocks.
class Process {
 public:
  Process(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  void signal(int number) const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  ProcessResult wait();
  /// What has been written to stdout so far.
  [[nodiscard]] std::string outputSoFar() const;

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
  std::filesystem::path folder_;
};

/// A temporary folder that is deleted with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace rosa::test
