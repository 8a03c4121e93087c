// SPDX-License-Identifier: GPL-3.0-or-later
#include "host/experiment_work.h"

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "rosa/catalogue.h"
#include "store/command_log.h"
#include "store/event_log.h"

namespace rosa::host {
namespace {

/// Between an experiment and the run's folder: what it tells goes out, what it is told comes in. Any thread.
class ExperimentTeller {
 public:
  ExperimentTeller(store::EventLog log, const store::RunFolder& folder, std::int64_t commandsFrom)
      : log_(std::move(log)), commands_(folder, commandsFrom) {}

  [[nodiscard]] ExperimentWatch watch() {
    return {[this](const std::string& line) {
              tell(LogLine{"info", line});
            },
            [this] { return stopped(); },
            [this](std::int64_t finished, std::int64_t parts) { progress(finished, parts); }};
  }
  void begin(RunStarted started) { started_ = std::move(started); }
  void tell(const Event& event) {
    const std::lock_guard lock(mutex_);
    // What cannot be written now is written with the next one.
    if (started_) static_cast<void>(log_.append(*std::exchange(started_, std::nullopt)));
    static_cast<void>(log_.append(event));
  }
  [[nodiscard]] std::int64_t finished() const { return finished_; }

 private:
  void progress(std::int64_t finished, std::int64_t parts) {
    const std::lock_guard lock(mutex_);
    finished_ = finished;
    if (started_) started_->totalSteps = parts;
    tell(PhaseChanged{"training", finished});
  }

  bool stopped() {
    const std::lock_guard lock(mutex_);
    const auto news = commands_.read();
    if (!news) return stopped_;
    for (const auto& mistake : news->mistakes) tell(LogLine{"warning", mistake});
    for (const auto& command : news->commands) {
      tell(CommandReceived{finished_, std::string(commandName(command)), commandArgument(command)});
      if (std::holds_alternative<StopRun>(command)) {
        stopped_ = true;
      } else {
        tell(LogLine{"warning", fmt::format("An experiment can be stopped and continued; it cannot be told to {}.",
                                            commandName(command))});
      }
    }
    return stopped_;
  }

  std::recursive_mutex mutex_;
  store::EventLog log_;
  store::CommandTail commands_;
  std::optional<RunStarted> started_;
  std::int64_t finished_ = 0;
  bool stopped_ = false;
};

}  // namespace

Status writeExperiment(const store::RunFolder& folder, const ExperimentOrder& order) {
  const auto report = order.report.empty() ? folder.path / "report" : order.report;
  const base::Json json = {{"name", order.name},
                           {"arguments", order.arguments},
                           {"directory", order.directory.string()},
                           {"model", order.model.string()},
                           {"data", order.data.string()},
                           {"report", report.string()}};
  return base::writeFileAtomically(base::FileSystem::real(), folder.experimentFile(), json.dump(1) + "\n");
}

Expected<std::optional<ExperimentOrder>> readExperiment(const store::RunFolder& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder.experimentFile(), ignored)) return std::optional<ExperimentOrder>();
  ROSA_TRY(const auto json, base::readJsonFile(base::FileSystem::real(), folder.experimentFile()));
  try {
    ExperimentOrder order;
    order.name = json.at("name").get<std::string>();
    order.arguments = json.at("arguments").get<std::vector<std::string>>();
    order.directory = json.at("directory").get<std::string>();
    order.model = json.at("model").get<std::string>();
    order.data = json.at("data").get<std::string>();
    order.report = json.at("report").get<std::string>();
    return std::optional(std::move(order));
  } catch (const base::Json::exception&) {
    return Error{
        fmt::format("{} does not say which experiment it is. Start the experiment anew with --to and the same "
                    "folder: what is done in it is kept.",
                    base::printable(folder.experimentFile().native()))};
  }
}

}  // namespace rosa::host

namespace rosa {

int workExperiment(const WorkRequest& request, const ExperimentOrder& order, const CarryOut& carryOut) {
  const store::RunFolder folder{request.runDirectory};
  auto log = store::EventLog::open(folder);
  if (!log) return 1;
  host::ExperimentTeller teller(*std::move(log), folder, request.commandsFrom);
  RunStarted started;
  started.runDirectory = folder.path.string();
  started.name = "experiment " + order.name;
  started.model = order.model.string();
  started.data = order.data.string();
  started.task = kExperimentTask;
  teller.begin(std::move(started));
  const auto report = carryOut(teller.watch());
  if (!report) {
    teller.tell(RunFailed{teller.finished(), report.error().message});
    return 1;
  }
  RunFinished finished;
  finished.step = report->finished;
  finished.outcome = report->finished == report->parts ? "completed" : "stopped";
  teller.tell(finished);
  return 0;
}

}  // namespace rosa
