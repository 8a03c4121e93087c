// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "rosa/chat.h"
#include "rosa/expected.h"

namespace rosa::service {

/// Opens model, tokenizer and chat template. Refuses a model that neither continues text nor judges one.
[[nodiscard]] Expected<std::unique_ptr<LoadedModel>> loadModel(const ModelRequest& request);

}  // namespace rosa::service
