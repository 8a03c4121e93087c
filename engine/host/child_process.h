// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "rosa/expected.h"

namespace rosa::host {

/// A program whose output is read as it comes. Ended with the object, by force if need be. Used by one thread.
class ChildProcess {
 public:
  /// Looks the program up on the PATH. `input` is what it finds on its standard input.
  [[nodiscard]] static Expected<ChildProcess> start(std::vector<std::string> arguments, std::string_view input);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  enum class Heard { Something, Nothing, End };
  /// Waits until something comes, both outputs end, or the time is over; what came is added to `output` and `error`.
  Heard hear(std::chrono::milliseconds patience);
  [[nodiscard]] std::string& output() { return output_; }
  [[nodiscard]] const std::string& error() const { return error_; }
  /// After the end: waits for it. 128 + signal where one ended it.
  [[nodiscard]] int exitCode();

 private:
  ChildProcess(pid_t process, base::Descriptor output, base::Descriptor error)
      : process_(process), outputEnd_(std::move(output)), errorEnd_(std::move(error)) {}

  pid_t process_;  ///< -1 once it has been waited for
  int exitCode_ = -1;
  base::Descriptor outputEnd_, errorEnd_;
  std::string output_, error_;
};

}  // namespace rosa::host
