// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "rosa/engine.h"

/// An engine that answers at once with what the test put in, and remembers what it was asked.
///
/// Answers are set before they are asked for; what was asked is read through the functions, which lock.
namespace rosa::test {

/// A run whose events come from the test. It ends when it is stopped or when the test emits RunFinished or RunFailed.
class FakeRun : public Run {
 public:
  /// What the run was told outlives it.
  struct Commands {
    mutable std::mutex mutex;
    std::vector<std::string> given;
  };

  FakeRun(std::filesystem::path directory, EventSink& sink, std::shared_ptr<Commands> commands);

  /// Sends `event` to the sink on the calling thread, as the engine's run thread would.
  void emit(const Event& event);

  void pause() override;
  void unpause() override;
  void saveNow() override;
  void sampleNow() override;
  void stop(StopMode mode) override;
  void wait() override {}
  [[nodiscard]] bool ended() const override { return ended_; }
  [[nodiscard]] bool succeeded() const override { return ended_ && !failed_; }
  [[nodiscard]] std::filesystem::path directory() const override { return directory_; }

  /// "pause", "unpause", "save", "sample", "stop and save", "discard", in the order of the calls.
  [[nodiscard]] std::vector<std::string> commands() const;

 private:
  void note(const char* command);

  std::filesystem::path directory_;
  EventSink& sink_;
  std::atomic<bool> ended_ = false;
  std::atomic<bool> failed_ = false;
  std::shared_ptr<Commands> commands_;
};

class FakeEngine : public Engine {
 public:
  /// Answers for the sample project: a small Llama, 4,000 rows of E2E, eight runs in the catalogue.
  FakeEngine();

  // Answers.
  std::function<Expected<ModelSummary>(const std::filesystem::path&)> onInspectModel;
  std::function<Expected<DataSummary>(const std::filesystem::path&)> onInspectData;
  std::function<RunPlan(const RunConfig&)> onPlan;
  std::function<Expected<DataPreview>(const RunConfig&, std::int64_t first, std::int64_t count)> onPreview;
  std::function<Expected<ExportReport>(const ExportRequest&)> onExport;
  Status renameRefusal;     ///< an error here refuses every new name
  Status trainRefusal;      ///< an error here refuses every start
  std::string dataChanges;  ///< what a resume asks about; empty = nothing has changed
  MachineReport machine;
  std::vector<RunRecord> records;
  std::map<std::filesystem::path, RunConfig> configs;
  std::map<std::filesystem::path, std::vector<Event>> events;

  // What was asked.
  [[nodiscard]] std::vector<RunConfig> started() const;
  [[nodiscard]] std::vector<std::filesystem::path> resumed() const;
  [[nodiscard]] std::vector<std::filesystem::path> deleted() const;
  [[nodiscard]] int planCount() const { return plans_; }
  /// The run started last, as long as its owner keeps it; null before the first.
  [[nodiscard]] FakeRun* run() const { return run_; }
  /// What that run was told, also after its end.
  [[nodiscard]] std::vector<std::string> commands() const;

  Expected<ModelSummary> inspectModel(const std::filesystem::path& folder) override;
  Expected<DataSummary> inspectData(const std::filesystem::path& path, std::int64_t previewRows,
                                    const TableReading& reading = {}) override;
  Expected<Inspection> inspect(const std::filesystem::path& path) override;
  RunPlan plan(const RunConfig& config, const std::function<bool()>& giveUp = {}) override;
  Expected<DataPreview> previewData(const RunConfig& config, std::int64_t first, std::int64_t count) override {
    return onPreview ? onPreview(config, first, count) : DataPreview();
  }
  MachineReport doctor() override { return machine; }
  Expected<std::unique_ptr<Run>> train(const RunConfig& config, EventSink& sink) override;
  Expected<std::unique_ptr<Run>> resume(const std::filesystem::path& runDirectory, EventSink& sink,
                                        const ResumeOptions& options = {}) override;
  Expected<ExportReport> exportRun(const ExportRequest& request) override;
  Expected<std::vector<RunRecord>> runs() override;
  Expected<RunConfig> runConfig(const std::filesystem::path& runDirectory) override;
  Expected<std::vector<Event>> runEvents(const std::filesystem::path& runDirectory) override;
  Status renameRun(const std::filesystem::path& runDirectory, const std::string& name) override;
  Status deleteRun(const std::filesystem::path& runDirectory) override;
  Expected<EvaluationReport> evaluate(const EvaluationRequest& request) override;
  Expected<GenerationReport> generate(const GenerationRequest& request, const GenerationCallbacks& callbacks) override;
  Expected<ModelSummary> initModel(const InitRequest& request) override;
  Expected<BenchReport> benchTrain(const RunConfig& config, std::int64_t untimedSteps) override;
  Expected<TokenizeReport> benchTokenize(const RunConfig& config) override;

 private:
  Expected<std::unique_ptr<Run>> makeRun(const std::filesystem::path& directory, EventSink& sink);

  mutable std::mutex mutex_;
  std::vector<RunConfig> started_;
  std::vector<std::filesystem::path> resumed_;
  std::vector<std::filesystem::path> deleted_;
  std::atomic<int> plans_ = 0;
  FakeRun* run_ = nullptr;
  std::shared_ptr<FakeRun::Commands> commands_;
};

/// The sample project's settings, as its preset has them.
[[nodiscard]] RunConfig sampleConfig();

}  // namespace rosa::test
