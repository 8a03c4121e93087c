// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/weight_history.h"

#include <ATen/ATen.h>

#include "adapt/frozen_weight.h"
#include "checkpoint/checkpoint_folder.h"
#include "service/stored_run.h"
#include "store/run_folder.h"
#include "train/checkpoint_state.h"
#include "train/progress.h"
#include "train/session.h"

namespace rosa::experiment {

namespace {

void visitLayers(const train::Session& session, const WeightVisitor& visit) {
  const at::NoGradGuard noGrad;
  const auto& slots = session.model->linears();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto kept = slots[i]->weight();
    auto weight = adapt::widened(kept);
    if (const auto* adaptation = slots[i]->adaptation()) {
      weight = at::empty(kept.sizes(), adapt::computeOptions(kept));
      adaptation->writeMerged(weight);
    }
    visit(i, slots[i]->name(), weight.to(at::kCPU, at::kDouble, /*non_blocking=*/false, /*copy=*/true));
  }
}

}  // namespace

Status visitWeights(const std::filesystem::path& runDirectory, const WeightVisitor& visit) {
  ROSA_TRY(const auto folder, store::openRunFolder(runDirectory));
  ROSA_TRY(const auto config, service::readStoredConfig(folder));
  ROSA_TRY(const auto session, service::openRunSession(folder, config, service::DataUse::Leave));
  visitLayers(*session, visit);
  train::Progress progress;
  for (const auto& checkpoint : checkpoint::listCheckpoints(folder.checkpoints())) {
    ROSA_CHECK(train::loadCheckpoint(checkpoint.folder, *session, progress));
    visitLayers(*session, visit);
  }
  return {};
}

}  // namespace rosa::experiment
