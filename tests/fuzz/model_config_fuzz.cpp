// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/model_config.h"

#include <cstddef>

#include "base/json.h"
#include "fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const auto json = base::parseJson(fuzz::asText(data, size), "the input");
  if (!json) return 0;
  const auto config = model::parseModelConfig(*json, "config.json");
  if (!config) {
    fuzz::requireSentence(config.error().message);
    return 0;
  }
  fuzz::require(config->vocabularySize > 0 && config->width > 0 && config->layers > 0 && config->heads > 0 &&
                    config->keyValueHeads > 0 && config->headDim > 0 && config->feedForward > 0,
                "every size of a model is positive");
  fuzz::require(config->heads % config->keyValueHeads == 0, "heads share keys and values evenly");
  for (std::size_t i = 0; i < config->layerSpecs.size(); ++i) {
    const auto& layer = config->layerSpecs[i];
    fuzz::require(layer.keyValueHeads > 0 && layer.heads % layer.keyValueHeads == 0, "a layer's own heads do, too");
    fuzz::require(layer.keysOf < static_cast<int>(i), "keys and values are of a layer before");
  }
  return 0;
}
