// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "parallel/process_group.h"
#include "rosa/expected.h"
#include "train/progress.h"
#include "train/run_control.h"

/// What the processes of a group have in common beside the gradients of each step.
namespace rosa::train {

class EventFan;
struct Session;

/// Before the first step, of a run that begins or goes on: draws the first slices where they are awaited, and gives all
/// processes of a group what rank 0 has.
[[nodiscard]] Status prepare(Session& session, Progress& progress, EventFan& events);

/// Gives all processes of the session's group the state of rank 0, bit for bit as a checkpoint would: where a run
/// begins or goes on, and after each resample, whose slices rank 0 alone draws.
[[nodiscard]] Status shareState(Session& session, Progress& progress);

/// Where the group divides the optimizer's state (ZeRO-1): brings it together on rank 0, to be saved, and divides it
/// again once `save` has returned. Called by all processes; each gets what rank 0's `save` gives back.
[[nodiscard]] bool saveTogether(Session& session, const std::function<bool()>& save);

/// Rank 0's answer.
[[nodiscard]] bool ofRankZero(bool own, parallel::ProcessGroup& group);

/// What all processes do now: rank 0's wishes, and a stop with a save where any other process is asked to stop. `wait`:
/// the run is paused, and rank 0 may take some seconds.
[[nodiscard]] RunControl::Wishes sharedWishes(RunControl& control, parallel::ProcessGroup& group, bool wait);

}  // namespace rosa::train
