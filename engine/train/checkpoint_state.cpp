// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/checkpoint_state.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "adapt/frozen_weight.h"
#include "base/file.h"
#include "base/text.h"
#include "checkpoint/checkpoint_folder.h"
#include "checkpoint/checkpoint_writer.h"
#include "checkpoint/manifest.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/tensors.h"
#include "config/values.h"
#include "rosa/method_traits.h"
#include "train/progress_json.h"
#include "train/session.h"

namespace rosa::train {

namespace {

constexpr const char* kTensors = "state.safetensors";
constexpr const char* kProgress = "progress.json";
constexpr std::uint64_t kLargestProgress = std::uint64_t{256} << 20;

/// The stored tensors that training can change: W of the adapted layers, as it is kept, and all that trains densely.
std::vector<model::NamedTensor> changingTensors(const Session& session) {
  std::set<std::string> names;
  for (const auto& layer : session.layers) names.insert(layer.name + ".weight");
  for (const auto* parameter : session.parameters) names.insert(parameter->name);
  // A head drawn by this run is nowhere else, whether it trains or not.
  std::vector<model::NamedTensor> chosen;
  for (const auto& stored : session.model->tensors()) {
    if (!stored.ofHead() && !names.contains(stored.name)) continue;
    chosen.push_back(stored);
    chosen.back().tensor = adapt::kept(stored.tensor);
  }
  return chosen;
}

std::string layerPrefix(const AdaptedLayer& layer) {
  return "layer." + layer.name + ".";
}

StoredProgress storedProgress(const Session& session, const Progress& progress) {
  StoredProgress stored{session.baseFingerprint, config::formatValue(session.config.form), progress, {}};
  for (const auto& layer : session.layers) {
    const auto& slice = layer.slice;
    stored.slices.push_back({layer.name, slice.start, slice.count, slice.directions, slice.indices, slice.indexed});
  }
  return stored;
}

/// Whether the stored slices are of these layers.
bool fitLayers(const std::vector<StoredSlice>& slices, const std::vector<AdaptedLayer>& layers) {
  return std::ranges::equal(slices, layers, [](const StoredSlice& slice, const AdaptedLayer& layer) {
    const auto weight = layer.slot->weight();
    const auto side = std::min(weight.size(0), weight.size(1));
    return slice.layer == layer.name && (slice.count == 0 || slice.directions == side);
  });
}

Status restoreTensors(const device::TensorSource& source, Session& session) {
  const at::NoGradGuard noGrad;
  for (const auto& stored : changingTensors(session)) {
    ROSA_CHECK(source.read("model." + stored.name, stored.tensor));
  }
  ROSA_CHECK(session.arena->restore(source, "arena."));
  for (auto& layer : session.layers) {
    ROSA_CHECK(layer.adaptation->restoreState(source, layerPrefix(layer)));
  }
  if (session.average) ROSA_CHECK(session.average->restore(source, "average."));
  return {};
}

}  // namespace

RunState stateOf(const Session& session, const Progress& progress) {
  RunState state;
  const auto add = [&](const std::string& prefix, const auto& tensors) {
    for (const auto& [name, tensor] : tensors) state.tensors.emplace_back(prefix + name, tensor);
  };
  for (const auto& stored : changingTensors(session)) state.tensors.emplace_back("model." + stored.name, stored.tensor);
  add("arena.", session.arena->state());
  for (const auto& layer : session.layers) add(layerPrefix(layer), layer.adaptation->state());
  if (session.average) add("average.", session.average->state());
  state.progress = formatProgress(storedProgress(session, progress));
  return state;
}

Expected<SavedCheckpoint> saveCheckpoint(const Session& session, const Progress& progress,
                                         const std::filesystem::path& folder) {
  auto& files = base::FileSystem::real();
  const auto state = stateOf(session, progress);
  std::vector<checkpoint::TensorToWrite> tensors;
  for (const auto& [name, tensor] : state.tensors) tensors.push_back(checkpoint::tensorToWrite(name, tensor));
  SavedCheckpoint saved;
  for (const auto& tensor : tensors) saved.bytes += static_cast<std::int64_t>(tensor.bytes());

  ROSA_TRY(auto writer, checkpoint::CheckpointWriter::begin(files, folder, progress.step));
  ROSA_CHECK(writer.writeTensors(kTensors, tensors));
  ROSA_CHECK(writer.writeText(kProgress, state.progress));
  ROSA_TRY(const auto checkpoint, writer.commit());
  saved.directory = checkpoint.folder;

  checkpoint::Retention retention{
      .newest = progress.step, .keep = std::max<std::int64_t>(1, session.config.keepCheckpoints), .best = {}};
  for (const auto& good : progress.best) retention.best.push_back(good.step);
  ROSA_CHECK(checkpoint::pruneCheckpoints(files, folder, retention));
  return saved;
}

Status loadCheckpoint(const std::filesystem::path& checkpoint, Session& session, Progress& progress) {
  auto& files = base::FileSystem::real();
  ROSA_CHECK(checkpoint::verifyCheckpoint(files, checkpoint));
  ROSA_TRY(const auto text, base::readFile(files, checkpoint / kProgress, kLargestProgress));
  ROSA_TRY(const auto file, checkpoint::SafetensorsFile::open(files, checkpoint / kTensors));
  return restoreRun(checkpoint::FileTensorSource(file), text, checkpoint, session, progress);
}

Status restoreRun(const device::TensorSource& tensors, const std::string& text, const std::filesystem::path& checkpoint,
                  Session& session, Progress& progress) {
  const auto path = checkpoint / kProgress;
  ROSA_TRY(auto stored, parseProgress(text, path));
  if (stored.baseFingerprint != session.baseFingerprint) {
    return Error{
        fmt::format("The model in {} is not the one that the checkpoint {} was trained from: its files have "
                    "changed. Put the original model back, or start a new run.",
                    session.config.model.string(), checkpoint.string())};
  }
  // The stored W holds the slices in one form and lacks them in the other.
  if (stored.form != config::formatValue(session.config.form) && hasForm(session.config.method)) {
    return Error{fmt::format("The checkpoint {} was trained in the other form. Write form: {} in config.yaml.",
                             checkpoint.string(), base::printable(stored.form))};
  }
  if (!fitLayers(stored.slices, session.layers)) {
    return Error{
        fmt::format("{} holds other layers than config.yaml chooses. Undo the change in config.yaml.", path.string())};
  }
  ROSA_CHECK(restoreTensors(tensors, session));
  progress = std::move(stored.progress);
  for (std::size_t i = 0; i < session.layers.size(); ++i) {
    auto& layer = session.layers[i];
    auto& slice = stored.slices[i];
    layer.slice = {slice.start, slice.count, slice.directions, std::move(slice.indices), slice.indexed};
    layer.adaptation->restored(progress.cycle, layer.slice);
  }
  return {};
}

}  // namespace rosa::train
