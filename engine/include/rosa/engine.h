// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rosa/catalogue.h"
#include "rosa/chat.h"
#include "rosa/config.h"
#include "rosa/estimate.h"
#include "rosa/events.h"
#include "rosa/expected.h"
#include "rosa/generate.h"
#include "rosa/inspect.h"
#include "rosa/preview.h"
#include "rosa/run.h"
#include "rosa/services.h"

/// The engine as its two front ends see it.
///
/// One object per process, made by `createEngine`, destroyed before main returns (LibTorch must outlive it). Every
/// member may be called from any thread. `train` and `resume` return as soon as the run's thread is started; all others
/// block for as long as they read or compute, so a window calls them from a worker thread. Nothing throws.
namespace rosa {

class Engine {
 public:
  virtual ~Engine() = default;

  // Looking at things.
  [[nodiscard]] virtual Expected<ModelSummary> inspectModel(const std::filesystem::path& folder) = 0;
  [[nodiscard]] virtual Expected<DataSummary> inspectData(const std::filesystem::path& path, std::int64_t previewRows,
                                                          const TableReading& reading = {}) = 0;
  [[nodiscard]] virtual Expected<Inspection> inspect(const std::filesystem::path& path) = 0;
  /// Reads and tokenises the data, but each file only once for the same settings. Where `giveUp` returns true, what
  /// comes back is not worth looking at; it is asked often, on the calling thread.
  [[nodiscard]] virtual RunPlan plan(const RunConfig& config, const std::function<bool()>& giveUp = {}) = 0;
  /// Rows [first, first + count) of the training data as a run of this configuration would train on them, token by
  /// token. Needs the model's tokenizer, and none of its weights. `giveUp` is asked often; true makes it an error.
  [[nodiscard]] virtual Expected<DataPreview> previewData(const RunConfig& config, std::int64_t first,
                                                          std::int64_t count,
                                                          const std::function<bool()>& giveUp = {}) = 0;
  [[nodiscard]] virtual MachineReport doctor() = 0;

  // Runs. At most one trains at a time; a second is refused with a sentence.
  /// `giveUp` is asked often while model and data are opened; true makes it an error.
  [[nodiscard]] virtual Expected<std::unique_ptr<Run>> train(const RunConfig& config, EventSink& sink,
                                                             const std::function<bool()>& giveUp = {}) = 0;
  [[nodiscard]] virtual Expected<std::unique_ptr<Run>> resume(const std::filesystem::path& runDirectory,
                                                              EventSink& sink, const ResumeOptions& options = {}) = 0;
  /// What the process of a run does: trains in a folder that was made for it. Opening the model and the data is a part
  /// of the run and happens on its thread; what cannot be opened is told as RunRefused.
  [[nodiscard]] virtual Expected<std::unique_ptr<Run>> work(const WorkRequest& request, EventSink& sink) = 0;
  [[nodiscard]] virtual Expected<ExportReport> exportRun(const ExportRequest& request) = 0;
  /// Of a run's folder, before it is exported; reads no weight.
  [[nodiscard]] virtual Expected<ExportSize> exportSize(const ExportRequest& request) = 0;

  // The catalogue.
  [[nodiscard]] virtual Expected<std::vector<RunRecord>> runs() = 0;
  [[nodiscard]] virtual Expected<RunConfig> runConfig(const std::filesystem::path& runDirectory) = 0;
  /// The way of a run to where it is now, oldest first, as `Runs::attach` brings it.
  [[nodiscard]] virtual Expected<std::vector<Event>> runEvents(const std::filesystem::path& runDirectory) = 0;
  /// What lists call the run from now on; its folder stays where it is. Refused while it trains.
  [[nodiscard]] virtual Status renameRun(const std::filesystem::path& runDirectory, const std::string& name) = 0;
  /// Tags and note of a run, which trains or does not. Refused where a tag or the note cannot be kept as it is.
  [[nodiscard]] virtual Status annotateRun(const std::filesystem::path& runDirectory, const RunNotesChange& change) = 0;
  /// How many steps the run has in all from now on, so that one that has done all of its steps can go on; its learning
  /// rate goes on along the longer schedule. Refused while it trains, and for no more steps than were done.
  [[nodiscard]] virtual Status extendRun(const std::filesystem::path& runDirectory, std::int64_t totalSteps) = 0;
  /// Deletes the run's folder with everything in it. Refused while it trains.
  [[nodiscard]] virtual Status deleteRun(const std::filesystem::path& runDirectory) = 0;

  // Using models.
  [[nodiscard]] virtual Expected<EvaluationReport> evaluate(const EvaluationRequest& request) = 0;
  [[nodiscard]] virtual Expected<GenerationReport> generate(const GenerationRequest& request,
                                                            const GenerationCallbacks& callbacks) = 0;
  /// Opens a model to be asked many times, for as long as what comes back is kept.
  [[nodiscard]] virtual Expected<std::unique_ptr<LoadedModel>> openModel(const ModelRequest& request) = 0;
  [[nodiscard]] virtual Expected<ModelSummary> initModel(const InitRequest& request) = 0;
  [[nodiscard]] virtual Expected<BenchReport> benchTrain(const RunConfig& config, std::int64_t untimedSteps) = 0;
  /// As many resamples of all layers, without a run folder. Refused for what draws no slices.
  [[nodiscard]] virtual Expected<ResampleReport> benchResample(const RunConfig& config, std::int64_t times) = 0;
  /// Opens a run as training does and takes one step. Its times count from the start of the process, so that it is to
  /// be the first that the process does.
  [[nodiscard]] virtual Expected<LoadReport> benchLoad(const RunConfig& config) = 0;
  /// Cuts the training file into tokens and times it.
  [[nodiscard]] virtual Expected<TokenizeReport> benchTokenize(const RunConfig& config) = 0;
};

[[nodiscard]] std::unique_ptr<Engine> createEngine();

/// The folder all runs live in by default: $ROSA_HOME, or the one that was chosen (rosa/home.h), or the XDG data
/// folder's rosa-studio.
[[nodiscard]] std::filesystem::path rosaHome();

}  // namespace rosa
