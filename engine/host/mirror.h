// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "host/remote_shell.h"
#include "rosa/runs.h"
#include "store/run_origin.h"

/// The folder here of a run that lies on another machine: its settings, and what it has told as far as it was followed.
namespace rosa::host {

/// The answer among what a host printed; start-up files of its shell may print before it.
[[nodiscard]] Expected<HostAnswer> answerOf(const RemoteShell& shell, std::string_view printed);

/// The plan among what `rosa host plan` printed.
[[nodiscard]] Expected<RunPlan> planOf(const RemoteShell& shell, std::string_view printed);

/// Finds the folder of the host's run in the home, or makes it.
[[nodiscard]] Expected<store::RunFolder> mirrorOf(const std::string& host, const HostAnswer& answer);

}  // namespace rosa::host
