// SPDX-License-Identifier: GPL-3.0-or-later
#include "host/remote_shell.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "rosa/runs.h"

namespace rosa::host {
namespace {

std::chrono::seconds chosenPatience() {
  constexpr std::chrono::seconds kUsual(30);
  const char* chosen = std::getenv("ROSA_SSH_SECONDS");
  if (chosen == nullptr) return kUsual;
  const std::string_view text(chosen);
  int seconds = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return failed == std::errc() && end == text.data() + text.size() && seconds > 0 ? std::chrono::seconds(seconds)
                                                                                  : kUsual;
}

/// The last line that says something: what ssh and rosa print last is why they ended.
std::string_view lastLine(std::string_view text) {
  std::string_view last;
  for (const auto line : base::split(text, '\n')) {
    if (!base::trim(line).empty()) last = base::trim(line);
  }
  return last;
}

}  // namespace

std::string shellCommand(const std::vector<std::string>& words) {
  std::string command;
  for (const auto& word : words) {
    command += command.empty() ? "'" : " '";
    for (const char character : word) {
      if (character == '\'') {
        command += "'\\''";
      } else {
        command += character;
      }
    }
    command += '\'';
  }
  return command;
}

Expected<RemoteShell> RemoteShell::at(const std::string& host) {
  ROSA_CHECK(checkHostName(host));
  return RemoteShell(host, chosenPatience());
}

Expected<ChildProcess> RemoteShell::open(const std::vector<std::string>& arguments, std::string_view input) const {
  std::vector<std::string> words = {"rosa"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  for (const auto& word : words) {
    if (word.find('\0') != std::string::npos) return Error{"A zero byte cannot be sent to a host as a word."};
  }
  // No terminal, no forwarding, no question: what cannot be reached without a person fails at once.
  auto ssh = ChildProcess::start(
      {"ssh", "-T", "-a", "-x", "-o", "BatchMode=yes", "-o", fmt::format("ConnectTimeout={}", patience_.count()), "-o",
       "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3", "--", host_, shellCommand(words)},
      input);
  if (!ssh) {
    return Error{fmt::format("{} {} is reached by it: install it (on Debian the package openssh-client).",
                             ssh.error().message, host_)};
  }
  return ssh;
}

Expected<std::string> RemoteShell::ask(const std::vector<std::string>& arguments, std::string_view input) const {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t kLongest = std::size_t{256} << 20;
  ROSA_TRY(auto ssh, open(arguments, input));
  const auto end = Clock::now() + patience_;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return silent();
    if (ssh.hear(left) == ChildProcess::Heard::End) break;
    if (ssh.output().size() > kLongest) return foreign(ssh.output());
  }
  if (const int code = ssh.exitCode(); code != 0) return failed(code, ssh.error());
  return std::move(ssh.output());
}

Error RemoteShell::silent() const {
  return Error{
      fmt::format("{0} does not answer: nothing came from it within {1} s. See whether `ssh {0}` works by "
                  "itself, then try again.",
                  host_, patience_.count())};
}

Error RemoteShell::failed(int exitCode, std::string_view printed) const {
  constexpr int kNoProgram = 127;
  constexpr int kNoConnection = 255;
  auto last = lastLine(printed);
  if (exitCode == kNoProgram) {
    return Error{
        fmt::format("{0} has no program rosa where ssh looks for it. Install it there, in a folder of the PATH "
                    "that `ssh {0} env` shows.",
                    host_)};
  }
  if (exitCode == kNoConnection) {
    return Error{
        fmt::format("{0} cannot be reached: ssh says {1}. See whether `ssh {0}` works by itself, without asking "
                    "for anything, then try again.",
                    host_, last.empty() ? "nothing" : base::inQuotes(last))};
  }
  constexpr std::string_view kOwn = "rosa: ";
  if (last.starts_with(kOwn)) {
    return Error{fmt::format("{}: {}", host_, base::printable(last.substr(kOwn.size())))};
  }
  return Error{
      fmt::format("{0} ended the command with exit code {1} and said {2}. See whether `ssh {0} rosa --version` "
                  "works by itself.",
                  host_, exitCode, last.empty() ? "nothing" : base::inQuotes(last))};
}

Error RemoteShell::foreign(std::string_view answer) const {
  return Error{
      fmt::format("{0} answered with something that is not rosa's: {1}. See what `ssh {0} rosa --version` "
                  "prints: it must be this program, of the same version.",
                  host_, base::inQuotes(answer))};
}

}  // namespace rosa::host
