// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/export_delta.h"

#include <utility>

#include "base/atomic_write.h"
#include "base/file.h"
#include "rosa/exported.h"
#include "service/delta_file.h"
#include "service/export_run.h"
#include "service/new_file.h"

namespace rosa::service {

Expected<ExportReport> exportDelta(const ExportRequest& request) {
  auto& files = base::FileSystem::real();
  ROSA_CHECK(prepareNewFile(request.destination, "delta", "model.rosadelta.safetensors"));
  ROSA_TRY(const auto base, baseModelOf(request));
  // In a folder of its own until the file is proven.
  auto place = request.destination;
  place += ".parts";
  ROSA_TRY(auto folder, base::AtomicFolder::begin(files, place));
  auto merged = request;
  merged.as = ExportForm::Merged;
  merged.destination = folder.temporaryPath() / "merged";
  ROSA_TRY(auto report, writeExport(merged));
  const auto written = folder.temporaryPath() / request.destination.filename();
  ROSA_CHECK(writeDelta(base, merged.destination, written));
  ROSA_TRY(const auto again, applyDelta({written, base, folder.temporaryPath() / "rebuilt"}));
  ROSA_CHECK(files.rename(written, request.destination));
  const auto parent = request.destination.parent_path();
  ROSA_CHECK(files.sync(parent.empty() ? "." : parent));

  report.as = ExportForm::Delta;
  report.directory = request.destination;
  report.wholeBytes = again.bytes;
  report.bytes = static_cast<std::int64_t>(std::filesystem::file_size(request.destination));
  report.files = {request.destination.filename().string()};
  return report;
}

}  // namespace rosa::service
