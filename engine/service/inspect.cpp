// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/file.h"
#include "base/text.h"
#include "checkpoint/model_folder.h"
#include "checkpoint/safetensors.h"
#include "config/values.h"
#include "data/dataset.h"
#include "data/row_shape.h"
#include "data/summary.h"
#include "model/build.h"
#include "service/model_settings.h"
#include "store/run_record.h"
#include "text/tokenizer.h"
#include "train/carried_tensors.h"
#include "train/model_remarks.h"
#include "train/opened_model.h"

namespace rosa::service {

namespace fs = std::filesystem;

Expected<ModelSummary> inspectModel(const fs::path& folder) {
  auto& files = base::FileSystem::real();
  ROSA_TRY(const auto config, train::readModelConfig(folder));
  ROSA_TRY(const auto opened, checkpoint::ModelFolder::open(files, folder));
  model::BuildOptions shapesOnly;
  shapesOnly.device = c10::DeviceType::Meta;
  ROSA_TRY(const auto shapes, model::buildModel(config, nullptr, shapesOnly));

  ModelSummary summary;
  summary.path = folder;
  summary.family = config.family();
  summary.architecture = config.architecture;
  summary.dtype = opened.dtypeSummary();
  summary.parameters = opened.totalNumbers();
  summary.bytes = static_cast<std::int64_t>(opened.totalBytes());
  summary.layers = config.layers;
  summary.hiddenSize = config.width;
  summary.vocabularySize = config.vocabularySize;
  summary.maxPositions = config.longestSequence();
  summary.license = checkpoint::statedLicense(files, folder);
  summary.languageModel = config.isDecoder();
  summary.tied = config.tied;
  summary.remarks = config.remarks;
  summary.hasTokenizer = fs::exists(folder / "tokenizer.json");
  for (const auto* slot : shapes->linears()) {
    const auto weight = slot->weight();
    summary.linearLayers.push_back(
        {slot->name(), slot->attention() ? "attention" : "mlp", weight.size(0), weight.size(1)});
  }
  return summary;
}

namespace {

std::string tensorsFact(const checkpoint::ModelFolder& opened, const model::Model& model) {
  const auto carried = train::carriedTensors(opened, model.tensors(), model.config());
  if (!carried.empty()) {
    return fmt::format("{} of {} belong to the picture half, which is carried along untouched: {}{}", carried.size(),
                       opened.entries().size(), base::printable(carried.front()->name),
                       carried.size() > 1 ? ", ..." : "");
  }
  const auto unused = train::unusedTensors(opened, model);
  if (unused.empty()) return "all used";
  return fmt::format("{} of {} not used: {}{}", unused.size(), opened.entries().size(), base::printable(unused.front()),
                     unused.size() > 1 ? ", ..." : "");
}

Expected<Inspection> describeModel(const fs::path& folder) {
  ROSA_TRY(const auto model, inspectModel(folder));
  ROSA_TRY(const auto config, train::readModelConfig(folder));
  ROSA_TRY(const auto opened, checkpoint::ModelFolder::open(base::FileSystem::real(), folder));
  model::BuildOptions shapesOnly;
  shapesOnly.device = c10::DeviceType::Meta;
  ROSA_TRY(const auto shapes, model::buildModel(config, nullptr, shapesOnly));

  Inspection result{"model", model.path.filename().string(), {}};
  auto& facts = result.facts;
  facts.emplace_back("family", fmt::format("{} ({})", model.family, model.architecture));
  facts.emplace_back("parameters", base::formatCount(model.parameters));
  facts.emplace_back("on disk",
                     fmt::format("{}, {}", base::formatBytes(static_cast<std::uint64_t>(model.bytes)), model.dtype));
  facts.emplace_back("layers", fmt::format("{} of width {}", model.layers, model.hiddenSize));
  facts.emplace_back("vocabulary", base::formatCount(model.vocabularySize));
  facts.emplace_back("longest sequence", base::formatCount(model.maxPositions));
  facts.emplace_back("linear layers", fmt::format("{} that can be adapted", model.linearLayers.size()));
  if (model.languageModel) facts.emplace_back("output layer", model.tied ? "is the token table" : "has its own table");
  facts.emplace_back("tensors", tensorsFact(opened, *shapes));
  facts.emplace_back("licence", model.license.empty() ? "not stated" : model.license);
  std::ranges::move(settingsOf(folder, config), std::back_inserter(facts));
  return result;
}

Expected<Inspection> describeRun(const fs::path& path) {
  ROSA_TRY(const auto folder, store::openRunFolder(path));
  ROSA_TRY(const auto run, store::readRunRecord(folder));
  Inspection result{"run", run.name, {}};
  auto& facts = result.facts;
  facts.emplace_back("status", run.status);
  facts.emplace_back("model", run.model);
  facts.emplace_back("data", run.data);
  facts.emplace_back("method", run.rank.empty() ? run.method : fmt::format("{}, rank {}", run.method, run.rank));
  facts.emplace_back("step", fmt::format("{} of {}", run.step, run.totalSteps));
  facts.emplace_back("resamples", std::to_string(run.resamples));
  facts.emplace_back("last loss", fmt::format("{:.4f}", run.lastLoss));
  for (const auto& [name, value] : run.metrics) facts.emplace_back(name, fmt::format("{:.4f}", value));
  facts.emplace_back("training time", base::formatDuration(run.elapsedSeconds));
  facts.emplace_back("resumable", run.resumable ? "yes" : "no");
  return result;
}

Expected<Inspection> describeTensors(const fs::path& path) {
  ROSA_TRY(const auto file, checkpoint::SafetensorsFile::open(base::FileSystem::real(), path));
  constexpr std::size_t kShown = 12;
  Inspection result{"safetensors", path.filename().string(), {}};
  result.facts.emplace_back("tensors", std::to_string(file.entries().size()));
  for (const auto& [key, value] : file.metadata()) {
    result.facts.emplace_back("metadata " + base::printable(key), base::printable(value));
  }
  for (const auto* entry : file.entries()) {
    if (result.facts.size() > kShown) {
      result.facts.emplace_back("...", fmt::format("{} more", file.entries().size() - kShown + 1));
      break;
    }
    std::string shape;
    for (const auto size : entry->shape) shape += (shape.empty() ? "" : " x ") + std::to_string(size);
    result.facts.emplace_back(base::printable(entry->name), shape.empty() ? "scalar" : shape);
  }
  return result;
}

Expected<Inspection> describeTokenizer(const fs::path& folder) {
  ROSA_TRY(const auto tokenizer, text::Tokenizer::fromFolder(folder));
  Inspection result{"tokenizer", folder.filename().string(), {}};
  result.facts.emplace_back("tokens", base::formatCount(tokenizer.vocabularySize()));
  constexpr std::pair<text::Role, const char*> kRoles[] = {
      {text::Role::Begin, "begin"}, {text::Role::End, "end"},     {text::Role::Unknown, "unknown"},
      {text::Role::Pad, "padding"}, {text::Role::Class, "class"}, {text::Role::Separator, "separator"},
      {text::Role::Mask, "mask"}};
  for (const auto& [role, name] : kRoles) {
    if (const auto id = tokenizer.roleId(role)) {
      result.facts.emplace_back(name, fmt::format("{} ({})", base::printable(*tokenizer.tokenText(*id)), *id));
    }
  }
  return result;
}

Expected<Inspection> describeData(const fs::path& path) {
  constexpr std::int64_t kRows = 1;
  ROSA_TRY(const auto data, data::summarise(path, kRows));
  Inspection result{"data", path.filename().string(), {}};
  result.facts.emplace_back("format", data.format);
  result.facts.emplace_back("rows", base::formatCount(data.rows));
  if (data.validationRows > 0) result.facts.emplace_back("validation rows", base::formatCount(data.validationRows));
  if (data.format == "CSV" || data.format == "TSV") {
    result.facts.emplace_back("first row", data.hasHeader ? "names of the columns" : "data");
    result.facts.emplace_back("quotation marks", data.quotes ? "enclose fields" : "ordinary characters");
  }
  for (std::size_t i = 0; i < data.columns.size(); ++i) {
    const bool shown = !data.preview.empty() && i < data.preview[0].size();
    result.facts.emplace_back("column " + base::printable(data.columns[i]),
                              shown ? base::inQuotes(data.preview[0][i]) : "");
  }
  if (!data.suggestedTask.empty()) result.facts.emplace_back("looks like", data.suggestedTask);
  RunConfig config;
  config.data = path;
  ROSA_TRY(const auto files, data::filesOf(config));
  std::vector<std::string> remarks;
  const auto shaped = data::settleShape(config, files.train, remarks);
  result.facts.emplace_back("shape", shaped ? config::formatValue(shaped->shape) : shaped.error().message);
  return result;
}

}  // namespace

Expected<Inspection> inspectPath(const fs::path& path) {
  const bool several = path.filename().native().find('*') != std::string::npos;  // data/shards.h
  if (!several && !fs::exists(path))
    return Error{fmt::format("There is nothing at {}. Check the path.", path.string())};
  if (fs::is_directory(path)) {
    if (fs::exists(path / "config.yaml")) return describeRun(path);
    if (fs::exists(path / "config.json")) return describeModel(path);
    if (fs::exists(path / "tokenizer.json")) return describeTokenizer(path);
    return describeData(path);
  }
  if (path.extension() == ".safetensors") return describeTensors(path);
  if (path.filename() == "tokenizer.json") return describeTokenizer(path.parent_path());
  return describeData(path);
}

}  // namespace rosa::service
