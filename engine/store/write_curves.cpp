// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <chrono>
#include <system_error>
#include <utility>

#include "base/atomic_write.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/curves.h"
#include "store/event_log.h"
#include "store/event_tail.h"
#include "store/run_folder.h"

namespace rosa {

Status writeCurves(const std::filesystem::path& runDirectory, CurvesForm form,
                   const std::filesystem::path& destination) {
  ROSA_TRY(const auto folder, store::openRunFolder(runDirectory));
  std::vector<StoredEvent> events;
  ROSA_CHECK(store::EventTail(folder).read([&events](StoredEvent stored) { events.push_back(std::move(stored)); }));
  events = store::effectiveEvents(std::move(events));
  if (events.empty()) {
    return Error{
        fmt::format("{} has no events yet, so there is nothing to write.", base::printable(folder.path.native()))};
  }
  auto& files = base::FileSystem::real();
  if (form == CurvesForm::Csv) return base::writeFileAtomically(files, destination, store::curvesAsCsv(events));
  std::error_code code;
  if (std::filesystem::exists(destination, code) && !std::filesystem::is_directory(destination, code)) {
    return Error{
        fmt::format("{} is a file. TensorBoard reads a folder: name another.", base::printable(destination.native()))};
  }
  ROSA_CHECK(files.createFolders(destination));
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(base::Clock::real().now().time_since_epoch());
  const auto file = destination / fmt::format("events.out.tfevents.{:010}.rosa", now.count());
  return base::writeFileAtomically(files, file, store::curvesAsTensorBoard(events));
}

}  // namespace rosa
