// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/config_reader.h"
#include "model/model_config.h"

/// How each decoder's config.json is read (rows of architecture.cpp). What a file does not say is what the
/// configuration class of Transformers 5.24 has.
namespace rosa::model {

void readGpt2(ConfigReader& reader, ModelConfig& config);
void readLlama(ConfigReader& reader, ModelConfig& config);
void readQwen2(ConfigReader& reader, ModelConfig& config);
void readQwen3(ConfigReader& reader, ModelConfig& config);
void readMistral(ConfigReader& reader, ModelConfig& config);
void readMinistral3(ConfigReader& reader, ModelConfig& config);
void readGemma2(ConfigReader& reader, ModelConfig& config);
void readGemma3(ConfigReader& reader, ModelConfig& config);
void readGemma4(ConfigReader& reader, ModelConfig& config);
void readPhi3(ConfigReader& reader, ModelConfig& config);
void readSmolLm3(ConfigReader& reader, ModelConfig& config);
void readOlmo2(ConfigReader& reader, ModelConfig& config);
void readOlmo3(ConfigReader& reader, ModelConfig& config);
void readGranite(ConfigReader& reader, ModelConfig& config);
void readCohere2(ConfigReader& reader, ModelConfig& config);
void readHelium(ConfigReader& reader, ModelConfig& config);
void readErnie45(ConfigReader& reader, ModelConfig& config);
void readExaone4(ConfigReader& reader, ModelConfig& config);
void readHunyuan(ConfigReader& reader, ModelConfig& config);

}  // namespace rosa::model
