// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic_write.h"
#include "checkpoint/checkpoint_folder.h"
#include "config/resolve.h"
#include "data/summary.h"
#include "device/memory.h"
#include "parallel/launch_environment.h"
#include "rosa/engine.h"
#include "service/bench_load.h"
#include "service/bench_resample.h"
#include "service/bench_tokenize.h"
#include "service/bench_train.h"
#include "service/doctor.h"
#include "service/evaluate_model.h"
#include "service/export_run.h"
#include "service/export_size.h"
#include "service/facts_cache.h"
#include "service/group_run.h"
#include "service/guard.h"
#include "service/import_gguf.h"
#include "service/inspect.h"
#include "service/loaded_model.h"
#include "service/plan_run.h"
#include "service/preview_data.h"
#include "service/run_opening.h"
#include "service/run_thread.h"
#include "service/stored_run.h"
#include "service/use_model.h"
#include "store/catalogue.h"
#include "store/command_log.h"
#include "store/course.h"
#include "store/event_log.h"
#include "store/run_notes.h"
#include "store/run_record.h"

namespace rosa {

namespace {

using service::guarded;

RunConfig withModel(RunConfig config, std::filesystem::path folder) {
  config.model = std::move(folder);
  return config;
}

RunPlan planWithProblem(std::string field, std::string message) {
  RunPlan failed;
  failed.problems.push_back({std::move(field), std::move(message)});
  return failed;
}

/// What is done before there is a run that could tell it; nothing of what takes no time.
service::Opening toldTo(EventSink& sink, const std::function<bool()>& giveUp) {
  using Clock = std::chrono::steady_clock;
  service::Opening opening;
  opening.giveUp = giveUp;
  opening.phase = [&sink, begun = Clock::now()](const std::string& phase) {
    if (Clock::now() - begun >= std::chrono::seconds(1)) sink.receive(PhaseChanged{phase, 0});
  };
  return opening;
}

class EngineImpl final : public Engine {
 public:
  EngineImpl() { device::installCountingAllocator(); }

  Expected<ModelSummary> inspectModel(const std::filesystem::path& folder) override {
    return guarded([&]() -> Expected<ModelSummary> {
      ROSA_TRY(const auto model, service::modelFolderOf(folder));
      return service::inspectModel(model);
    });
  }
  Expected<DataSummary> inspectData(const std::filesystem::path& path, std::int64_t previewRows,
                                    const TableReading& reading) override {
    return guarded([&] { return data::summarise(path, previewRows, reading); });
  }
  Expected<Inspection> inspect(const std::filesystem::path& path) override {
    return guarded([&]() -> Expected<Inspection> {
      ROSA_TRY(const auto model, service::modelFolderOf(path));
      return service::inspectPath(model);
    });
  }
  RunPlan plan(const RunConfig& config, const std::function<bool()>& giveUp) override {
    auto plan = guarded([&]() -> Expected<RunPlan> {
      auto folder = service::modelFolderOf(config.model);
      if (!folder) return planWithProblem("model", folder.error().message);
      return service::planRun(withModel(config, *std::move(folder)), facts_, giveUp);
    });
    return plan ? *std::move(plan) : planWithProblem("", plan.error().message);
  }
  Expected<DataPreview> previewData(const RunConfig& config, std::int64_t first, std::int64_t count,
                                    const std::function<bool()>& giveUp) override {
    return guarded([&]() -> Expected<DataPreview> {
      ROSA_TRY(auto folder, service::modelFolderOf(config.model));
      return service::previewData(withModel(config, std::move(folder)), first, count, facts_, giveUp);
    });
  }
  MachineReport doctor() override {
    auto report = guarded([] { return Expected<MachineReport>(service::examineMachine()); });
    if (report) return *std::move(report);
    MachineReport failed;
    failed.lines.push_back({"Machine", report.error().message, true});
    return failed;
  }

  Expected<std::unique_ptr<Run>> train(const RunConfig& asked, EventSink& sink,
                                       const std::function<bool()>& giveUp) override {
    return guarded([&]() -> Expected<std::unique_ptr<Run>> {
      ROSA_TRY(const auto turn, takeTurn());
      auto opening = toldTo(sink, giveUp);
      ROSA_TRY(auto company, service::gatherCompany(asked.processes, 1, opening));
      if (!company.leads()) return follow(std::move(company), asked, sink);
      return service::telling(company, [&]() -> Expected<std::unique_ptr<Run>> {
        ROSA_TRY(const auto begun, begunBefore(company));
        if (begun) return goOn(std::move(company), *begun, {}, opening, sink);
        return begin(std::move(company), asked, opening, sink);
      });
    });
  }

  Expected<std::unique_ptr<Run>> resume(const std::filesystem::path& runDirectory, EventSink& sink,
                                        const ResumeOptions& options) override {
    return guarded([&]() -> Expected<std::unique_ptr<Run>> {
      ROSA_TRY(const auto turn, takeTurn());
      ROSA_TRY(const auto folder, store::openRunFolder(runDirectory));
      ROSA_TRY(const auto config, service::readStoredConfig(folder));
      auto opening = toldTo(sink, options.giveUp);
      ROSA_TRY(auto company, service::gatherCompany(options.processes, config.processes, opening));
      if (!company.leads()) return follow(std::move(company), std::nullopt, sink);
      return service::telling(company, [&] { return goOn(std::move(company), folder, options, opening, sink); });
    });
  }

  Expected<std::unique_ptr<Run>> work(const WorkRequest& request, EventSink& sink) override {
    return guarded([&]() -> Expected<std::unique_ptr<Run>> {
      ROSA_TRY(const auto turn, takeTurn());
      ROSA_TRY(const auto folder, store::openRunFolder(request.runDirectory));
      ROSA_TRY(auto lock, request.lockDescriptor >= 0 ? store::RunLock::adopt(folder, request.lockDescriptor)
                                                      : store::RunLock::take(folder));
      return start(folder, std::move(lock), request.commandsFrom, sink,
                   [this, request, folder](auto& opening) { return openAsWorker(request, folder, opening); });
    });
  }

  Expected<ExportReport> exportRun(const ExportRequest& request) override {
    return guarded([&] { return service::exportRun(request); });
  }
  Expected<ExportSize> exportSize(const ExportRequest& request) override {
    return guarded([&] { return service::exportSize(request); });
  }

  Expected<std::vector<RunRecord>> runs() override {
    return guarded([&]() -> Expected<std::vector<RunRecord>> {
      ROSA_TRY(auto catalogue, store::Catalogue::open(rosaHome()));
      return catalogue.runs();
    });
  }
  Expected<RunConfig> runConfig(const std::filesystem::path& runDirectory) override {
    return guarded([&]() -> Expected<RunConfig> {
      ROSA_TRY(const auto folder, store::openRunFolder(runDirectory));
      return service::readStoredConfig(folder);
    });
  }
  Expected<std::vector<Event>> runEvents(const std::filesystem::path& runDirectory) override {
    return guarded([&]() -> Expected<std::vector<Event>> {
      ROSA_TRY(const auto folder, store::openRunFolder(runDirectory));
      ROSA_TRY(auto course, store::readCourse(folder));
      std::vector<Event> events;
      events.reserve(course.events.size());
      for (auto& stored : course.events) events.push_back(std::move(stored.event));
      return events;
    });
  }
  Status renameRun(const std::filesystem::path& runDirectory, const std::string& name) override {
    return guarded([&]() -> Status {
      ROSA_TRY(const auto folder, store::openRunFolder(runDirectory));
      ROSA_TRY(const auto lock, store::RunLock::take(folder));
      ROSA_TRY(auto config, service::readStoredConfig(folder));
      ROSA_CHECK(setConfigField(config, "name", name));
      ROSA_TRY(auto catalogue, store::Catalogue::open(rosaHome()));
      ROSA_CHECK(base::writeFileAtomically(base::FileSystem::real(), folder.configFile(), formatConfig(config)));
      // Its events are as they were: only a run that the catalogue does not know is read again.
      ROSA_CHECK(catalogue.forget(folder.path));
      return catalogue.registerRun(folder);
    });
  }
  Status annotateRun(const std::filesystem::path& runDirectory, const RunNotesChange& change) override {
    return guarded([&]() -> Status {
      ROSA_TRY(const auto folder, store::openRunFolder(runDirectory));
      return store::changeRunNotes(folder, change);
    });
  }
  Status extendRun(const std::filesystem::path& runDirectory, std::int64_t totalSteps) override {
    return guarded([&]() -> Status {
      // Of a launcher's processes, which all are asked, rank 0 writes.
      ROSA_TRY(const auto launch, parallel::readLaunch(parallel::processEnvironment()));
      if (launch && launch->rank != 0) return {};
      ROSA_TRY(const auto folder, store::openRunFolder(runDirectory));
      ROSA_TRY(const auto lock, store::RunLock::take(folder));
      ROSA_TRY(const auto record, store::readRunRecord(folder));
      if (totalSteps <= record.step) {
        return Error{fmt::format("{} has done {} steps already. Write more than that to train it longer.",
                                 folder.path.string(), record.step)};
      }
      ROSA_TRY(auto config, service::readStoredConfig(folder));
      config.steps = totalSteps;
      config.epochs.reset();
      return store::writeRunConfig(folder, config);
    });
  }
  Status deleteRun(const std::filesystem::path& runDirectory) override {
    return guarded([&]() -> Status {
      ROSA_TRY(const auto folder, store::openRunFolder(runDirectory));
      // Only who holds the lock may write, and deleting is writing; the lock's own file goes with the folder.
      ROSA_TRY(const auto lock, store::RunLock::take(folder));
      ROSA_TRY(auto catalogue, store::Catalogue::open(rosaHome()));
      ROSA_CHECK(base::removeFolder(base::FileSystem::real(), folder.path));
      return catalogue.forget(folder.path);
    });
  }

  Expected<EvaluationReport> evaluate(const EvaluationRequest& request) override {
    return guarded([&]() -> Expected<EvaluationReport> {
      auto ready = request;
      ROSA_TRY(ready.model, service::modelFolderOf(request.model));
      return service::evaluateModel(ready);
    });
  }
  Expected<GenerationReport> generate(const GenerationRequest& request, const GenerationCallbacks& callbacks) override {
    return guarded([&]() -> Expected<GenerationReport> {
      auto ready = request;
      ROSA_TRY(ready.model, service::modelFolderOf(request.model));
      return service::generateTexts(ready, callbacks);
    });
  }
  Expected<std::unique_ptr<LoadedModel>> openModel(const ModelRequest& request) override {
    return guarded([&]() -> Expected<std::unique_ptr<LoadedModel>> {
      auto ready = request;
      ROSA_TRY(ready.model, service::modelFolderOf(request.model));
      return service::loadModel(ready);
    });
  }
  Expected<ModelSummary> initModel(const InitRequest& request) override {
    return guarded([&]() -> Expected<ModelSummary> {
      ROSA_CHECK(service::initialiseModel(request));
      return service::inspectModel(request.destination);
    });
  }
  Expected<BenchReport> benchTrain(const RunConfig& asked, std::int64_t untimedSteps) override {
    return measured<BenchReport>(asked, [&](const auto& config) { return service::benchTrain(config, untimedSteps); });
  }
  Expected<ResampleReport> benchResample(const RunConfig& asked, std::int64_t times) override {
    return measured<ResampleReport>(asked, [&](const auto& config) { return service::benchResample(config, times); });
  }
  Expected<LoadReport> benchLoad(const RunConfig& asked) override {
    return measured<LoadReport>(asked, service::benchLoad);
  }
  Expected<TokenizeReport> benchTokenize(const RunConfig& asked) override {
    return guarded([&]() -> Expected<TokenizeReport> {
      ROSA_TRY(auto model, service::modelFolderOf(asked.model));
      const auto config = withModel(asked, std::move(model));
      if (const auto problems = checkConfig(config); !problems.empty()) return Error{joinProblems(problems)};
      return service::benchTokenize(config);
    });
  }

 private:
  /// A measurement, or every mistake of its settings.
  template <typename Report, typename Measure>
  Expected<Report> measured(const RunConfig& asked, Measure measure) {
    return guarded([&]() -> Expected<Report> {
      ROSA_TRY(auto model, service::modelFolderOf(asked.model));
      const auto config = withModel(asked, std::move(model));
      if (const auto problems = checkConfig(config); !problems.empty()) {
        return service::everyMistake(config, facts_, Error{joinProblems(problems)});
      }
      Expected<Report> report = measure(config);
      if (!report) return service::everyMistake(config, facts_, std::move(report).error());
      return report;
    });
  }
  /// Held while a run is opened, which can take minutes: whoever starts another is refused, and does not wait.
  class Turn {
   public:
    explicit Turn(std::atomic<bool>& taken) : taken_(&taken) {}
    Turn(Turn&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (taken_ != nullptr) *taken_ = false;
    }

   private:
    std::atomic<bool>* taken_;
  };

  /// Two runs at once would fight over the cores and the memory.
  Expected<Turn> takeTurn() {
    if (starting_.exchange(true)) return Error{"Another run is starting. Stop it, or wait for its end."};
    Turn turn(starting_);
    if (const auto running = running_.lock(); running && !*running) {
      return Error{"Another run is training. Stop it, or wait for its end."};
    }
    return turn;
  }

  /// What a worker does first, in the folder that was made for the run, as the leader of its company.
  Expected<service::OpenedRun> openAsWorker(const WorkRequest& request, const store::RunFolder& folder,
                                            service::Opening& opening) {
    ROSA_TRY(const auto config, service::readStoredConfig(folder));
    ROSA_TRY(auto company, service::gatherCompany(std::nullopt, config.processes, opening));
    return service::telling(company, [&] {
      return request.resume ? openAgain(std::move(company), folder, request.acceptedChanges, opening)
                            : openFirst(std::move(company), config, folder, opening);
    });
  }
  Expected<service::OpenedRun> openFirst(service::Company company, RunConfig config, const store::RunFolder& folder,
                                         service::Opening& opening) {
    service::sendOrder(company, {config, false, {}, {}});
    ROSA_TRY(config.model, service::modelFolderOf(config.model));
    ROSA_TRY(auto opened, service::openNewRun(config, folder.path, facts_, opening));
    ROSA_CHECK(service::joinCompany(opened, std::move(company)));
    ROSA_CHECK(store::writeRunConfig(folder, opened.session->config));
    ROSA_CHECK(service::keepInFolder(opened, folder));
    return opened;
  }
  static Expected<service::OpenedRun> openAgain(service::Company company, const store::RunFolder& folder,
                                                const std::string& accepted, service::Opening& opening) {
    const ResumeOptions options{[&accepted](const std::string& changes) { return changes == accepted; }, {}};
    ROSA_TRY(auto opened, openToGoOn(std::move(company), folder, options, opening));
    ROSA_CHECK(service::keepInFolder(opened, folder));
    return opened;
  }
  static Expected<service::OpenedRun> openToGoOn(service::Company company, const store::RunFolder& folder,
                                                 const ResumeOptions& options, service::Opening& opening) {
    ROSA_TRY(const auto config, service::readStoredConfig(folder));
    ROSA_TRY(const auto data, store::readRunData(folder));
    service::sendOrder(company, {config, true, folder.path, data ? data->labels : std::vector<std::string>()});
    ROSA_TRY(auto opened, service::openForResume(folder, options, opening));
    ROSA_CHECK(service::joinCompany(opened, std::move(company)));
    return opened;
  }

  /// A new run of the company that this process leads.
  Expected<std::unique_ptr<Run>> begin(service::Company company, const RunConfig& asked, service::Opening& opening,
                                       EventSink& sink) {
    ROSA_TRY(const auto place, service::placeOfRun(asked, facts_));
    service::sendOrder(company, {asked, false, {}, {}});
    ROSA_TRY(auto opened, service::openNewRun(place.config, place.folder, facts_, opening));
    ROSA_CHECK(service::joinCompany(opened, std::move(company)));
    ROSA_TRY(const auto folder, store::createRunFolder(opened.session->config));
    service::rememberFolder(opened, folder.path);
    auto run = startOpened(std::move(opened), folder, sink);
    // The reason why it could not start is the one to tell.
    if (!run) static_cast<void>(base::removeFolder(base::FileSystem::real(), folder.path));
    return run;
  }

  Expected<std::unique_ptr<Run>> goOn(service::Company company, const store::RunFolder& folder,
                                      const ResumeOptions& options, service::Opening& opening, EventSink& sink) {
    ROSA_TRY(auto opened, openToGoOn(std::move(company), folder, options, opening));
    return startOpened(std::move(opened), folder, sink);
  }

  /// The run of this launch that is to go on because the launcher has started its processes anew. One without a
  /// checkpoint begins once more: its folder goes.
  Expected<std::optional<store::RunFolder>> begunBefore(const service::Company& company) {
    const auto path = service::folderBegunBefore(company);
    if (path.empty()) return std::optional<store::RunFolder>();
    const auto folder = store::openRunFolder(path);
    if (!folder) return std::optional<store::RunFolder>();
    if (!checkpoint::listCheckpoints(folder->checkpoints()).empty()) return std::optional(*folder);
    ROSA_CHECK(deleteRun(path));
    return std::optional<store::RunFolder>();
  }

  /// A process whose run another one leads and writes.
  Expected<std::unique_ptr<Run>> follow(service::Company company, std::optional<RunConfig> own, EventSink& sink) {
    if (parallel::processEnvironment()(parallel::kLocalGroupVariable)) own.reset();
    auto shared = std::make_shared<service::Company>(std::move(company));
    service::RunThread::Parts parts;
    parts.open = [shared, own = std::move(own)](service::Opening& opening) {
      return service::openToFollow(std::move(*shared), own ? &*own : nullptr, opening);
    };
    auto run = std::make_unique<service::RunThread>(std::move(parts), sink);
    running_ = run->endedFlag();
    return Expected<std::unique_ptr<Run>>(std::move(run));
  }

  Expected<std::unique_ptr<Run>> startOpened(service::OpenedRun opened, const store::RunFolder& folder,
                                             EventSink& sink) {
    ROSA_TRY(auto lock, store::RunLock::take(folder));
    ROSA_CHECK(service::keepInFolder(opened, folder));
    // Shared only because std::function wants to be copied.
    auto shared = std::make_shared<service::OpenedRun>(std::move(opened));
    return start(folder, std::move(lock), store::commandBytes(folder), sink,
                 [shared](service::Opening&) -> Expected<service::OpenedRun> { return std::move(*shared); });
  }

  Expected<std::unique_ptr<Run>> start(const store::RunFolder& folder, store::RunLock lock, std::int64_t commandsFrom,
                                       EventSink& sink,
                                       std::function<Expected<service::OpenedRun>(service::Opening&)> open) {
    ROSA_TRY(auto log, store::EventLog::open(folder));
    std::string unlisted;
    if (auto catalogue = store::Catalogue::open(rosaHome())) {
      if (const auto status = catalogue->registerRun(folder); !status) unlisted = status.error().message;
    } else {
      unlisted = catalogue.error().message;
    }
    auto opened = [open = std::move(open), unlisted](service::Opening& opening) -> Expected<service::OpenedRun> {
      ROSA_TRY(auto run, open(opening));
      if (!unlisted.empty()) run.session->remarks.push_back(unlisted);
      return run;
    };
    auto run = std::make_unique<service::RunThread>(
        service::RunThread::Parts{folder, std::move(lock), std::move(log), commandsFrom, std::move(opened)}, sink);
    running_ = run->endedFlag();
    return Expected<std::unique_ptr<Run>>(std::move(run));
  }

  service::FactsCache facts_;
  std::atomic<bool> starting_ = false;
  std::weak_ptr<const std::atomic<bool>> running_;  ///< false while the last run goes on; gone with the run
};

}  // namespace

std::unique_ptr<Engine> createEngine() {
  return std::make_unique<EngineImpl>();
}

}  // namespace rosa
