// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/export_run.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/json.h"
#include "checkpoint/checkpoint_folder.h"
#include "checkpoint/model_writer.h"
#include "checkpoint/tensors.h"
#include "data/examples.h"
#include "service/model_card.h"
#include "service/stored_run.h"
#include "store/event_log.h"
#include "train/batch_tensors.h"
#include "train/checkpoint_state.h"
#include "train/opened_model.h"

namespace rosa::service {

namespace {

constexpr std::int64_t kComparedTokens = 512;

Expected<std::filesystem::path> chooseCheckpoint(const ExportRequest& request, const store::RunFolder& folder) {
  if (request.checkpoint == "last" || request.checkpoint.empty()) {
    ROSA_TRY(const auto newest, checkpoint::newestVerified(base::FileSystem::real(), folder.checkpoints()));
    return newest.checkpoint.folder;
  }
  std::int64_t step = -1;
  if (request.checkpoint == "best") {
    ROSA_TRY(const auto events, store::readEvents(folder));
    for (const auto& event : store::effectiveEvents(events)) {
      const auto* evaluation = std::get_if<EvaluationCompleted>(&event);
      if (evaluation != nullptr && evaluation->best) step = evaluation->step;
    }
    if (step < 0) return Error{"The run was never evaluated, so none of its checkpoints is the best. Choose last."};
  } else {
    const auto& text = request.checkpoint;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step);
    if (error != std::errc() || end != text.data() + text.size()) {
      return Error{fmt::format("\"{}\" is no checkpoint. Choose best, last, or a step number.", text)};
    }
  }
  const auto path = checkpoint::checkpointPath(folder.checkpoints(), step);
  if (std::filesystem::exists(path)) return path;
  std::string known;
  for (const auto& there : checkpoint::listCheckpoints(folder.checkpoints())) {
    known += (known.empty() ? "" : ", ") + std::to_string(there.step);
  }
  return Error{fmt::format("{} has no checkpoint of step {}. There are: {}.", folder.path.string(), step, known)};
}

/// Every stored tensor with the trained slices inside it.
std::vector<checkpoint::TensorToWrite> mergedTensors(const train::Session& session) {
  std::vector<checkpoint::TensorToWrite> tensors;
  for (const auto& stored : session.model->tensors()) {
    const auto layer = std::find_if(session.layers.begin(), session.layers.end(),
                                    [&](const auto& one) { return one.name + ".weight" == stored.name; });
    auto tensor = stored.tensor;
    if (layer != session.layers.end()) {
      tensor = at::empty(stored.tensor.sizes(), stored.tensor.options());
      // A layer's W is [in, out]; most checkpoints store it the other way round.
      const bool sameWay = layer->slot->weight().strides() == stored.tensor.strides();
      layer->adaptation->writeMerged(sameWay ? tensor : tensor.t());
    }
    tensors.push_back(checkpoint::tensorToWrite(stored.name, tensor, at::kFloat));
  }
  return tensors;
}

Status copyCompanions(const std::filesystem::path& from, const std::filesystem::path& to) {
  auto& files = base::FileSystem::real();
  constexpr std::uint64_t kLargest = std::uint64_t{256} << 20;
  for (const char* name :
       {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt", "vocab.txt",
        "tokenizer.model", "added_tokens.json", "chat_template.jinja", "generation_config.json", "LICENSE"}) {
    if (!std::filesystem::exists(from / name)) continue;
    ROSA_TRY(const auto bytes, base::readFile(files, from / name, kLargest));
    ROSA_CHECK(base::writeFileAtomically(files, to / name, bytes));
  }
  return {};
}

/// generation_config.json for a language model whose folder has none.
std::string generationConfig(const model::ModelConfig& config) {
  base::Json json = base::Json::object();
  if (config.bosId) json["bos_token_id"] = *config.bosId;
  if (config.eosIds.size() == 1) json["eos_token_id"] = config.eosIds[0];
  if (config.eosIds.size() > 1) json["eos_token_id"] = config.eosIds;
  if (config.padId) json["pad_token_id"] = *config.padId;
  return json.dump(2) + "\n";
}

/// The first examples, up to a few hundred tokens.
model::Batch comparedBatch(const train::Session& session) {
  const auto& examples = session.validation.empty() ? session.training : session.validation;
  std::vector<std::int64_t> chosen;
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < examples.size() && (tokens < kComparedTokens || chosen.empty()); ++i) {
    chosen.push_back(static_cast<std::int64_t>(i));
    tokens += static_cast<std::int64_t>(examples[i].tokenIds.size());
  }
  const auto flat = data::makeFlatBatch(examples, chosen, data::targetKind(session.config.task),
                                        session.model->config().firstPosition);
  return train::toTensors(flat, session.device);
}

Status compareWithDisk(train::Session& session, const std::filesystem::path& folder, ExportReport& report) {
  const auto batch = comparedBatch(session);
  const auto live = session.model->logits(batch);
  model::BuildOptions options;
  options.device = session.device;
  ROSA_TRY(auto reloaded, train::openModel(folder, options));
  const auto logits = reloaded->logits(batch);
  if (!logits.sizes().equals(live.sizes())) return Error{"The exported model's logits have another shape."};
  report.comparedLogits = logits.numel();
  report.largestLogitDifference = (logits - live).abs().max().item<double>();
  return {};
}

}  // namespace

Expected<ExportReport> exportRun(const ExportRequest& request) {
  auto& files = base::FileSystem::real();
  ROSA_TRY(const auto run, store::openRunFolder(request.runDirectory));
  ROSA_TRY(const auto checkpoint, chooseCheckpoint(request, run));
  ROSA_TRY(auto folder, base::AtomicFolder::begin(files, request.destination));
  ROSA_TRY(const auto config, readStoredConfig(run));
  ROSA_TRY(auto session, train::openSession(config));
  train::Progress progress;
  ROSA_CHECK(train::loadCheckpoint(checkpoint, *session, progress));
  if (session->average) session->average->exchange();  // for good: the averaged weights are what is exported

  ExportReport report;
  report.directory = request.destination;
  report.step = progress.step;
  const auto& target = folder.temporaryPath();
  ROSA_TRY(const auto written, checkpoint::writeModelTensors(files, target, mergedTensors(*session)));
  for (const auto& file : written) report.bytes += static_cast<std::int64_t>(file.digest.bytes);
  ROSA_TRY(const auto baseConfig, base::readJsonFile(files, config.model / "config.json"));
  ROSA_CHECK(
      base::writeFileAtomically(files, target / "config.json", exportedConfig(baseConfig, *session).dump(2) + "\n"));
  ROSA_CHECK(copyCompanions(config.model, target));
  if (session->model->config().decoder() && !std::filesystem::exists(target / "generation_config.json")) {
    ROSA_CHECK(base::writeFileAtomically(files, target / "generation_config.json",
                                         generationConfig(session->model->config())));
  }
  ROSA_CHECK(compareWithDisk(*session, target, report));
  auto card = modelCard(*session, progress);
  card += fmt::format("\nReloaded from disk, the largest difference of {} logits from the live model was {:.3g}.\n",
                      report.comparedLogits, report.largestLogitDifference);
  ROSA_CHECK(base::writeFileAtomically(files, target / "README.md", card));
  for (const auto& entry : std::filesystem::directory_iterator(target)) {
    report.files.push_back(entry.path().filename().string());
  }
  std::sort(report.files.begin(), report.files.end());
  ROSA_CHECK(folder.commit());

  // A run that is being trained writes its own events; its exports are told by their folder alone.
  if (auto lock = store::RunLock::take(run)) {
    ROSA_TRY(auto log, store::EventLog::open(run));
    ROSA_CHECK(log.append(ExportCompleted{report.directory.string(), report.bytes, report.largestLogitDifference,
                                          report.comparedLogits}));
  }
  return report;
}

}  // namespace rosa::service
