// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/run_record.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "rosa/method_traits.h"
#include "store/course.h"
#include "store/run_notes.h"
#include "store/run_origin.h"

namespace rosa::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSparklinePoints = 64;

/// "models/bert/" and "models/bert" are both shown as "bert".
std::string lastPart(const fs::path& path) {
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

/// At most 64 of the losses, the first and the last always among them.
std::vector<float> sparkline(const std::vector<float>& losses) {
  if (losses.size() <= kSparklinePoints) return losses;
  std::vector<float> points(kSparklinePoints);
  for (std::size_t i = 0; i < kSparklinePoints; ++i) {
    points[i] = losses[i * (losses.size() - 1) / (kSparklinePoints - 1)];
  }
  return points;
}

/// Goes through a run's events in their order and keeps what the record tells.
class Summary {
 public:
  explicit Summary(RunRecord& record) : record_(record) {}

  void operator()(const RunStarted& event) {
    if (record_.name.empty()) record_.name = event.name;
    record_.totalSteps = event.totalSteps;
    record_.trainableParameters = event.trainableParameters;
    record_.step = event.firstStep;
    // An end before a resume was not the end.
    record_.status = "interrupted";
    record_.message.clear();
  }
  void operator()(const PhaseChanged& event) {
    // An experiment counts its parts.
    if (record_.task == kExperimentTask) record_.step = event.step;
  }
  void operator()(const StepCompleted& event) {
    record_.step = event.step;
    record_.lastLoss = event.loss;
    record_.elapsedSeconds = event.elapsedSeconds;
    finiteStep_ = event.applied && std::isfinite(event.loss);
  }
  void operator()(const MemorySampled& event) { raisePeak(event.processPeakResidentBytes); }
  void operator()(const ResampleCompleted& event) {
    if (event.cycle > 0) ++record_.resamples;
  }
  void operator()(const EvaluationCompleted& event) {
    finiteEvaluation_ = std::isfinite(event.loss);
    record_.metrics = {{"loss", event.loss}};
    record_.metrics.insert(record_.metrics.end(), event.metrics.begin(), event.metrics.end());
  }
  void operator()(const ExportCompleted& event) {
    record_.lastExport = event.directory;
    record_.exportDifference = event.largestLogitDifference;
  }
  void operator()(const RunFailed& event) {
    record_.status = "failed";
    record_.message = event.message;
  }
  void operator()(const RunRefused& event) {
    // A resume that was refused changes nothing; a run that never began has no other end.
    if (record_.totalSteps > 0) return;
    record_.status = "failed";
    record_.message = event.message;
  }
  void operator()(const WorkerEnded& event) {
    record_.status = "interrupted";
    record_.message = event.reason;
  }
  void operator()(const RunFinished& event) {
    record_.status = event.outcome;
    record_.step = event.step;
    record_.lastLoss = event.loss;
    record_.elapsedSeconds = event.elapsedSeconds;
    raisePeak(event.peakResidentBytes);
    // Runs of versions that did not look at their end.
    if (event.outcome == "completed" && record_.task != kExperimentTask && !(finiteStep_ && finiteEvaluation_)) {
      record_.status = "failed";
      record_.message =
          finiteStep_ ? "The run ended in an evaluation whose loss is not finite. Choose a lower learning rate (lr)."
                      : "The run ended in a loss or gradient that is not finite. Choose a lower learning rate (lr).";
    }
  }
  template <typename Other>
  void operator()(const Other&) {}

 private:
  void raisePeak(std::int64_t bytes) { record_.peakResidentBytes = std::max(record_.peakResidentBytes, bytes); }

  RunRecord& record_;
  bool finiteStep_ = true;        // the newest
  bool finiteEvaluation_ = true;  // the newest
};

/// The newest checkpoint may still turn out to be damaged; that is found when it is opened.
bool hasCheckpoint(const RunFolder& folder) {
  std::error_code code;
  for (fs::directory_iterator it(folder.checkpoints(), code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    if (it->path().filename().string().starts_with("step-") && fs::exists(it->path() / "manifest.json", ignored)) {
      return true;
    }
  }
  return false;
}

/// What cannot be read counts nothing.
std::int64_t folderBytes(const fs::path& folder) {
  std::int64_t bytes = 0;
  std::error_code code;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, code), end;
       !code && it != end; it.increment(code)) {
    std::error_code ignored;
    if (!it->is_symlink(ignored) && it->is_regular_file(ignored)) {
      const auto size = it->file_size(ignored);
      if (!ignored) bytes += static_cast<std::int64_t>(size);
    }
  }
  return bytes;
}

bool looksLikeUtc(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  return std::ranges::equal(text, kShape, [](char character, char shape) {
    return shape == '0' ? std::isdigit(static_cast<unsigned char>(character)) != 0 : character == shape;
  });
}

/// The time of the log's first line; before there is one, that of config.yaml, which until then is written once.
std::string startOf(const RunFolder& folder) {
  constexpr std::size_t kTimeLength = 20;
  base::FileSystem& files = base::FileSystem::real();
  if (const auto log = files.open(folder.logFile()); log && (*log)->size() >= kTimeLength) {
    std::string time(kTimeLength, '\0');
    if ((*log)->readAt(0, std::as_writable_bytes(std::span(time))) && looksLikeUtc(time)) return time;
  }
  std::error_code code;
  const auto written = fs::last_write_time(folder.configFile(), code);
  if (code) return {};
  return base::formatUtc(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(std::chrono::file_clock::to_sys(written)));
}

}  // namespace

Expected<RunRecord> readRunRecord(const RunFolder& folder) {
  constexpr std::uint64_t kLargestConfig = std::uint64_t{1} << 20;
  // Asked first: a run that ends while its events are read is then listed as running, and read again the next time.
  const bool locked = isLocked(folder);
  ROSA_TRY(const std::string yaml, base::readFile(base::FileSystem::real(), folder.configFile(), kLargestConfig));
  RunConfig config;
  static_cast<void>(parseConfig(yaml, folder.path, config));
  ROSA_TRY(const auto course, readCourse(folder));

  RunRecord record;
  record.directory = folder.path;
  record.name = config.name;
  record.model = lastPart(config.model);
  record.data = lastPart(config.data);
  record.task = configFieldText(config, "task");
  record.method = configFieldText(config, "method");
  if (hasRank(config.method)) record.rank = configFieldText(config, "rank");
  record.seed = config.seed;
  record.learningRate = config.learningRate;
  record.startedAt = startOf(folder);
  record.status = "interrupted";
  record.resumable = hasCheckpoint(folder);
  record.diskBytes = folderBytes(folder.path);
  std::error_code ignored;
  if (fs::exists(folder.experimentFile(), ignored)) {
    record.task = kExperimentTask;
    // Of its many runs each has its own; the same command goes on with those that are missing.
    record.method.clear();
    record.rank.clear();
    record.resumable = true;
  }
  // A file of notes that is not one takes no run off the list; who writes into it is told.
  if (auto notes = readRunNotes(folder)) record.notes = *std::move(notes);

  Summary summary(record);
  for (const StoredEvent& stored : course.events) std::visit(summary, stored.event);
  record.sparkline = sparkline(course.losses);
  if (record.name.empty()) record.name = lastPart(folder.path);
  const auto origin = readRunOrigin(folder);
  if (origin && *origin) record.host = (*origin)->host;
  const bool untold = record.status == "interrupted" && record.message.empty();
  if (locked || (!record.host.empty() && untold)) {
    record.status = !locked && (*origin)->waits && record.totalSteps == 0 ? "queued" : "running";
    record.message.clear();
  }
  return record;
}

}  // namespace rosa::store
