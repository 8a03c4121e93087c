// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/expected.h"
#include "rosa/services.h"

namespace rosa::service {

/// Loss and metrics of a model or of a run's checkpoint, on the data that are named or on the run's own validation
/// rows.
[[nodiscard]] Expected<EvaluationReport> evaluateModel(const EvaluationRequest& request);

}  // namespace rosa::service
