// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "host/child_process.h"
#include "rosa/expected.h"

/// Another machine, by way of the system's `ssh`: its keys, its configuration, its agent. Never asks for a password.
namespace rosa::host {

/// Words as one command that a POSIX shell takes apart into just these words.
[[nodiscard]] std::string shellCommand(const std::vector<std::string>& words);

class RemoteShell {
 public:
  [[nodiscard]] static Expected<RemoteShell> at(const std::string& host);

  [[nodiscard]] const std::string& host() const { return host_; }
  /// What `rosa ARGUMENTS` prints there. Every error names the host and what to do.
  [[nodiscard]] Expected<std::string> ask(const std::vector<std::string>& arguments, std::string_view input = {}) const;
  /// The same as it comes.
  [[nodiscard]] Expected<ChildProcess> open(const std::vector<std::string>& arguments,
                                            std::string_view input = {}) const;

  /// How long a host may be silent before it counts as one that does not answer: 30 s, or ROSA_SSH_SECONDS.
  [[nodiscard]] std::chrono::seconds patience() const { return patience_; }
  /// The sentence for a host that was silent for so long.
  [[nodiscard]] Error silent() const;
  /// The sentence for a command that ended with an exit code other than 0, with what it printed as errors.
  [[nodiscard]] Error failed(int exitCode, std::string_view printed) const;
  /// The sentence for an answer that is not one of rosa's.
  [[nodiscard]] Error foreign(std::string_view answer) const;

 private:
  RemoteShell(std::string host, std::chrono::seconds patience) : host_(std::move(host)), patience_(patience) {}

  std::string host_;
  std::chrono::seconds patience_;
};

}  // namespace rosa::host
