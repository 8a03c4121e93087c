// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/config_reader.h"
#include "model/model_config.h"

/// How each encoder's config.json is read (rows of architecture.cpp).
namespace rosa::model {

void readBert(ConfigReader& reader, ModelConfig& config);
void readRoberta(ConfigReader& reader, ModelConfig& config);
void readDistilBert(ConfigReader& reader, ModelConfig& config);
void readElectra(ConfigReader& reader, ModelConfig& config);
void readAlbert(ConfigReader& reader, ModelConfig& config);
void readModernBert(ConfigReader& reader, ModelConfig& config);
void readDeberta(ConfigReader& reader, ModelConfig& config);

}  // namespace rosa::model
