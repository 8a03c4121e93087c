// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "rosa/engine.h"
#include "rosa/runs.h"

/// An engine that answers at once with what the test put in, and remembers what it was asked.
///
/// Answers are set before they are asked for; what was asked is read through the functions, which lock.
namespace rosa::test {

/// A run whose events come from the test. It ends when it is stopped or when the test emits RunFinished or RunFailed.
class FakeRun {
 public:
  explicit FakeRun(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Sends `event` to whoever follows the run, on the calling thread.
  void emit(const Event& event);
  void give(const Command& command);
  void stop(StopMode mode) { give(StopRun{mode == StopMode::Save}); }
  /// The process is gone without a word.
  void die() { ended_ = true; }

  void follow(EventSink* sink);
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::int64_t emitted() const { return emitted_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  /// "pause", "unpause", "save", "sample", "stop and save", "discard", in the order they were given.
  [[nodiscard]] std::vector<std::string> commands() const;

 private:
  std::filesystem::path directory_;
  mutable std::recursive_mutex mutex_;
  EventSink* sink_ = nullptr;
  std::vector<std::string> given_;
  std::atomic<bool> ended_ = false;
  std::atomic<std::int64_t> emitted_ = 0;
};

class FakeEngine;

/// Runs of a fake engine: one at a time trains, others wait.
class FakeRuns : public Runs {
 public:
  explicit FakeRuns(FakeEngine& engine) : engine_(engine) {}

  Expected<std::filesystem::path> start(const RunConfig& config, const std::string& host) override;
  Expected<std::filesystem::path> startExperiment(const ExperimentOrder& order) override;
  Expected<std::optional<ExperimentOrder>> experimentOf(const std::filesystem::path& folder) override;
  Expected<std::filesystem::path> adopt(const std::string& host, const std::string& run) override;
  Status resume(const std::filesystem::path& folder, const std::string& acceptedChanges) override;
  Expected<Attached> attach(const std::filesystem::path& folder, std::int64_t from, EventSink& sink) override;
  std::string hostOf(const std::filesystem::path& folder) override;
  Expected<RunPlan> planAt(const std::string& host, const RunConfig& config) override;
  Status send(const std::filesystem::path& folder, const Command& command) override;
  Expected<std::vector<QueuedRun>> queue() override;
  Status move(const std::filesystem::path& folder, std::size_t place) override;
  Status withdraw(const std::filesystem::path& folder) override;
  Status startWaiting() override { return {}; }
  AtOnce atOnce() override { return atOnce_; }
  Status setAtOnce(AtOnce atOnce) override {
    atOnce_ = atOnce;
    return {};
  }

 private:
  [[nodiscard]] bool training() const { return run_ != nullptr && !run_->ended(); }

  friend class FakeEngine;
  FakeEngine& engine_;
  mutable std::mutex mutex_;
  std::shared_ptr<FakeRun> run_;
  bool begun_ = false;  ///< it trained before anybody attached
  RunRefused refusal_;  ///< of the run started last; empty = it begins
  std::vector<QueuedRun> queue_;
  std::atomic<AtOnce> atOnce_ = AtOnce::One;
};

class FakeEngine : public Engine {
 public:
  /// Answers for the sample project: a small Llama, 4,000 rows of E2E, eight runs in the catalogue.
  FakeEngine();

  // Answers.
  std::function<Expected<ModelSummary>(const std::filesystem::path&)> onInspectModel;
  std::function<Expected<DataSummary>(const std::filesystem::path&)> onInspectData;
  std::function<RunPlan(const RunConfig&)> onPlan;
  std::function<Expected<RunPlan>(const std::string&, const RunConfig&)> onPlanAt;
  std::function<Expected<DataPreview>(const RunConfig&, std::int64_t first, std::int64_t count)> onPreview;
  std::function<Expected<ExportReport>(const ExportRequest&)> onExport;
  BenchReport bench;  ///< of every measurement
  std::function<Expected<std::unique_ptr<LoadedModel>>(const ModelRequest&)> onOpenModel;
  std::function<Expected<EvaluationReport>(const EvaluationRequest&)> onEvaluate;
  std::int64_t freeBytes = 50'000'000'000;  ///< for an export
  Status renameRefusal;                     ///< an error here refuses every new name
  Status annotateRefusal;
  Status trainRefusal;      ///< an error here refuses every start
  RunRefused openRefusal;   ///< a message here refuses every run while it opens
  std::string lost;         ///< why the next run that ends without a word is followed no longer
  std::string dataChanges;  ///< what a resume asks about; empty = nothing has changed
  MachineReport machine;
  std::vector<RunRecord> records;
  std::map<std::filesystem::path, RunConfig> configs;
  std::map<std::filesystem::path, std::vector<Event>> events;

  // What was asked.
  [[nodiscard]] std::vector<RunConfig> started() const;
  std::vector<ExperimentOrder> experiments;                  ///< that were started
  ExperimentOrder experiment;                                ///< of every folder that is asked about
  [[nodiscard]] std::vector<std::string> startedAt() const;  ///< the hosts of these
  [[nodiscard]] std::vector<std::filesystem::path> resumed() const;
  [[nodiscard]] std::vector<std::filesystem::path> deleted() const;
  std::map<std::filesystem::path, std::int64_t> extended;  ///< to how many steps in all
  [[nodiscard]] int planCount() const { return plans_; }
  /// The run started or attached to last; null before the first.
  [[nodiscard]] FakeRun* run() const { return runs_.run_.get(); }
  /// What that run was told.
  [[nodiscard]] std::vector<std::string> commands() const;
  [[nodiscard]] FakeRuns& processes() { return runs_; }

  Expected<ModelSummary> inspectModel(const std::filesystem::path& folder) override;
  Expected<DataSummary> inspectData(const std::filesystem::path& path, std::int64_t previewRows,
                                    const TableReading& reading = {}) override;
  Expected<Inspection> inspect(const std::filesystem::path& path) override;
  RunPlan plan(const RunConfig& config, const std::function<bool()>& giveUp = {}) override;
  Expected<DataPreview> previewData(const RunConfig& config, std::int64_t first, std::int64_t count,
                                    const std::function<bool()>& /*giveUp*/ = {}) override {
    return onPreview ? onPreview(config, first, count) : DataPreview();
  }
  MachineReport doctor() override { return machine; }
  Expected<std::unique_ptr<Run>> train(const RunConfig& config, EventSink& sink,
                                       const std::function<bool()>& giveUp) override;
  Expected<std::unique_ptr<Run>> resume(const std::filesystem::path& runDirectory, EventSink& sink,
                                        const ResumeOptions& options = {}) override;
  Expected<std::unique_ptr<Run>> work(const WorkRequest& request, EventSink& sink) override;
  Expected<ExportReport> exportRun(const ExportRequest& request) override;
  Expected<std::vector<RunRecord>> runs() override;
  Expected<RunConfig> runConfig(const std::filesystem::path& runDirectory) override;
  Expected<std::vector<Event>> runEvents(const std::filesystem::path& runDirectory) override;
  Status renameRun(const std::filesystem::path& runDirectory, const std::string& name) override;
  Status annotateRun(const std::filesystem::path& runDirectory, const RunNotesChange& change) override;
  Status extendRun(const std::filesystem::path& runDirectory, std::int64_t totalSteps) override;
  Status deleteRun(const std::filesystem::path& runDirectory) override;
  Expected<ExportSize> exportSize(const ExportRequest& request) override {
    return ExportSize{request.as == ExportForm::Peft ? 0 : 1'200'000'000, freeBytes};
  }
  Expected<EvaluationReport> evaluate(const EvaluationRequest& request) override;
  Expected<GenerationReport> generate(const GenerationRequest& request, const GenerationCallbacks& callbacks) override;
  Expected<std::unique_ptr<LoadedModel>> openModel(const ModelRequest& request) override {
    return onOpenModel ? onOpenModel(request) : Expected<std::unique_ptr<LoadedModel>>(Error{"There is no model."});
  }
  Expected<ModelSummary> initModel(const InitRequest& request) override;
  Expected<BenchReport> benchTrain(const RunConfig& config, std::int64_t untimedSteps) override;
  Expected<ResampleReport> benchResample(const RunConfig& config, std::int64_t times) override;
  Expected<LoadReport> benchLoad(const RunConfig& config) override;
  Expected<TokenizeReport> benchTokenize(const RunConfig& config) override;

 private:
  friend class FakeRuns;
  mutable std::mutex mutex_;
  std::vector<RunConfig> started_;
  std::vector<std::string> startedAt_;
  std::vector<std::filesystem::path> resumed_;
  std::vector<std::filesystem::path> deleted_;
  std::atomic<int> plans_ = 0;
  FakeRuns runs_{*this};
};

/// The sample project's settings, as its preset has them.
[[nodiscard]] RunConfig sampleConfig();

}  // namespace rosa::test
