// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/expected.h"

namespace rosa::train {

struct Session;

/// The second half of `openSession`, for a session that has its config, device, model and examples: attaches the
/// method, collects what trains, lays out the arena, makes optimizer, batcher and counts. Parity tests come in here
/// with a model and examples of their own, so that they train as a run does. Draws no slice. An error lists every
/// mistake.
[[nodiscard]] Status assembleSession(Session& session);

}  // namespace rosa::train
