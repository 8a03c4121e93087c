// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/export_size.h"

#include <ATen/ATen.h>

#include "base/file.h"
#include "checkpoint/model_folder.h"
#include "convert/gguf_family.h"
#include "convert/gguf_tensors.h"
#include "model/build.h"
#include "service/import_gguf.h"
#include "service/stored_run.h"
#include "store/run_folder.h"
#include "train/opened_model.h"
#include "train/session.h"

namespace rosa::service {
namespace {

/// With all of the base model's tensors, a picture half among them.
Expected<std::int64_t> mergedBytes(const std::filesystem::path& model, ExportDtype dtype) {
  ROSA_TRY(const auto folder, checkpoint::ModelFolder::open(base::FileSystem::real(), model));
  if (dtype == ExportDtype::Auto) return static_cast<std::int64_t>(folder.totalBytes());
  return folder.totalNumbers() * (dtype == ExportDtype::Fp32 ? 4 : 2);
}

Expected<std::int64_t> ggufBytes(const std::filesystem::path& model, Task task, GgufType type) {
  ROSA_TRY(const auto config, train::readModelConfig(model));
  model::BuildOptions options;
  options.device = c10::DeviceType::Meta;
  options.head = train::headOf(task);
  ROSA_TRY(const auto built, model::buildModel(config, nullptr, options));
  ROSA_TRY(const auto family, convert::ggufFamilyOf(config));
  ROSA_TRY(const auto tensors, convert::ggufTensors(built->tensors(), config, family, type));
  std::int64_t bytes = 0;
  for (const auto& tensor : tensors) {
    const auto format = gguf::formatOf(tensor.type);
    bytes +=
        tensor.numbers.numel() / static_cast<std::int64_t>(format.values) * static_cast<std::int64_t>(format.bytes);
  }
  return bytes;
}

}  // namespace

Expected<ExportSize> exportSize(const ExportRequest& request) {
  ROSA_TRY(const auto run, store::openRunFolder(request.runDirectory));
  ROSA_TRY(const auto config, readStoredConfig(run));
  ROSA_TRY(const auto model, modelFolderOf(config.model));
  ExportSize size;
  if (request.as == ExportForm::Gguf) {
    ROSA_TRY(size.bytes, ggufBytes(model, config.task, request.type));
  } else if (request.as != ExportForm::Peft) {
    ROSA_TRY(size.bytes, mergedBytes(model, request.dtype));
  }
  ROSA_TRY(const auto free, base::FileSystem::real().freeBytes(request.destination));
  size.freeBytes = static_cast<std::int64_t>(free);
  return size;
}

}  // namespace rosa::service
