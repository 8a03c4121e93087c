// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "device/tensor_source.h"
#include "model/model_config.h"
#include "rosa/expected.h"

namespace rosa::model {

/// The table of the tokens, to which an output layer may be tied.
[[nodiscard]] std::string tokenTable(const ModelConfig& config);
/// The output layer of a model that predicts tokens, as files name it; empty where they never hold it.
[[nodiscard]] std::string outputLayer(const ModelConfig& config);
/// Whether the output layer of the model, with the head that it has, is the token table.
[[nodiscard]] bool outputIsTable(const ModelConfig& config);

/// `config` with its tie as `source` bears it out. Where config.json ties the output layer to the token table and the
/// files hold both, they stay tied if they hold the same numbers; otherwise each is used as it stands, as Transformers
/// 5.24 does, and a remark says so. An encoder's head for hidden tokens is refused then (EncoderSpec::maskRefusal).
/// Reads the two tables at most.
[[nodiscard]] Expected<ModelConfig> settleTie(ModelConfig config, const device::TensorSource& source);

}  // namespace rosa::model
