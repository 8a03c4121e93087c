// SPDX-License-Identifier: GPL-3.0-or-later
#include "host/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <variant>
#include <vector>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/text.h"
#include "rosa/runs.h"
#include "store/event_log.h"
#include "store/event_tail.h"

namespace rosa::host {
namespace {

// Where a worker finds what it inherits.
constexpr int kLock = 3;
constexpr int kDevice = 4;

/// waitpid that is not disturbed by signals.
int waitFor(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// This process's variables, and how long the worker's threads wait for each other before they sleep. Beside other work
/// a thread that spins takes the core away from the one it waits for; what people have set themselves stays.
std::vector<std::string> workerEnvironment() {
  std::vector<std::string> variables;
  bool chosen = false;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
    chosen =
        chosen || variables.back().starts_with("OMP_WAIT_POLICY=") || variables.back().starts_with("GOMP_SPINCOUNT=");
  }
  if (!chosen) variables.emplace_back("GOMP_SPINCOUNT=1000");
  return variables;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// The arguments and files of a process to be started. All of its calls fail only for want of memory.
class Spawn {
 public:
  Spawn() {
    posix_spawn_file_actions_init(&files_);
    posix_spawnattr_init(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
  ~Spawn() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }

  void passOn(int descriptor, int as) {
    // Out of the way of the places that are filled.
    constexpr int kAbove = 64;
    kept_.emplace_back(::fcntl(descriptor, F_DUPFD_CLOEXEC, kAbove));
    posix_spawn_file_actions_adddup2(&files_, kept_.back().get(), as);
  }

  /// 0, or the reason in errno's numbers.
  int start(const std::filesystem::path& program, std::vector<std::string> arguments,
            const std::filesystem::path& output, pid_t& process) {
    constexpr mode_t kReadableByUmask = 0666;
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     kReadableByUmask);
    posix_spawn_file_actions_adddup2(&files_, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files_, kDevice + 1);
    // Signals that this process ignores or holds back are its own business.
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    auto variables = workerEnvironment();
    return ::posix_spawn(&process, program.c_str(), &files_, &attributes_, pointersTo(arguments).data(),
                         pointersTo(variables).data());
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
  std::vector<base::Descriptor> kept_;
};

std::atomic<pid_t> trainer = 0;
static_assert(std::atomic<pid_t>::is_always_lock_free);

void passSignalOn(int signal) {
  if (const pid_t process = trainer.load(); process > 0) ::kill(process, signal);
}

constexpr std::array kPassedOn = {SIGTERM, SIGINT, SIGHUP};

void passSignalsOn() {
  struct sigaction action = {};
  action.sa_handler = passSignalOn;
  action.sa_flags = SA_RESTART;
  for (const int signal : kPassedOn) sigaction(signal, &action, nullptr);
}

/// What a session of a run has told since it began.
struct Told {
  std::int64_t step = 0;
  bool ended = false;
};

Told whatWasTold(store::EventTail& tail) {
  Told told;
  // What cannot be read is as if it had not been told.
  static_cast<void>(tail.read([&told](const StoredEvent& stored) {
    const auto& event = stored.event;
    if (const auto* step = std::get_if<StepCompleted>(&event)) told.step = step->step;
    if (const auto* started = std::get_if<RunStarted>(&event)) told.step = started->firstStep;
    told.ended = told.ended || std::holds_alternative<RunFinished>(event) || std::holds_alternative<RunFailed>(event) ||
                 std::holds_alternative<RunRefused>(event);
  }));
  return told;
}

void tellEnd(const store::RunFolder& folder, const Told& told, int status) {
  auto reason = howItEnded(status);
  if (reason.empty()) reason = "The run's process ended without a word.";
  reason += fmt::format(" What it printed is in {}.", base::printable(folder.workerLog().native()));
  auto log = store::EventLog::open(folder);
  if (log) static_cast<void>(log->append(WorkerEnded{told.step, std::move(reason)}));
}

}  // namespace

std::string howItEnded(int waitStatus) {
  if (!WIFSIGNALED(waitStatus)) return {};
  const int signal = WTERMSIG(waitStatus);
  if (signal == SIGKILL) {
    return "The run's process was killed (signal 9): by someone, or by the system because memory ran out.";
  }
  return fmt::format("The run's process crashed or was ended by signal {} ({}).", signal, ::strsignal(signal));
}

Status spawnWorker(const std::filesystem::path& program, const WorkRequest& request, const store::RunLock& lock,
                   int device) {
  const store::RunFolder folder{request.runDirectory};
  std::vector<std::string> arguments = {program.string(), "worker", folder.path.string(),
                                        "--detach",       "--lock", std::to_string(kLock)};
  if (device >= 0) arguments.insert(arguments.end(), {"--device-lock", std::to_string(kDevice)});
  if (request.resume) arguments.emplace_back("--resume");
  if (!request.acceptedChanges.empty()) {
    arguments.insert(arguments.end(), {"--accepted-changes", request.acceptedChanges});
  }
  arguments.insert(arguments.end(), {"--commands-from", std::to_string(request.commandsFrom)});

  Spawn spawn;
  spawn.passOn(lock.descriptor(), kLock);
  if (device >= 0) spawn.passOn(device, kDevice);
  pid_t process = 0;
  if (const int reason = spawn.start(program, std::move(arguments), folder.workerLog(), process); reason != 0) {
    return Error{fmt::format("{} could not be started: {}. A run needs the program rosa there.",
                             base::printable(program.native()), std::strerror(reason))};
  }
  const int status = waitFor(process);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  auto ended = howItEnded(status);
  if (ended.empty()) ended = "The run's process ended before it began.";
  return Error{fmt::format("{} What it printed is in {}.", ended, base::printable(folder.workerLog().native()))};
}

}  // namespace rosa::host

namespace rosa {

int superviseRun(const WorkerOrder& order, const std::function<int()>& train, const std::function<void()>& afterwards) {
  // Where there is no room for a child, this process does its work itself, and its starter waits.
  if (order.detach && ::fork() > 0) ::_exit(0);
  const store::RunFolder folder{order.request.runDirectory};
  // What was told before is of earlier sessions.
  store::EventTail tail(folder);
  static_cast<void>(host::whatWasTold(tail));
  host::passSignalsOn();
  const pid_t process = ::fork();
  if (process == 0) {
    // A group of its own: what is sent to the group of this one does not reach it twice.
    ::setpgid(0, 0);
    for (const int signal : host::kPassedOn) std::signal(signal, SIG_DFL);
    return train();
  }
  if (process < 0) {
    const auto reason = fmt::format("The run's process could not be made: {}.", std::strerror(errno));
    if (auto log = store::EventLog::open(folder)) static_cast<void>(log->append(RunRefused{reason, {}}));
    return 1;
  }
  host::trainer = process;
  const int status = host::waitFor(process);
  const auto told = host::whatWasTold(tail);
  if (!told.ended) host::tellEnd(folder, told, status);
  for (const int descriptor : {order.request.lockDescriptor, order.deviceDescriptor}) {
    if (descriptor >= 0) ::close(descriptor);
  }
  afterwards();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace rosa
