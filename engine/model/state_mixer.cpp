// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/state_mixer.h"

#include <fmt/format.h>

#include "model/gated_delta.h"
#include "model/model_config.h"
#include "model/short_convolution.h"

namespace rosa::model {

at::Tensor StateStream::convolved(const at::Tensor& x, const at::Tensor& weight, std::size_t layer) const {
  if (parts == nullptr) return causalConvolution(x, weight, rows);
  std::vector<at::Tensor> histories;
  for (const auto& part : *parts) histories.push_back(part.states[layer].history);
  auto y = causalConvolution(x, weight, rows, histories);
  for (std::size_t i = 0; i < histories.size(); ++i) (*parts)[i].states[layer].history = histories[i];
  return y;
}

at::Tensor StateStream::remembered(const DeltaInput& input, std::size_t layer) const {
  if (parts == nullptr) return gatedDeltaRule(input, chunks);
  std::vector<at::Tensor> memories;
  for (const auto& part : *parts) memories.push_back(part.states[layer].memory);
  auto y = gatedDeltaRule(input, chunks, memories);
  for (std::size_t i = 0; i < memories.size(); ++i) (*parts)[i].states[layer].memory = memories[i];
  return y;
}

std::unique_ptr<StateMixer> makeStateMixer(ModelParts& parts, const ModelConfig& config, std::size_t layer,
                                           const std::string& block) {
  const auto prefix = fmt::format("{}{}.", block, config.decoder.names->mixer);
  switch (config.layerSpecs[layer].mixer) {
    case Mixer::Attention:
      break;
    case Mixer::ShortConvolution:
      return std::make_unique<ShortConvolution>(parts, config, layer, prefix);
    case Mixer::GatedDelta:
      return std::make_unique<GatedDelta>(parts, config, layer, prefix);
  }
  return nullptr;
}

}  // namespace rosa::model
