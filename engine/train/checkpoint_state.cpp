// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/checkpoint_state.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "checkpoint/checkpoint_folder.h"
#include "checkpoint/checkpoint_writer.h"
#include "checkpoint/manifest.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/tensors.h"
#include "config/values.h"
#include "rosa/method_traits.h"
#include "train/session.h"

namespace rosa::train {

namespace {

constexpr const char* kTensors = "state.safetensors";
constexpr const char* kProgress = "progress.json";
constexpr std::int64_t kVersion = 1;

using base::Json;

/// The stored tensors that training can change: W of the adapted layers, and all that trains densely.
std::vector<model::NamedTensor> changingTensors(const Session& session) {
  std::set<std::string> names;
  for (const auto& layer : session.layers) names.insert(layer.name + ".weight");
  for (const auto* parameter : session.parameters) names.insert(parameter->name);
  // A head drawn by this run is nowhere else, whether it trains or not.
  std::vector<model::NamedTensor> chosen;
  for (const auto& stored : session.model->tensors()) {
    const bool head = stored.role == model::Role::HeadWeight || stored.role == model::Role::HeadBias;
    if (head || names.contains(stored.name)) chosen.push_back(stored);
  }
  return chosen;
}

std::string layerPrefix(const AdaptedLayer& layer) {
  return "layer." + layer.name + ".";
}

/// NaN, which JSON lacks, is written as null.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}
double numberOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : std::nan("");
}
std::int64_t integerOf(const Json& json, const char* key, std::int64_t otherwise) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

Json progressJson(const Session& session, const Progress& progress) {
  Json json;
  json["version"] = kVersion;
  json["base_fingerprint"] = session.baseFingerprint;
  json["form"] = config::formatValue(session.config.form);
  json["step"] = progress.step;
  json["cycle"] = progress.cycle;
  json["resampled_step"] = progress.resampledStep;
  json["plateau"] = {{"lowest", number(progress.plateau.lowest)}, {"step", progress.plateau.step}};
  json["elapsed_seconds"] = progress.elapsedSeconds;
  json["last_loss"] = number(progress.lastLoss);
  json["best_value"] = number(progress.bestValue);
  json["best_step"] = progress.bestStep;
  json["best"] = Json::array();
  for (const auto& good : progress.best) json["best"].push_back({good.step, good.value});
  json["evaluations_without_better"] = progress.evaluationsWithoutBetter;
  json["last_metrics"] = Json::array();
  for (const auto& [name, value] : progress.lastMetrics) json["last_metrics"].push_back({name, number(value)});
  const auto& smoothed = progress.smoothedLoss;
  Json open = Json::array();
  for (const auto& entry : smoothed.open()) open.push_back({entry.cycle, entry.step, entry.before});
  json["smoothed_loss"] = {{"sum", smoothed.sum()}, {"weight", smoothed.weight()}, {"open", open}};
  json["slices"] = Json::array();
  for (const auto& layer : session.layers) {
    const auto& slice = layer.slice;
    json["slices"].push_back(
        {layer.name, slice.start, slice.count, slice.directions, Json(slice.indices), slice.indexed});
  }
  return json;
}

/// What progressJson wrote; runs from before there were other slices than windows lack the end of it.
adapt::Slice sliceOf(const Json& entry) {
  adapt::Slice slice{entry[1].get<std::int64_t>(), entry[2].get<std::int64_t>(), entry[3].get<std::int64_t>()};
  if (entry.size() > 5) {
    slice.indices = entry[4].get<std::vector<std::int64_t>>();
    slice.indexed = entry[5].get<bool>();
  }
  return slice;
}

void readProgress(const Json& json, Progress& progress) {
  progress.step = integerOf(json, "step", 0);
  progress.cycle = integerOf(json, "cycle", 0);
  progress.resampledStep = integerOf(json, "resampled_step", 0);
  const auto plateau = json.value("plateau", Json::object());
  progress.plateau = {numberOf(plateau, "lowest"), integerOf(plateau, "step", 0)};
  const double elapsed = numberOf(json, "elapsed_seconds");
  progress.elapsedSeconds = std::isfinite(elapsed) ? elapsed : 0;
  progress.lastLoss = numberOf(json, "last_loss");
  progress.bestValue = numberOf(json, "best_value");
  progress.bestStep = integerOf(json, "best_step", -1);
  progress.best.clear();
  for (const auto& good : json.value("best", Json::array())) {
    progress.best.push_back({good[0].get<std::int64_t>(), good[1].get<double>()});
  }
  // Runs from before there could be several.
  if (progress.best.empty() && progress.bestStep >= 0) progress.best = {{progress.bestStep, progress.bestValue}};
  progress.evaluationsWithoutBetter = integerOf(json, "evaluations_without_better", 0);
  progress.lastMetrics.clear();
  for (const auto& entry : json["last_metrics"]) {
    progress.lastMetrics.emplace_back(entry[0].get<std::string>(),
                                      entry[1].is_number() ? entry[1].get<double>() : std::nan(""));
  }
  const auto& smoothed = json["smoothed_loss"];
  std::deque<SmoothedLoss::Open> open;
  for (const auto& entry : smoothed["open"]) {
    open.push_back({entry[0].get<std::int64_t>(), entry[1].get<std::int64_t>(), entry[2].get<double>()});
  }
  progress.smoothedLoss.restore(smoothed["sum"].get<double>(), smoothed["weight"].get<double>(), std::move(open));
}

Status restoreTensors(const std::filesystem::path& checkpoint, Session& session) {
  ROSA_TRY(const auto file, checkpoint::SafetensorsFile::open(base::FileSystem::real(), checkpoint / kTensors));
  const checkpoint::FileTensorSource source(file);
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

Expected<SavedCheckpoint> saveCheckpoint(const Session& session, const Progress& progress,
                                         const std::filesystem::path& folder) {
  auto& files = base::FileSystem::real();
  std::vector<checkpoint::TensorToWrite> tensors;
  for (const auto& stored : changingTensors(session)) {
    tensors.push_back(checkpoint::tensorToWrite("model." + stored.name, stored.tensor));
  }
  for (const auto& [name, tensor] : session.arena->state()) {
    tensors.push_back(checkpoint::tensorToWrite("arena." + name, tensor));
  }
  for (const auto& layer : session.layers) {
    for (const auto& [name, tensor] : layer.adaptation->state()) {
      tensors.push_back(checkpoint::tensorToWrite(layerPrefix(layer) + name, tensor));
    }
  }
  if (session.average) {
    for (const auto& [name, tensor] : session.average->state()) {
      tensors.push_back(checkpoint::tensorToWrite("average." + name, tensor));
    }
  }
  SavedCheckpoint saved;
  for (const auto& tensor : tensors) saved.bytes += static_cast<std::int64_t>(tensor.bytes());

  ROSA_TRY(auto writer, checkpoint::CheckpointWriter::begin(files, folder, progress.step));
  ROSA_CHECK(writer.writeTensors(kTensors, tensors));
  ROSA_CHECK(writer.writeText(kProgress, progressJson(session, progress).dump(1) + "\n"));
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
  const auto path = checkpoint / kProgress;
  ROSA_TRY(const auto json, base::readJsonFile(files, path));
  if (integerOf(json, "version", 0) != kVersion) {
    return Error{fmt::format("{} was written by another version of this program. Start the run anew.", path.string())};
  }
  if (json.value("base_fingerprint", "") != session.baseFingerprint) {
    return Error{
        fmt::format("The model in {} is not the one that the checkpoint {} was trained from: its files have "
                    "changed. Put the original model back, or start a new run.",
                    session.config.model.string(), checkpoint.string())};
  }
  // The stored W holds the slices in one form and lacks them in the other.
  const auto form = json.value("form", "");
  if (form != config::formatValue(session.config.form) && hasForm(session.config.method)) {
    return Error{fmt::format("The checkpoint {} was trained in the other form. Write form: {} in config.yaml.",
                             checkpoint.string(), form)};
  }
  try {
    readProgress(json, progress);
    const auto& slices = json["slices"];
    if (slices.size() != session.layers.size()) {
      return Error{fmt::format("{} holds other layers than config.yaml chooses. Undo the change in config.yaml.",
                               path.string())};
    }
    ROSA_CHECK(restoreTensors(checkpoint, session));
    for (std::size_t i = 0; i < session.layers.size(); ++i) {
      auto& layer = session.layers[i];
      layer.slice = sliceOf(slices[i]);
      layer.adaptation->restored(progress.cycle, layer.slice);
    }
  } catch (const Json::exception&) {
    return Error{fmt::format("{} lacks a value it should hold. Resume from an older checkpoint.", path.string())};
  }
  return {};
}

}  // namespace rosa::train
