// SPDX-License-Identifier: GPL-3.0-or-later
#include "parallel/launch_environment.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "base/sha256.h"
#include "base/text.h"

namespace rosa::parallel {

namespace {

constexpr std::int64_t kMostProcesses = 1'000'000;
constexpr std::int64_t kMostPort = 65535;
// Of the ports that a job's number chooses: above those of services, below those that the system hands out.
constexpr std::int64_t kFirstJobPort = 20000;
constexpr std::int64_t kJobPorts = 10000;

/// Reads one launcher's variables; every error names the launcher and what to do.
class Variables {
 public:
  Variables(const Environment& environment, std::string launcher, std::string remedy)
      : environment_(environment), launcher_(std::move(launcher)), remedy_(std::move(remedy)) {}

  [[nodiscard]] Expected<std::int64_t> number(const std::string& name, std::int64_t most) const {
    const auto text = environment_(name);
    if (!text) return Error{fmt::format("{} has not set {}. {}", launcher_, name, remedy_)};
    std::int64_t value = 0;
    const auto* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, value);
    if (read.ec != std::errc() || read.ptr != end || value < 0 || value > most) {
      return Error{fmt::format("{} is {}, which is no whole number from 0 to {}. {}", name, base::inQuotes(*text), most,
                               remedy_)};
    }
    return value;
  }
  [[nodiscard]] Expected<std::int64_t> number(const std::string& name, std::int64_t most,
                                              std::int64_t otherwise) const {
    return environment_(name) ? number(name, most) : Expected<std::int64_t>(otherwise);
  }
  [[nodiscard]] Expected<std::string> text(const std::string& name) const {
    auto value = environment_(name);
    if (!value || value->empty()) return Error{fmt::format("{} has not set {}. {}", launcher_, name, remedy_)};
    return *std::move(value);
  }

  /// rank < size, and the same on the machine.
  [[nodiscard]] Status check(const Launch& launch, const std::string& rank, const std::string& size) const {
    if (launch.size < 1) return Error{fmt::format("{} is 0: a group has one process at least. {}", size, remedy_)};
    if (launch.rank >= launch.size) {
      return Error{fmt::format("{} is {}, but {} is {}, so ranks go from 0 to {}. {}", rank, launch.rank, size,
                               launch.size, launch.size - 1, remedy_)};
    }
    if (launch.localSize > launch.size || launch.localRank >= launch.localSize) {
      return Error{fmt::format("Rank {} of {} is told that it is number {} of {} on its machine, which cannot be. {}",
                               launch.rank, launch.size, launch.localRank, launch.localSize, remedy_)};
    }
    return {};
  }

 private:
  const Environment& environment_;
  std::string launcher_, remedy_;
};

/// The meeting point that people or torchrun name; required where `otherwise` gives none.
Status readMeeting(const Environment& environment, const Variables& variables, Launch& launch,
                   std::string addressOtherwise, std::int64_t portOtherwise) {
  if (!environment("MASTER_ADDR") && !addressOtherwise.empty()) {
    launch.address = std::move(addressOtherwise);
  } else {
    ROSA_TRY(launch.address, variables.text("MASTER_ADDR"));
  }
  if (portOtherwise > 0) {
    ROSA_TRY(launch.port, variables.number("MASTER_PORT", kMostPort, portOtherwise));
  } else {
    ROSA_TRY(launch.port, variables.number("MASTER_PORT", kMostPort));
  }
  if (launch.port == 0) return Error{"MASTER_PORT is 0. Write the port of the machine MASTER_ADDR that is to be used."};
  return {};
}

Expected<std::optional<Launch>> readTorchrun(const Environment& environment) {
  const bool elastic = environment("TORCHELASTIC_RUN_ID").has_value();
  const Variables variables(environment, "The launcher",
                            "Start rosa with torchrun --no-python, or set RANK, WORLD_SIZE, MASTER_ADDR and "
                            "MASTER_PORT for every process; unset all of them to train in this process alone.");
  Launch launch;
  launch.launcher = elastic ? "torchrun" : "The environment";
  ROSA_TRY(launch.size, variables.number("WORLD_SIZE", kMostProcesses));
  ROSA_TRY(launch.rank, variables.number("RANK", kMostProcesses));
  ROSA_TRY(launch.localSize, variables.number("LOCAL_WORLD_SIZE", kMostProcesses, 1));
  ROSA_TRY(launch.localRank, variables.number("LOCAL_RANK", kMostProcesses, 0));
  if (!environment("LOCAL_WORLD_SIZE")) launch.localSize = std::max(launch.localSize, launch.localRank + 1);
  ROSA_TRY(launch.restarts, variables.number("TORCHELASTIC_RESTART_COUNT", kMostProcesses, 0));
  ROSA_CHECK(variables.check(launch, "RANK", "WORLD_SIZE"));
  if (!elastic) {
    const auto tasks = environment("SLURM_STEP_NUM_TASKS");
    if (tasks && *tasks != "1" && *tasks != std::to_string(launch.size)) {
      return Error{
          fmt::format("WORLD_SIZE is {}, but srun has started {} processes. Unset RANK and WORLD_SIZE, or set "
                      "them for every process of srun.",
                      launch.size, base::printable(*tasks))};
    }
    if (launch.size == 1) return std::optional<Launch>();
  }
  ROSA_CHECK(readMeeting(environment, variables, launch, "", 0));
  launch.storeIsThere = environment("TORCHELASTIC_USE_AGENT_STORE") == "True";
  launch.onThisMachine = environment(kLocalGroupVariable).has_value();
  return std::optional(std::move(launch));
}

Expected<std::optional<Launch>> readSlurm(const Environment& environment) {
  const Variables variables(environment, "srun",
                            "Start rosa with srun, one task for each process; unset SLURM_STEP_NUM_TASKS to train in "
                            "this process alone.");
  Launch launch;
  launch.launcher = "srun";
  ROSA_TRY(launch.size, variables.number("SLURM_STEP_NUM_TASKS", kMostProcesses));
  if (launch.size == 1) return std::optional<Launch>();
  ROSA_TRY(launch.rank, variables.number("SLURM_PROCID", kMostProcesses));
  ROSA_TRY(launch.localRank, variables.number("SLURM_LOCALID", kMostProcesses));
  // "4(x2),3": as many on each of the first two machines, fewer on the last.
  ROSA_TRY(const auto perNode, variables.text("SLURM_STEP_TASKS_PER_NODE"));
  std::int64_t first = 0;
  static_cast<void>(std::from_chars(perNode.data(), perNode.data() + perNode.size(), first));
  launch.localSize = std::max(first, launch.localRank + 1);
  ROSA_CHECK(variables.check(launch, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"));
  ROSA_TRY(const auto nodes, variables.text("SLURM_STEP_NODELIST"));
  ROSA_TRY(const auto job, variables.number("SLURM_JOB_ID", INT64_MAX));
  ROSA_TRY(launch.restarts, variables.number("SLURM_RESTART_COUNT", kMostProcesses, 0));
  ROSA_CHECK(readMeeting(environment, variables, launch, firstHost(nodes), kFirstJobPort + job % kJobPorts));
  return std::optional(std::move(launch));
}

Expected<std::optional<Launch>> readOpenMpi(const Environment& environment) {
  const Variables variables(environment, "mpirun",
                            "Start rosa with mpirun, and where it spans machines name the first one's address in "
                            "MASTER_ADDR (mpirun -x MASTER_ADDR=...).");
  Launch launch;
  launch.launcher = "mpirun";
  ROSA_TRY(launch.size, variables.number("OMPI_COMM_WORLD_SIZE", kMostProcesses));
  if (launch.size == 1) return std::optional<Launch>();
  ROSA_TRY(launch.rank, variables.number("OMPI_COMM_WORLD_RANK", kMostProcesses));
  ROSA_TRY(launch.localRank, variables.number("OMPI_COMM_WORLD_LOCAL_RANK", kMostProcesses));
  ROSA_TRY(launch.localSize, variables.number("OMPI_COMM_WORLD_LOCAL_SIZE", kMostProcesses));
  ROSA_CHECK(variables.check(launch, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"));
  launch.onThisMachine = launch.localSize == launch.size;
  // All processes of one mpirun share its name space; two on one machine should not share a port.
  const auto space = environment("PMIX_NAMESPACE").value_or(environment("OMPI_MCA_ess_base_jobid").value_or(""));
  std::int64_t chosen = 0;
  const auto digest = base::digestText(space).sha256;
  static_cast<void>(std::from_chars(digest.data(), digest.data() + 8, chosen, 16));
  ROSA_CHECK(readMeeting(environment, variables, launch, launch.onThisMachine ? "127.0.0.1" : "",
                         kFirstJobPort + chosen % kJobPorts));
  return std::optional(std::move(launch));
}

}  // namespace

Environment processEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

std::string firstHost(const std::string& list) {
  const auto open = list.find_first_of("[,");
  if (open == std::string::npos || list[open] == ',') return list.substr(0, open);
  const auto close = list.find(']', open);
  const auto numbers = list.substr(open + 1, close == std::string::npos ? close : close - open - 1);
  const auto end = list.find(',', close);
  const auto rest =
      close == std::string::npos ? "" : list.substr(close + 1, end == std::string::npos ? end : end - close - 1);
  return list.substr(0, open) + numbers.substr(0, numbers.find_first_of(",-")) + rest;
}

Expected<std::optional<Launch>> readLaunch(const Environment& environment) {
  if (environment("TORCHELASTIC_RUN_ID") || environment("RANK") || environment("WORLD_SIZE")) {
    return readTorchrun(environment);
  }
  if (environment("SLURM_STEP_NUM_TASKS")) return readSlurm(environment);
  if (environment("OMPI_COMM_WORLD_SIZE") || environment("OMPI_COMM_WORLD_RANK")) return readOpenMpi(environment);
  return std::optional<Launch>();
}

}  // namespace rosa::parallel
