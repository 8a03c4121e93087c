// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "model/model_config.h"
#include "rosa/expected.h"
#include "text/tokenizer.h"

namespace rosa::service {

/// What is read of a model's folder beside its tensors: the facts of the model that a plan and a preview follow from.
struct ModelFiles {
  Expected<model::ModelConfig> config = Error{"no model is chosen"};
  Expected<text::Tokenizer> tokenizer = Error{"no model is chosen"};  ///< the config's error where that is none
  std::string state;  ///< of every file in the folder, as `stateOfFolder` tells it
};

/// Name, size and time of the last change of each file in the folder: what tells one state of a model from the next
/// without reading it.
[[nodiscard]] std::string stateOfFolder(const std::filesystem::path& folder);

/// `state` is the folder's before.
[[nodiscard]] ModelFiles readModelFiles(const std::filesystem::path& folder, std::string state);

}  // namespace rosa::service
