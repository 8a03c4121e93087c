// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/weight_history.h"

#include <ATen/ATen.h>

#include "checkpoint/checkpoint_folder.h"
#include "service/stored_run.h"
#include "store/run_folder.h"
#include "train/checkpoint_state.h"
#include "train/progress.h"
#include "train/session.h"

namespace rosa::experiment {

namespace {

void append(const train::Session& session, std::vector<LayerHistory>& layers) {
  const at::NoGradGuard noGrad;
  const auto& slots = session.model->linears();
  layers.resize(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    layers[i].name = slots[i]->name();
    auto weight = slots[i]->weight();
    if (const auto* adaptation = slots[i]->adaptation()) {
      const auto merged = at::empty_like(weight);
      adaptation->writeMerged(merged);
      weight = merged;
    }
    layers[i].weights.push_back(weight.to(at::kCPU, at::kDouble, /*non_blocking=*/false, /*copy=*/true));
  }
}

}  // namespace

Expected<std::vector<LayerHistory>> readWeightHistory(const std::filesystem::path& runDirectory) {
  ROSA_TRY(const auto folder, store::openRunFolder(runDirectory));
  ROSA_TRY(const auto config, service::readStoredConfig(folder));
  ROSA_TRY(const auto session, train::openSession(config));
  std::vector<LayerHistory> layers;
  append(*session, layers);
  train::Progress progress;
  for (const auto& checkpoint : checkpoint::listCheckpoints(folder.checkpoints())) {
    ROSA_CHECK(train::loadCheckpoint(checkpoint.folder, *session, progress));
    append(*session, layers);
  }
  return layers;
}

}  // namespace rosa::experiment
