// SPDX-License-Identifier: GPL-3.0-or-later
#include "host/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

#include "base/text.h"

namespace rosa::host {
namespace {

struct Pipe {
  base::Descriptor readEnd, writeEnd;
};

Expected<Pipe> makePipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error{fmt::format("No pipe could be made: {}.", strerror(errno))};
  return Pipe{base::Descriptor(ends[0]), base::Descriptor(ends[1])};
}

/// A file in memory that holds the text, at its beginning: whoever reads it never waits for a writer.
Expected<base::Descriptor> fileWith(std::string_view text) {
  base::Descriptor file(::memfd_create("rosa-input", MFD_CLOEXEC));
  const bool written = file.valid() && ::write(file.get(), text.data(), text.size()) == ssize_t(text.size());
  if (!written || ::lseek(file.get(), 0, SEEK_SET) != 0) {
    return Error{fmt::format("What a program is to read could not be kept in memory: {}.", strerror(errno))};
  }
  return file;
}

/// False at its end.
bool readInto(base::Descriptor& end, std::string& text) {
  std::array<char, 65536> piece{};
  const ssize_t got = ::read(end.get(), piece.data(), piece.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got <= 0) {
    end = base::Descriptor();
    return false;
  }
  text.append(piece.data(), static_cast<std::size_t>(got));
  return true;
}

int exitCodeOf(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Expected<ChildProcess> ChildProcess::start(std::vector<std::string> arguments, std::string_view input) {
  ROSA_TRY(auto output, makePipe());
  ROSA_TRY(auto error, makePipe());
  ROSA_TRY(const auto file, fileWith(input));
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&files, file.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output.writeEnd.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, error.writeEnd.get(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  // A group of its own: Ctrl-C in the terminal is for this program. Signals that this one ignores or holds back are its
  // own business.
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t process = -1;
  const int reason = ::posix_spawnp(&process, pointers.front(), &files, &attributes, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (reason != 0) {
    return Error{fmt::format("The program {} could not be started: {}.", base::printable(arguments.front()),
                             std::strerror(reason))};
  }
  return ChildProcess(process, std::move(output.readEnd), std::move(error.readEnd));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      exitCode_(other.exitCode_),
      outputEnd_(std::move(other.outputEnd_)),
      errorEnd_(std::move(other.errorEnd_)),
      output_(std::move(other.output_)),
      error_(std::move(other.error_)) {}

ChildProcess::~ChildProcess() {
  if (process_ < 0) return;
  ::kill(-process_, SIGTERM);
  constexpr int kTries = 50;
  for (int tries = 0; tries < kTries; ++tries) {
    if (::waitpid(process_, nullptr, WNOHANG) != 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(-process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

ChildProcess::Heard ChildProcess::hear(std::chrono::milliseconds patience) {
  // poll passes over descriptors below 0.
  std::array<pollfd, 2> ends{pollfd{outputEnd_.get(), POLLIN, 0}, pollfd{errorEnd_.get(), POLLIN, 0}};
  if (!outputEnd_.valid() && !errorEnd_.valid()) return Heard::End;
  if (::poll(ends.data(), ends.size(), static_cast<int>(patience.count())) <= 0) return Heard::Nothing;
  if (ends[0].revents != 0) readInto(outputEnd_, output_);
  if (ends[1].revents != 0) readInto(errorEnd_, error_);
  return Heard::Something;
}

int ChildProcess::exitCode() {
  if (process_ < 0) return exitCode_;
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  exitCode_ = exitCodeOf(status);
  return exitCode_;
}

}  // namespace rosa::host
