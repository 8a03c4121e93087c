// SPDX-License-Identifier: GPL-3.0-or-later
#include "parallel/local_group.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "base/descriptor.h"
#include "base/text.h"

namespace rosa::parallel {

namespace {

constexpr std::chrono::seconds kPatience(15);
constexpr std::chrono::milliseconds kLook(20);

/// Listens on a port that the system chooses, for this machine alone.
Expected<base::Descriptor> listenHere(std::int64_t& port) {
  base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* place = reinterpret_cast<sockaddr*>(&address);
  if (socket.get() < 0 || ::bind(socket.get(), place, length) != 0 || ::listen(socket.get(), SOMAXCONN) != 0 ||
      ::getsockname(socket.get(), place, &length) != 0) {
    return Error{
        fmt::format("processes: no socket could be opened on this machine for them to meet: {}. Train with one "
                    "process.",
                    std::strerror(errno))};
  }
  port = ntohs(address.sin_port);
  return socket;
}

/// This process's variables, with a launcher's for one rank in place of any that are there.
std::vector<std::string> environmentOf(const Launch& launch, std::int64_t rank) {
  const auto own = std::to_string(rank), size = std::to_string(launch.size);
  const std::array<std::pair<std::string_view, std::string>, 7> given = {{{"RANK", own},
                                                                          {"WORLD_SIZE", size},
                                                                          {"LOCAL_RANK", own},
                                                                          {"LOCAL_WORLD_SIZE", size},
                                                                          {"MASTER_ADDR", launch.address},
                                                                          {"MASTER_PORT", std::to_string(launch.port)},
                                                                          {kLocalGroupVariable, "1"}}};
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const auto name = text.substr(0, text.find('='));
    if (std::ranges::find(given, name, [](const auto& one) { return one.first; }) == given.end())
      all.emplace_back(text);
  }
  for (const auto& [name, value] : given) all.push_back(fmt::format("{}={}", name, value));
  return all;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// In the child, between fork and exec: calls of the system alone.
[[noreturn]] void become(const char* program, char** arguments, char** variables, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it has ended already
  // What a terminal sends to its group is for rank 0, which tells the others.
  ::setpgid(0, 0);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  ::execve(program, arguments, variables);
  constexpr int kNotFound = 127;
  ::_exit(kNotFound);
}

std::string howItEnded(std::int64_t rank, int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    return fmt::format(
        "The process of rank {} was killed (signal 9): by someone, or by the system because memory ran "
        "out. Go on from the last checkpoint with rosa resume, with fewer processes if it is short.",
        rank);
  }
  if (WIFSIGNALED(status)) {
    return fmt::format(
        "The process of rank {} crashed or was ended by signal {} ({}). Go on from the last checkpoint "
        "with rosa resume.",
        rank, WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  }
  return fmt::format(
      "The process of rank {} has ended with exit code {}. It printed why; go on from the last checkpoint "
      "with rosa resume.",
      rank, WEXITSTATUS(status));
}

}  // namespace

Expected<std::unique_ptr<LocalGroup>> LocalGroup::start(const std::filesystem::path& program,
                                                        const std::vector<std::string>& arguments, std::int64_t size) {
  std::unique_ptr<LocalGroup> group(new LocalGroup);
  auto& launch = group->launch_;
  launch.size = launch.localSize = size;
  launch.address = "127.0.0.1";
  launch.launcher = "--processes";
  launch.onThisMachine = true;
  ROSA_TRY(auto socket, listenHere(launch.port));
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto line = pointersTo(words);
  const auto self = ::getpid();
  for (std::int64_t rank = 1; rank < size; ++rank) {
    auto variables = environmentOf(launch, rank);
    auto pointers = pointersTo(variables);
    const auto process = ::fork();
    if (process == 0) become(words.front().c_str(), line.data(), pointers.data(), self);
    if (process < 0) {
      return Error{fmt::format("processes: only {} of {} could be started: {}. Choose fewer.", rank, size,
                               std::strerror(errno))};
    }
    group->processes_.push_back(process);
  }
  launch.listening = socket.release();
  return group;
}

std::optional<LostRank> LocalGroup::lost() {
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    int status = 0;
    if (processes_[i] == 0 || ::waitpid(processes_[i], &status, WNOHANG) != processes_[i]) continue;
    processes_[i] = 0;
    const auto rank = static_cast<std::int64_t>(i) + 1;
    return LostRank{rank, howItEnded(rank, status)};
  }
  return std::nullopt;
}

LocalGroup::~LocalGroup() {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (auto& process : processes_) {
    while (process != 0) {
      if (::waitpid(process, nullptr, WNOHANG) != 0) break;
      if (std::chrono::steady_clock::now() > until) {
        ::kill(process, SIGKILL);
        ::waitpid(process, nullptr, 0);
        break;
      }
      std::this_thread::sleep_for(kLook);
    }
  }
}

}  // namespace rosa::parallel
