// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/export_run.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "checkpoint/model_folder.h"
#include "checkpoint/model_writer.h"
#include "checkpoint/peft_adapter.h"
#include "checkpoint/tensors.h"
#include "config/values.h"
#include "rosa/method_traits.h"
#include "service/chat_of_run.h"
#include "service/export_delta.h"
#include "service/export_gguf.h"
#include "service/export_proof.h"
#include "service/import_gguf.h"
#include "service/model_card.h"
#include "service/peft_of_run.h"
#include "service/prompt_adapter.h"
#include "service/stored_run.h"
#include "store/event_log.h"
#include "train/carried_tensors.h"
#include "train/finite.h"
#include "train/opened_model.h"
#include "train/start_adapter.h"
#include "train/stored_types.h"

namespace rosa::service {

namespace {

/// The files of tokenizer and picture processor, the chat templates of all places and the licence, byte for byte.
Status copyCompanions(const std::filesystem::path& from, const std::filesystem::path& to) {
  auto& files = base::FileSystem::real();
  constexpr std::uint64_t kLargest = std::uint64_t{256} << 20;
  const std::filesystem::path furtherTemplates = "additional_chat_templates";
  std::vector<std::filesystem::path> names{"tokenizer.json",
                                           "tokenizer_config.json",
                                           "special_tokens_map.json",
                                           "vocab.json",
                                           "merges.txt",
                                           "vocab.txt",
                                           "tokenizer.model",
                                           "added_tokens.json",
                                           "LICENSE",
                                           "chat_template.jinja",
                                           "chat_template.json",
                                           "generation_config.json",
                                           "preprocessor_config.json",
                                           "processor_config.json",
                                           "video_preprocessor_config.json"};
  std::error_code none;
  for (std::filesystem::directory_iterator it(from / furtherTemplates, none), end; !none && it != end;
       it.increment(none)) {
    if (it->path().extension() == ".jinja") names.push_back(furtherTemplates / it->path().filename());
  }
  for (const auto& name : names) {
    if (!std::filesystem::exists(from / name)) continue;
    ROSA_TRY(const auto bytes, base::readFile(files, from / name, kLargest));
    if (name.has_parent_path()) std::filesystem::create_directory(to / name.parent_path());
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

Error notFinite(const std::string& tensor) {
  return Error{fmt::format(
      "{} holds a number that is not finite (NaN or Inf), so nothing was exported. Export an earlier checkpoint "
      "(--checkpoint), or train again with a lower learning rate (lr).",
      tensor)};
}

std::optional<at::ScalarType> wantedType(ExportDtype dtype) {
  switch (dtype) {
    case ExportDtype::Auto:
      return std::nullopt;
    case ExportDtype::Fp32:
      return at::kFloat;
    case ExportDtype::Bf16:
      return at::kBFloat16;
    case ExportDtype::Fp16:
      return at::kHalf;
  }
  return std::nullopt;
}

/// What is carried along byte for byte is in no other format for being asked for one.
void remarkOnCarried(const std::vector<const checkpoint::TensorEntry*>& carried, ExportDtype dtype,
                     ExportReport& report) {
  const auto wanted = wantedType(dtype);
  if (!wanted) return;
  const auto other = std::ranges::find_if(carried, [&](const auto* entry) {
    return checkpoint::isFloating(entry->dtype) && entry->dtype != checkpoint::storedDtype(*wanted);
  });
  if (other == carried.end()) return;
  report.remarks.push_back(fmt::format(
      "--dtype is of what this model computes; the rest stays as the base model's files have it, such as {} "
      "in {}.",
      base::inQuotes((*other)->name), checkpoint::dtypeWord((*other)->dtype)));
}

/// The whole model: tensors, config.json, tokenizer. Returns what the files must hold, and hold its answers to.
Expected<Live> writeModel(const Live& live, const model::ModelConfig& config, const std::filesystem::path& baseFolder,
                          const ExportRequest& request, c10::Device device, const std::filesystem::path& target,
                          ExportReport& report) {
  if (const auto spoilt = train::firstNonFinite(live.tensors)) return notFinite(*spoilt);
  auto& files = base::FileSystem::real();
  ROSA_TRY(const auto source, checkpoint::ModelFolder::open(files, baseFolder));
  const auto types = train::storedTypes(live.tensors, source, wantedType(request.dtype));
  ROSA_TRY(auto stored, roundedLive(live, types, config, device, report));
  remarkOnCarried(train::carriedTensors(source, stored.tensors, config), request.dtype, report);
  const auto list = train::tensorsToWrite(stored.tensors, types, config, source);
  const auto shardBytes =
      request.shardBytes > 0 ? static_cast<std::uint64_t>(request.shardBytes) : checkpoint::kDefaultShardBytes;
  ROSA_TRY(const auto written, checkpoint::writeModelTensors(files, target, list, shardBytes));
  for (const auto& file : written) report.bytes += static_cast<std::int64_t>(file.digest.bytes);
  const auto main = checkpoint::storedDtype(train::mainType(stored.tensors, types));
  const auto json = exportedConfig(source.config(), config, main);
  ROSA_CHECK(base::writeFileAtomically(files, target / "config.json", json.dump(2) + "\n"));
  ROSA_CHECK(copyCompanions(baseFolder, target));
  if (config.isDecoder() && !std::filesystem::exists(target / "generation_config.json")) {
    ROSA_CHECK(base::writeFileAtomically(files, target / "generation_config.json", generationConfig(config)));
  }
  ROSA_TRY(const auto there, checkpoint::ModelFolder::open(files, target));
  report.dtype = there.dtypeSummary();
  return stored;
}

/// A residual below this is rounding.
constexpr double kNothing = 1e-3;

/// An adapter stands beside the base model as its files hold it, so that is what it must have been trained beside.
Status checkBaseIsKept(const train::Session& session) {
  auto asStored = session.config;
  asStored.weights = WeightType::Auto;
  ROSA_TRY(const auto stored, train::weightTypeOf(asStored));
  if (session.weights == at::kFloat || session.weights == stored) return {};
  return Error{
      fmt::format("The run kept the weights of {} in {} (weights), and its files hold more digits, so that an "
                  "adapter beside them would compute something else. Export the run merged.",
                  session.config.model.string(), config::formatValue(session.config.weights))};
}

/// A run as an adapter beside its base model.
Status writeAdapter(const train::Session& session, const train::Progress& progress, const Live& live, std::int64_t rank,
                    const std::filesystem::path& target, ExportReport& report) {
  if (const auto spoilt = train::firstNonFinite(session)) return notFinite(*spoilt);
  ROSA_CHECK(checkBaseIsKept(session));
  auto& files = base::FileSystem::real();
  const auto& shape = session.model->config();
  model::BuildOptions options;
  options.device = session.device;
  options.head = train::headOf(session.config.task);
  options.labels = shape.labels;
  ROSA_TRY(const auto bare, openBare(session.config.model, options));
  if (isPrompt(session.config.method)) {
    ROSA_TRY(report.bytes, writePromptAdapter(session, *bare, target));
  } else {
    ROSA_TRY(const auto peft, peftOf(session, progress, *bare, rank));
    ROSA_CHECK(checkpoint::writePeftAdapter(files, target, peft.config, peft.tensors));
    for (const auto& tensor : peft.tensors) report.bytes += static_cast<std::int64_t>(tensor.bytes());
    report.rank = peft.rank;
    report.residual = peft.residual;
  }
  return proveAdapter(session.config.model, target, live, shape.head, session.device,
                      rank == 0 && report.residual < kNothing, report);
}

void listFiles(const std::filesystem::path& folder, ExportReport& report) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    report.files.push_back(entry.path().filename().string());
  }
  std::sort(report.files.begin(), report.files.end());
}

/// Where an adapter's base model lies: as asked for, or as the adapter says, seen from its folder.
Expected<std::filesystem::path> baseFolderOf(const checkpoint::PeftAdapter& adapter, const ExportRequest& request) {
  if (!request.model.empty()) return request.model;
  const auto named = adapter.path() / adapter.config().baseModel;
  if (!adapter.config().baseModel.empty() && std::filesystem::exists(named / "config.json")) return named;
  return Error{fmt::format(
      "{} does not say in which folder its base model lies{}. Name it with --model.", adapter.path().string(),
      adapter.config().baseModel.empty() ? std::string()
                                         : fmt::format(" (it names {})", base::inQuotes(adapter.config().baseModel)))};
}

/// Some tokens of the vocabulary, where there is no data to compare on.
model::Batch anyBatch(const model::ModelConfig& config, c10::Device device) {
  constexpr std::int64_t kTokens = 64;
  const auto count = std::min({kTokens, config.vocabularySize, config.longestSequence()});
  model::Batch batch;
  batch.tokenIds = at::arange(config.vocabularySize - count, config.vocabularySize, at::kLong).to(device);
  batch.positionIds = at::arange(config.firstPosition, config.firstPosition + count, at::kLong).to(device);
  batch.offsets = {0, count};
  return batch;
}

Expected<ExportReport> mergeAdapter(const ExportRequest& request) {
  auto& files = base::FileSystem::real();
  if (request.as == ExportForm::Peft) {
    return Error{fmt::format("{} is a PEFT adapter already. Leave out --as peft to merge it into its base model.",
                             request.runDirectory.string())};
  }
  ROSA_TRY(const auto adapter, checkpoint::PeftAdapter::open(files, request.runDirectory));
  if (adapter.virtualTokens() != nullptr) {
    return Error{fmt::format(
        "{} cannot be merged: its virtual tokens stand beside the weights. Name it together with its model: rosa "
        "generate --model MODEL --adapter {}.",
        request.runDirectory.string(), request.runDirectory.string())};
  }
  ROSA_TRY(const auto baseFolder, baseFolderOf(adapter, request));
  ROSA_TRY(auto folder, base::AtomicFolder::begin(files, request.destination));
  model::BuildOptions options;
  train::chooseHead(adapter, options);
  train::untieFor(adapter, options);
  ROSA_TRY(const auto model, openBare(baseFolder, options));
  ROSA_TRY(const auto start, train::StartAdapter::open(request.runDirectory, *model));
  if (const auto hole = firstHole(*model, start.savedTensors()); !hole.empty()) {
    return Error{fmt::format(
        "{}: neither the adapter nor its base model {} holds {}, so that each program would draw it anew. Save the "
        "adapter again with this module in modules_to_save, or name the base model that has it with --model.",
        request.runDirectory.string(), baseFolder.string(), hole)};
  }
  ROSA_CHECK(start.merge(*model));

  ExportReport report;
  report.directory = request.destination;
  report.remarks = start.remarks();
  ROSA_TRY(const auto before, train::readModelConfig(baseFolder));
  if (before.tied && !model->config().tied && model->config().head == model::Head::LanguageModel) {
    report.remarks.emplace_back(
        "The adapter saves the token table or the output layer for itself, so both are written and tie_word_embeddings "
        "of config.json is false, as PEFT writes them.");
  }
  const auto& target = folder.temporaryPath();
  Live live{model->tensors(), anyBatch(model->config(), options.device), {}};
  live.logits = model->logits(live.batch);
  ROSA_TRY(const auto stored, writeModel(live, model->config(), baseFolder, request, options.device, target, report));
  ROSA_CHECK(proveModel(target, stored, options.device, report));
  listFiles(target, report);
  ROSA_CHECK(folder.commit());
  return report;
}

/// What stays beside the weights is told before anything is opened.
Status checkExportable(const RunConfig& config, const ExportRequest& request) {
  const auto method = config::formatValue(config.method);
  const auto run = request.runDirectory.string();
  if (isBottleneck(config.method)) {
    return Error{fmt::format(
        "A run of method {} cannot be exported: its adapters compute beside the weights, and neither a merged model "
        "nor a PEFT adapter holds them. Name the run's folder where a model is asked for: rosa generate --model {}, "
        "rosa eval --model {}.",
        method, run, run)};
  }
  if (!isPrompt(config.method)) return {};
  if (request.as == ExportForm::Merged) {
    return Error{
        fmt::format("A run of method {} cannot be merged: its virtual tokens stand beside the weights. Export it with "
                    "--as peft, or name the run's folder where a model is asked for: rosa generate --model {}.",
                    method, run)};
  }
  if (request.rank > 0) return Error{"--rank means nothing to virtual tokens. Leave it out."};
  return {};
}

/// A GGUF file as the folder that it was made of.
Expected<ExportReport> exportAsFolder(const ExportRequest& request) {
  if (request.as == ExportForm::Peft) {
    return Error{fmt::format("{} is a whole model, not a run: nothing in it is an adapter. Leave out --as peft.",
                             request.runDirectory.string())};
  }
  if (request.dtype != ExportDtype::Auto || request.shardBytes != ExportRequest().shardBytes) {
    return Error{fmt::format(
        "{} is unpacked as it is. Leave out --dtype and --shard-size; a run of it can be exported with them.",
        request.runDirectory.string())};
  }
  ROSA_CHECK(importGguf(request.runDirectory, request.destination));
  ExportReport report;
  report.directory = request.destination;
  listFiles(request.destination, report);
  return report;
}

/// What the model card says of the comparison.
std::string proofLine(const ExportReport& report) {
  auto line = fmt::format(
      "\nBuilt again from these files alone, {} tensors and {} logits of {} texts were compared with the trained "
      "model{}: the largest difference of a logit was {:.3g}{}.\n",
      report.comparedTensors, report.comparedLogits, report.comparedTexts,
      report.rounded ? fmt::format(", its weights rounded once to {}", report.dtype) : "",
      report.largestLogitDifference, report.equal ? "" : ", so that the answers differ from the trained model's");
  if (report.rounded) {
    line += fmt::format("The rounding itself moved a logit by {:.3g} at most.\n", report.roundedLogitDifference);
  }
  return line;
}

Status checkOptions(const ExportRequest& request) {
  if (request.rank < 0 || (request.rank > 0 && request.as != ExportForm::Peft)) {
    return Error{"--rank is the largest rank of an adapter. Write 1 or more, together with --as peft."};
  }
  const bool whole = request.as == ExportForm::Merged || request.as == ExportForm::Delta;
  if (request.dtype != ExportDtype::Auto && !whole) {
    return Error{request.as == ExportForm::Gguf ? "--dtype is of merged models. Name a GGUF file's numbers with --type."
                                                : "--dtype is of merged models. Leave it out, or leave out --as peft."};
  }
  if (request.shardBytes < 0 || (request.shardBytes > 0 && !whole)) {
    return Error{"--shard-size is of merged models. Write 1 byte or more, or leave it out."};
  }
  return {};
}

/// A run that is being trained writes its own events; its exports are told by their folder alone.
void recordExport(const ExportRequest& request, ExportReport& report) {
  const auto run = store::openRunFolder(request.runDirectory);
  if (!run) return;
  const auto lock = store::RunLock::take(*run);
  if (!lock) return;
  const ExportCompleted event{report.directory.string(), report.bytes, report.largestLogitDifference,
                              report.comparedLogits};
  auto log = store::EventLog::open(*run);
  // The export is there and proven whatever becomes of the run's own list.
  const auto written = log ? log->append(event) : Status(log.error());
  if (written) return;
  report.remarks.push_back(
      fmt::format("The export is whole, but the run's events could not be written, so History does not list it: {}",
                  written.error().message));
}

}  // namespace

Expected<std::filesystem::path> baseModelOf(const ExportRequest& request) {
  if (checkpoint::isPeftFolder(request.runDirectory)) {
    ROSA_TRY(const auto adapter, checkpoint::PeftAdapter::open(base::FileSystem::real(), request.runDirectory));
    return baseFolderOf(adapter, request);
  }
  ROSA_TRY(const auto run, store::openRunFolder(request.runDirectory));
  ROSA_TRY(const auto config, readStoredConfig(run));
  return config.model;
}

Expected<ExportReport> writeExport(const ExportRequest& request) {
  auto& files = base::FileSystem::real();
  if (isGgufFile(request.runDirectory)) return exportAsFolder(request);
  if (checkpoint::isPeftFolder(request.runDirectory)) return mergeAdapter(request);
  ROSA_TRY(const auto run, store::openRunFolder(request.runDirectory));
  ROSA_TRY(const auto config, readStoredConfig(run));
  ROSA_CHECK(checkExportable(config, request));
  ROSA_TRY(const auto checkpoint, chooseCheckpoint(run, request.checkpoint));
  ROSA_TRY(auto folder, base::AtomicFolder::begin(files, request.destination));
  ROSA_TRY(const auto stored, openStoredRun(run, config, checkpoint, DataUse::ReadIfUnchanged));
  const auto& [session, progress] = stored;

  ExportReport report;
  report.directory = request.destination;
  report.step = progress.step;
  report.as = request.as;
  const auto& target = folder.temporaryPath();
  const auto live = liveOf(*session);
  if (request.as == ExportForm::Peft) {
    ROSA_CHECK(writeAdapter(*session, progress, live, request.rank, target, report));
    if (session->chatTemplate) ROSA_CHECK(writeTemplate(*session->chatTemplate, target));
  } else {
    ROSA_TRY(const auto written,
             writeModel(live, session->model->config(), config.model, request, session->device, target, report));
    ROSA_CHECK(writeChat(*session, target, report.remarks));
    ROSA_CHECK(proveModel(target, written, session->device, report));
  }
  const auto card = modelCard(*session, progress, request.as) + proofLine(report);
  ROSA_CHECK(base::writeFileAtomically(files, target / "README.md", card));
  listFiles(target, report);
  ROSA_CHECK(folder.commit());
  return report;
}

Expected<ExportReport> exportRun(const ExportRequest& request) {
  ROSA_CHECK(checkOptions(request));
  if (request.as == ExportForm::Gguf) return exportGguf(request);
  if (request.as == ExportForm::Delta) return exportDelta(request);
  ROSA_TRY(auto report, writeExport(request));
  if (!checkpoint::isPeftFolder(request.runDirectory)) recordExport(request, report);
  return report;
}

}  // namespace rosa::service

namespace rosa {

Expected<std::int64_t> parseShardSize(std::string_view text) {
  MemorySize size;
  if (!config::parseValue(text, size) || size.bytes < 1) {
    return Error{fmt::format("is {}; write a size such as 500MB or 2GB", base::inQuotes(text))};
  }
  return size.bytes;
}

}  // namespace rosa
