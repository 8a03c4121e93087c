// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "rosa/config.h"

namespace rosa::ui {

/// How long parts of a run take on this machine, as they were measured.
struct Pace {
  double stepSeconds = 0;
  double resampleSeconds = 0;  ///< of all layers
};

/// The settings that a step's time depends on, as a text: those that only say how many steps there are, how far each
/// goes and where they are kept are left out.
[[nodiscard]] std::string paceKey(RunConfig config);

}  // namespace rosa::ui
