// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/export_gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/text.h"
#include "checkpoint/peft_adapter.h"
#include "config/values.h"
#include "convert/gguf_family.h"
#include "convert/gguf_keys.h"
#include "convert/gguf_mix.h"
#include "convert/gguf_tensors.h"
#include "convert/gguf_vocabulary.h"
#include "convert/modelfile.h"
#include "gguf/gguf_file.h"
#include "gguf/gguf_writer.h"
#include "rosa/method_traits.h"
#include "service/import_gguf.h"
#include "service/new_file.h"
#include "service/stored_run.h"
#include "store/run_folder.h"
#include "train/chat_remarks.h"
#include "train/finite.h"
#include "train/merged_tensors.h"
#include "train/opened_model.h"

namespace rosa::service {
namespace {

/// A model in memory and the folder that its tokenizer lies in.
struct Source {
  std::filesystem::path folder;
  std::unique_ptr<train::Session> session;  ///< of a run
  std::unique_ptr<model::Model> model;      ///< of a folder
  std::vector<model::NamedTensor> tensors;
  std::int64_t step = 0;

  [[nodiscard]] const model::ModelConfig& config() const { return (session ? session->model : model)->config(); }
};

Expected<Source> openFolder(const std::filesystem::path& folder) {
  Source source;
  source.folder = folder;
  ROSA_TRY(source.model, train::openModel(folder, {}));
  source.tensors = source.model->tensors();
  return source;
}

Expected<Source> openRun(const ExportRequest& request) {
  ROSA_TRY(const auto run, store::openRunFolder(request.runDirectory));
  ROSA_TRY(const auto config, readStoredConfig(run));
  if (isBottleneck(config.method) || isPrompt(config.method)) {
    return Error{
        fmt::format("A run of method {} cannot be written as GGUF: what it trained computes beside the weights. Name "
                    "the run's folder where a model is asked for: rosa generate --model {}.",
                    config::formatValue(config.method), request.runDirectory.string())};
  }
  ROSA_TRY(const auto checkpoint, chooseCheckpoint(run, request.checkpoint));
  ROSA_TRY(auto stored, openStoredRun(run, config, checkpoint, DataUse::Leave));
  Source source;
  source.folder = config.model;
  source.session = std::move(stored.session);
  source.tensors = train::mergedTensors(*source.session);
  source.step = stored.progress.step;
  return source;
}

Expected<Source> openSource(const ExportRequest& request) {
  if (checkpoint::isPeftFolder(request.runDirectory)) {
    return Error{
        fmt::format("{} is a PEFT adapter. Merge it into its model first: rosa export {} --to DIR, then export "
                    "DIR with --as gguf.",
                    request.runDirectory.string(), request.runDirectory.string())};
  }
  ROSA_TRY(const auto folder, modelFolderOf(request.runDirectory));
  if (std::filesystem::exists(folder / "config.json")) return openFolder(folder);
  return openRun(request);
}

/// "135M", "1.2B": the number of parameters in two digits or more.
std::string sizeLabel(const std::vector<model::NamedTensor>& tensors) {
  double count = 0;
  for (const auto& tensor : tensors) count += static_cast<double>(tensor.tensor.numel());
  const auto [unit, letter] = count > 1e12  ? std::pair(1e12, 'T')
                              : count > 1e9 ? std::pair(1e9, 'B')
                              : count > 1e6 ? std::pair(1e6, 'M')
                                            : std::pair(1e3, 'K');
  const double scaled = count / unit;
  return fmt::format("{:.{}f}{}", scaled, std::round(scaled) < 10 ? 1 : 0, letter);
}

gguf::Metadata generalKeys(const Source& source, const convert::GgufFamily& family, const ExportRequest& request) {
  gguf::Metadata metadata;
  metadata.set("general.architecture", std::string(family.architecture));
  metadata.set("general.type", std::string("model"));
  metadata.set("general.name", request.destination.stem().string());
  metadata.set("general.size_label", sizeLabel(source.tensors));
  convert::setHyperParameters(source.config(), family, metadata);
  metadata.set("general.file_type", convert::fileTypeNumber(request.type));
  constexpr std::uint32_t kQuantisationVersion = 2;
  metadata.set("general.quantization_version", kQuantisationVersion);
  return metadata;
}

/// Tokenizer, end tokens and chat template; of a run, the template that its conversations were written by and the token
/// that ended their turns.
Status setTexts(const Source& source, gguf::Metadata& metadata, std::vector<std::string>& remarks) {
  auto config = source.config();
  ROSA_TRY(const auto tokenizer, train::openTokenizer(source.folder, config));
  const auto* const session = source.session.get();
  const bool conversations = session != nullptr && session->chatTemplate != nullptr;
  if (conversations && session->turnEnd.token && !train::endsTexts(*session->turnEnd.token, tokenizer, config)) {
    config.eosIds.push_back(*session->turnEnd.token);
  }
  ROSA_CHECK(convert::setVocabulary(source.folder, tokenizer, config, metadata, remarks));
  if (conversations) metadata.set("tokenizer.chat_template", session->chatTemplate->source());
  return {};
}

}  // namespace

Expected<ExportReport> exportGguf(const ExportRequest& request) {
  auto& files = base::FileSystem::real();
  ROSA_CHECK(prepareNewFile(request.destination, "gguf", "model.gguf"));
  ROSA_TRY(const auto source, openSource(request));
  const auto& config = source.config();
  ROSA_TRY(const auto family, convert::ggufFamilyOf(config));
  if (const auto spoilt = train::firstNonFinite(source.tensors)) {
    return Error{
        fmt::format("{} holds a number that is not finite (NaN or Inf), so nothing was exported. Export an "
                    "earlier checkpoint (--checkpoint), or train again with a lower learning rate (lr).",
                    *spoilt)};
  }

  ExportReport report;
  report.as = ExportForm::Gguf;
  report.directory = request.destination;
  report.step = source.step;
  report.remarks = convert::ggufRemarks(config, family);
  auto metadata = generalKeys(source, family, request);
  ROSA_CHECK(setTexts(source, metadata, report.remarks));

  ROSA_TRY(const auto tensors, convert::ggufTensors(source.tensors, config, family, request.type));
  std::vector<gguf::TensorToWrite> list;
  list.reserve(tensors.size());
  for (const auto& tensor : tensors) list.push_back(convert::toWrite(tensor));
  // In a folder of its own until the comparison is done.
  auto place = request.destination;
  place += ".parts";
  ROSA_TRY(auto folder, base::AtomicFolder::begin(files, place));
  const auto written = folder.temporaryPath() / request.destination.filename();
  ROSA_CHECK(gguf::writeGguf(files, written, metadata, list));
  {
    ROSA_TRY(const auto file, gguf::GgufFile::open(files, written));
    ROSA_TRY(const auto difference, convert::compareWithFile(file, tensors));
    report.comparedTensors = difference.tensors;
    report.rounding = difference.rootMeanSquare;
  }
  ROSA_CHECK(files.rename(written, request.destination));
  const auto parent = request.destination.parent_path();
  ROSA_CHECK(files.sync(parent.empty() ? "." : parent));
  report.bytes = static_cast<std::int64_t>(std::filesystem::file_size(request.destination));
  report.files.push_back(request.destination.filename().string());

  auto beside = request.destination;
  beside.replace_extension(".Modelfile");
  ROSA_CHECK(
      base::writeFileAtomically(files, beside, convert::modelfile(request.destination.filename().string(), metadata)));
  report.files.push_back(beside.filename().string());
  return report;
}

}  // namespace rosa::service
