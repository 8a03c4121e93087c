// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/merged_tensors.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "adapt/frozen_weight.h"
#include "model/token_rows.h"
#include "train/session.h"

namespace rosa::train {

namespace {

const AdaptedLayer* layerOf(const Session& session, const std::string& tensor, const char* ending) {
  const auto found =
      std::ranges::find_if(session.layers, [&](const auto& layer) { return layer.name + ending == tensor; });
  return found == session.layers.end() ? nullptr : &*found;
}

}  // namespace

std::vector<model::NamedTensor> mergedTensors(const Session& session) {
  const at::NoGradGuard noGrad;
  std::vector<model::NamedTensor> tensors;
  for (auto stored : session.model->tensors()) {
    if (const auto* layer = layerOf(session, stored.name, ".weight")) {
      auto merged = at::empty(stored.tensor.sizes(), adapt::computeOptions(stored.tensor));
      // A layer's W is [in, out]; most checkpoints store it the other way round.
      const bool sameWay = layer->slot->weight().strides() == stored.tensor.strides();
      layer->adaptation->writeMerged(sameWay ? merged : merged.t());
      stored.tensor = merged;
    } else if (const auto* scaled = layerOf(session, stored.name, ".bias");
               scaled != nullptr && scaled->adaptation->scalesBias()) {
      stored.tensor = stored.tensor * scaled->adaptation->outputScale();
    } else if (const auto* rows = session.model->trainedRows(stored.name)) {
      stored.tensor = rows->merged(stored.tensor);
    } else {
      stored.tensor = adapt::widened(stored.tensor);
    }
    tensors.push_back(std::move(stored));
  }
  return tensors;
}

}  // namespace rosa::train
