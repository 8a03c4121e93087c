// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "device/tensor_source.h"
#include "model/model_config.h"
#include "rosa/expected.h"

namespace rosa::model {

/// The table of a decoder's tokens, to which its output layer may be tied.
[[nodiscard]] std::string tokenTable(const ModelConfig& config);

/// `config` with its tie as `source` bears it out. Where config.json ties the output layer to the token table and the
/// files hold both, they stay tied if they hold the same numbers; otherwise each is used as it stands, as Transformers
/// 5.24 does, and a remark says so. Reads the two tables at most.
[[nodiscard]] Expected<ModelConfig> settleTie(ModelConfig config, const device::TensorSource& source);

}  // namespace rosa::model
