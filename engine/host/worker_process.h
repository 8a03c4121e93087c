// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "rosa/expected.h"
#include "rosa/services.h"
#include "store/run_folder.h"

namespace rosa::host {

/// Starts `program` as the worker of a run, in a session of its own, so that neither the end of this process nor of its
/// terminal ends it; what it prints goes to worker.log. Returns when it is on its own. The run's lock and the device's
/// pass over to it: between this call and its end nobody else can take them. `lockDescriptor` of the request is not
/// looked at; `device` of -1 is none.
[[nodiscard]] Status spawnWorker(const std::filesystem::path& program, const WorkRequest& request,
                                 const store::RunLock& lock, int device);

/// How a process ended, as a sentence; empty for one that returned an exit code by itself.
[[nodiscard]] std::string howItEnded(int waitStatus);

}  // namespace rosa::host
