// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/config_reader.h"
#include "model/model_config.h"

/// How config.json is read of decoders whose layers keep states in place of keys and values (rows of architecture.cpp).
/// What a file does not say is what the configuration class of Transformers 5.24 has.
namespace rosa::model {

void readLfm2(ConfigReader& reader, ModelConfig& config);
void readQwen35(ConfigReader& reader, ModelConfig& config);

}  // namespace rosa::model
