// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "rosa/expected.h"

namespace rosa::parallel {

/// One process's place in a group, and where the group meets.
struct Launch {
  std::int64_t rank = 0;  ///< 0 leads: it writes the run's folder
  std::int64_t size = 1;
  std::int64_t localRank = 0;  ///< on its machine: the GPU that it takes
  std::int64_t localSize = 1;  ///< processes on its machine: they share its cores
  std::string address;         ///< of the machine where the group meets
  std::int64_t port = 0;
  bool storeIsThere = false;   ///< the launcher holds the meeting point itself; else rank 0 opens it
  std::int64_t restarts = 0;   ///< how often the launcher has started the group anew
  std::string launcher;        ///< "torchrun", "srun", "mpirun", or "--processes", for sentences
  bool onThisMachine = false;  ///< all of the group: nothing listens to other machines
  int listening = -1;          ///< descriptor of a socket that already listens on `port`; -1 = none
};

/// Of a process that a LocalGroup started: that its group is on this machine alone.
inline constexpr const char* kLocalGroupVariable = "ROSA_LOCAL_GROUP";

/// A variable's value; nothing where it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// Of this process.
[[nodiscard]] Environment processEnvironment();

/// What a launcher has said of this process: torchrun and whoever else sets RANK and WORLD_SIZE, Slurm's srun, or Open
/// MPI's mpirun. Nothing without one, or where it started a single process. An error names the variable and the remedy:
/// one is missing, is no number, or contradicts another.
[[nodiscard]] Expected<std::optional<Launch>> readLaunch(const Environment& environment);

/// The first host of Slurm's list: "node[03-05,9],other" begins with "node03".
[[nodiscard]] std::string firstHost(const std::string& list);

}  // namespace rosa::parallel
