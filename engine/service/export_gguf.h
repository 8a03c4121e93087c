// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/expected.h"
#include "rosa/services.h"

namespace rosa::service {

/// Writes the model that a run's checkpoint amounts to, or that a folder holds, as one GGUF file with a Modelfile for
/// Ollama beside it. The file is read back and compared tensor by tensor before it takes its name.
[[nodiscard]] Expected<ExportReport> exportGguf(const ExportRequest& request);

}  // namespace rosa::service
