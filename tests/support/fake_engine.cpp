// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fake_engine.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rosa::test {
namespace {

constexpr std::int64_t kMebi = 1 << 20;
constexpr std::int64_t kGibi = 1 << 30;

ModelSummary llama(const std::filesystem::path& folder) {
  ModelSummary model;
  model.path = folder;
  model.family = "Llama";
  model.architecture = "LlamaForCausalLM";
  model.dtype = "fp32";
  model.parameters = 260032;
  model.bytes = 1044992;
  model.layers = 5;
  model.hiddenSize = 64;
  model.vocabularySize = 512;
  model.maxPositions = 512;
  model.license = "MIT";
  model.languageModel = true;
  model.hasTokenizer = true;
  for (int layer = 0; layer < 5; ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    model.linearLayers.push_back({prefix + "self_attn.q_proj", "attention", 64, 64});
    model.linearLayers.push_back({prefix + "self_attn.k_proj", "attention", 64, 32});
    model.linearLayers.push_back({prefix + "mlp.up_proj", "mlp", 64, 172});
  }
  return model;
}

DataSummary restaurants(const std::filesystem::path& path) {
  DataSummary data;
  data.path = path;
  data.format = "CSV";
  data.rows = 4000;
  data.columns = {"mr", "ref"};
  data.preview = {
      {"name[The Vaults], eatType[pub], priceRange[more than £30], near[Café Adriatic]",
       "The Vaults pub near Café Adriatic has a 5 star rating."},
      {"name[The Cambridge Blue], eatType[pub], food[English], near[Café Brazil]",
       "Close to Café Brazil, The Cambridge Blue pub serves delicious Tuscan Beef."},
      {"name[The Eagle], eatType[coffee shop], food[Japanese], area[riverside]",
       "The Eagle is a low rated coffee shop near Burger King and the riverside."},
  };
  data.suggestedTask = "completion";
  data.suggestedPrompt = "mr";
  data.suggestedCompletion = "ref";
  return data;
}

/// Enough of the engine's arithmetic for the pages to show something consistent.
RunPlan planOf(const RunConfig& config) {
  RunPlan plan;
  plan.usual = {{"lr", "0.01", "our runs on E2E, stories260k"},
                {"batch", "8", "our runs on E2E, stories260k"},
                {"max-length", "512", "ROSA's code, on GLUE and causal models"}};
  plan.problems = checkConfig(config);
  plan.runDirectory = std::filesystem::path("/home/someone/rosa-studio/runs/2026-11-23-stories260k-e2e");
  plan.memoryLimitBytes = 25 * kGibi;
  plan.diskFreeBytes = 73 * kGibi;
  plan.diskBytes = 11 * kMebi;
  if (config.model.empty() || config.data.empty()) return plan;

  const ModelSummary model = llama(config.model);
  plan.totalParameters = model.parameters;
  const auto* number = std::get_if<std::int64_t>(&config.rank.value);
  for (const LinearLayerSummary& layer : model.linearLayers) {
    const std::int64_t side = std::min(layer.inFeatures, layer.outFeatures);
    const std::int64_t rank =
        number != nullptr
            ? *number
            : std::max<std::int64_t>(
                  1, static_cast<std::int64_t>(std::get<double>(config.rank.value) * static_cast<double>(side)));
    if (rank > side && config.method != Method::Full) {
      plan.problems.push_back({"rank", "The rank " + std::to_string(rank) + " is above the smaller side of " +
                                           layer.name + ". Choose at most " + std::to_string(side) + "."});
      return plan;
    }
    if (config.method == Method::Full) continue;
    plan.layers.push_back({layer.name, layer.inFeatures, layer.outFeatures, rank, rank == side});
    plan.trainableParameters += rank * (layer.inFeatures + layer.outFeatures);
  }
  if (config.method == Method::Full) plan.trainableParameters = model.parameters;
  plan.trainRows = 3800;
  plan.validationRows = 200;
  plan.medianTokens = 61;
  plan.longestTokens = 143;
  plan.stepsPerEpoch = (plan.trainRows + config.batch - 1) / config.batch;
  plan.totalSteps = config.steps.value_or(
      static_cast<std::int64_t>(std::ceil(config.epochs.value_or(3.0) * static_cast<double>(plan.stepsPerEpoch))));
  if (config.method == Method::Rosa && config.resampleEvery.unit == Interval::Unit::Steps) {
    plan.resampleEverySteps = static_cast<std::int64_t>(config.resampleEvery.count);
    plan.expectedResamples = (plan.totalSteps - 1) / plan.resampleEverySteps;
    plan.expectedCoverage = 0.48;
  }
  plan.memory = {4 * kMebi, 2 * kMebi, 2 * kMebi, 160 * kMebi, 30 * kMebi};
  plan.estimatedSeconds = 360;
  plan.checks = {{"Model", ReadinessCheck::State::Good, "Llama, supported"},
                 {"Data", ReadinessCheck::State::Good, "4,000 rows, 2 columns mapped"},
                 {"Disk", ReadinessCheck::State::Good, "11 MiB of 73 GiB for 3 checkpoints"},
                 {"Speed", ReadinessCheck::State::Warning, "This CPU has no bf16 instructions: computing in fp32"}};
  return plan;
}

RunRecord record(const std::string& name, const std::string& model, const std::string& data, const std::string& method,
                 const std::string& rank, NamedValues metrics, double peakGib, double seconds,
                 const std::string& status, int minute) {
  RunRecord run;
  run.name = name;
  run.directory = std::filesystem::path("/home/someone/rosa-studio/runs") / ("2026-11-23-" + name);
  run.model = model;
  run.data = data;
  run.task = model == "minilm-l6" ? "classification" : "completion";
  run.method = method;
  run.rank = rank;
  run.status = status;
  run.startedAt = "2026-11-23T12:" + std::to_string(10 + minute) + ":00Z";
  run.step = 690;
  run.totalSteps = 690;
  run.trainableParameters = method == "full" ? 22713216 : 300000;
  run.resamples = method == "rosa" ? 9 : 0;
  run.learningRate = method == "full" ? 5e-5 : 1e-3;
  run.lastLoss = 0.34;
  run.metrics = std::move(metrics);
  run.elapsedSeconds = seconds;
  run.peakResidentBytes = static_cast<std::int64_t>(peakGib * static_cast<double>(kGibi));
  for (int i = 0; i < 64; ++i) {
    run.sparkline.push_back(static_cast<float>(0.3 + 0.4 * std::exp(-i / 14.0) + 0.015 * std::sin(i * 1.7)));
  }
  run.resumable = status != "running";
  return run;
}

std::vector<RunRecord> exampleRuns() {
  const NamedValues completion = {{"loss", 2.5017}, {"perplexity", 12.203}};
  std::vector<RunRecord> runs = {
      record("mrpc-rosa-8", "minilm-l6", "MRPC", "rosa", "8", {{"loss", 0.412}, {"f1", 0.861}, {"accuracy", 0.806}},
             0.42, 372, "completed", 40),
      record("mrpc-lora-8", "minilm-l6", "MRPC", "lora", "8", {{"loss", 0.431}, {"f1", 0.852}, {"accuracy", 0.794}},
             0.44, 400, "completed", 35),
      record("mrpc-full", "minilm-l6", "MRPC", "full", "", {{"loss", 0.398}, {"f1", 0.864}, {"accuracy", 0.811}}, 0.71,
             545, "completed", 30),
      record("e2e-rosa-8", "stories260k", "e2e", "rosa", "8", completion, 0.31, 350, "stopped", 25),
      record("cola-rosa-16", "minilm-l6", "CoLA", "rosa", "16", {{"loss", 0.52}, {"matthews", 0.401}}, 0.43, 258,
             "interrupted", 20),
      record("rte-rosa-8", "minilm-l6", "RTE", "rosa", "8", {}, 0.51, 62, "failed", 15),
      record("e2e-lora-4", "stories260k", "e2e", "lora", "4", completion, 0.31, 331, "completed", 10),
      record("mrpc-rosa-sweep", "minilm-l6", "MRPC", "rosa", "16",
             {{"loss", 0.409}, {"f1", 0.858}, {"accuracy", 0.802}}, 0.43, 380, "completed", 5),
  };
  runs[0].exportDifference = 2e-6;
  runs[5].message = "No space is left on the disk of /home/someone/rosa-studio. Free at least 120 MiB and continue.";
  return runs;
}

}  // namespace

void FakeRun::emit(const Event& event) {
  const std::lock_guard lock(mutex_);
  ++emitted_;
  if (sink_ != nullptr) sink_->receive(event);
  if (std::holds_alternative<RunFailed>(event) || std::holds_alternative<RunFinished>(event) ||
      std::holds_alternative<RunRefused>(event) || std::holds_alternative<WorkerEnded>(event)) {
    ended_ = true;
  }
}

void FakeRun::follow(EventSink* sink) {
  const std::lock_guard lock(mutex_);
  sink_ = sink;
}

std::vector<std::string> FakeRun::commands() const {
  const std::lock_guard lock(mutex_);
  return given_;
}

void FakeRun::give(const Command& command) {
  const std::lock_guard lock(mutex_);
  const auto* stop = std::get_if<StopRun>(&command);
  std::string given = stop == nullptr ? std::string(commandName(command)) : stop->save ? "stop and save" : "discard";
  if (const auto* sample = std::get_if<SampleRun>(&command); sample != nullptr && !sample->prompt.empty()) {
    given += ' ' + sample->prompt;
  }
  given_.push_back(std::move(given));
  if (stop == nullptr || ended_) return;
  RunFinished finished;
  finished.outcome = "stopped";
  emit(finished);
}

namespace {

class FakeSubscription : public Subscription {
 public:
  FakeSubscription(std::shared_ptr<FakeRun> run, std::string lost) : run_(std::move(run)), lost_(std::move(lost)) {}
  ~FakeSubscription() override { run_->follow(nullptr); }
  [[nodiscard]] bool ended() const override { return run_->ended(); }
  [[nodiscard]] std::int64_t newest() const override { return run_->emitted(); }
  [[nodiscard]] std::string lost() const override { return lost_; }

 private:
  std::shared_ptr<FakeRun> run_;
  std::string lost_;
};

}  // namespace

Expected<std::filesystem::path> FakeRuns::start(const RunConfig& config, const std::string& host) {
  if (!engine_.trainRefusal) return engine_.trainRefusal.error();
  const auto directory = planOf(config).runDirectory;
  {
    const std::lock_guard lock(engine_.mutex_);
    engine_.started_.push_back(config);
    engine_.startedAt_.push_back(host);
  }
  const std::lock_guard lock(mutex_);
  if (training()) {
    queue_.push_back({directory.string() + "-" + std::to_string(queue_.size() + 2), false, "auto"});
    return queue_.back().folder;
  }
  run_ = std::make_shared<FakeRun>(directory);
  begun_ = false;
  refusal_ = engine_.openRefusal;
  return directory;
}

Status FakeRuns::resume(const std::filesystem::path& folder, const std::string& acceptedChanges) {
  const std::lock_guard lock(mutex_);
  if (training()) {
    queue_.push_back({folder, true, "auto"});
    return {};
  }
  run_ = std::make_shared<FakeRun>(folder);
  begun_ = false;
  refusal_ = {};
  if (!engine_.dataChanges.empty() && acceptedChanges != engine_.dataChanges) {
    refusal_ = {"The data are not those that the run began with.", engine_.dataChanges};
    return {};
  }
  const std::lock_guard engineLock(engine_.mutex_);
  engine_.resumed_.push_back(folder);
  return {};
}

Expected<std::filesystem::path> FakeRuns::startExperiment(const ExperimentOrder& order) {
  const std::lock_guard lock(mutex_);
  engine_.experiments.push_back(order);
  queue_.push_back({"/home/someone/rosa-studio/runs/" + order.name, false, "auto"});
  return queue_.back().folder;
}

Expected<std::optional<ExperimentOrder>> FakeRuns::experimentOf(const std::filesystem::path& /*folder*/) {
  return std::optional(engine_.experiment);
}

Expected<std::filesystem::path> FakeRuns::adopt(const std::string& host, const std::string& /*run*/) {
  return Error{host + " has no such run."};
}

std::string FakeRuns::hostOf(const std::filesystem::path& folder) {
  const auto found = std::ranges::find(engine_.records, folder, &RunRecord::directory);
  return found == engine_.records.end() ? std::string() : found->host;
}

Expected<RunPlan> FakeRuns::planAt(const std::string& host, const RunConfig& config) {
  return engine_.onPlanAt ? engine_.onPlanAt(host, config) : engine_.plan(config);
}

Expected<Attached> FakeRuns::attach(const std::filesystem::path& folder, std::int64_t from, EventSink& sink) {
  const std::lock_guard lock(mutex_);
  if (run_ == nullptr || run_->directory() != folder) {
    run_ = std::make_shared<FakeRun>(folder);
    begun_ = true;
  }
  Attached attached;
  const auto found = engine_.events.find(folder);
  if (from == 0 && found != engine_.events.end()) attached.past = found->second;
  run_->follow(&sink);
  if (!refusal_.message.empty()) {
    run_->emit(refusal_);
  } else if (!begun_) {
    RunStarted started;
    started.runDirectory = folder.string();
    started.task = "completion";
    started.method = "rosa";
    run_->emit(started);
  }
  begun_ = true;
  attached.subscription = std::make_unique<FakeSubscription>(run_, engine_.lost);
  return attached;
}

Status FakeRuns::send(const std::filesystem::path& folder, const Command& command) {
  const std::lock_guard lock(mutex_);
  if (run_ == nullptr || run_->directory() != folder) return Error{folder.string() + " is not being trained."};
  run_->give(command);
  return {};
}

Expected<std::vector<QueuedRun>> FakeRuns::queue() {
  const std::lock_guard lock(mutex_);
  return queue_;
}

Status FakeRuns::move(const std::filesystem::path& folder, std::size_t place) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(queue_, folder, &QueuedRun::folder);
  if (found == queue_.end()) return Error{folder.string() + " does not wait."};
  const auto entry = *found;
  queue_.erase(found);
  queue_.insert(queue_.begin() + static_cast<std::ptrdiff_t>(std::min(place, queue_.size())), entry);
  return {};
}

Status FakeRuns::withdraw(const std::filesystem::path& folder) {
  const std::lock_guard lock(mutex_);
  std::erase_if(queue_, [&](const QueuedRun& entry) { return entry.folder == folder; });
  return {};
}

RunConfig sampleConfig() {
  RunConfig config;
  config.model = "/samples/stories260k";
  config.data = "/samples/e2e";
  config.task = Task::Completion;
  config.prompt = "mr";
  config.completion = "ref";
  config.rank.value = std::int64_t{8};
  config.resampleEvery = {Interval::Unit::Steps, 50};
  config.epochs = 2;
  config.learningRate = 2e-3;
  config.batch = 8;
  return config;
}

FakeEngine::FakeEngine()
    : onInspectModel([](const auto& folder) { return llama(folder); }),
      onInspectData([](const auto& path) { return restaurants(path); }),
      onPlan(planOf),
      onExport([](const ExportRequest& request) {
        ExportReport report;
        report.directory = request.destination;
        report.step = 950;
        report.bytes = 1066112;
        report.largestLogitDifference = 2.4e-7;
        report.comparedLogits = 65536;
        report.files = {"config.json", "model.safetensors", "tokenizer.json", "generation_config.json", "README.md"};
        return report;
      }),
      records(exampleRuns()) {
  machine.cores = 2;
  machine.memoryBytes = 25 * kGibi;
  machine.lines = {{"CPU", "2 cores, AVX2", false},
                   {"bf16", "no instructions for it: computing in fp32", true},
                   {"Memory", "25.0 GiB", false},
                   {"GPU", "none", false}};
  for (const RunRecord& run : records) {
    RunConfig config;
    config.name = run.name;
    config.model = "/models/" + run.model;
    config.data = "/data/" + run.data;
    config.method = run.method == "rosa" ? Method::Rosa : run.method == "lora" ? Method::Lora : Method::Full;
    config.learningRate = run.learningRate;
    configs[run.directory] = config;
  }
}

std::vector<std::string> FakeEngine::commands() const {
  return run() == nullptr ? std::vector<std::string>() : run()->commands();
}

std::vector<RunConfig> FakeEngine::started() const {
  const std::lock_guard lock(mutex_);
  return started_;
}

std::vector<std::string> FakeEngine::startedAt() const {
  const std::lock_guard lock(mutex_);
  return startedAt_;
}

std::vector<std::filesystem::path> FakeEngine::resumed() const {
  const std::lock_guard lock(mutex_);
  return resumed_;
}

std::vector<std::filesystem::path> FakeEngine::deleted() const {
  const std::lock_guard lock(mutex_);
  return deleted_;
}

Expected<ModelSummary> FakeEngine::inspectModel(const std::filesystem::path& folder) {
  return onInspectModel(folder);
}

Expected<DataSummary> FakeEngine::inspectData(const std::filesystem::path& path, std::int64_t previewRows,
                                              const TableReading& /*reading*/) {
  auto data = onInspectData(path);
  if (data && data->preview.size() > static_cast<std::size_t>(previewRows)) {
    data->preview.resize(static_cast<std::size_t>(previewRows));
  }
  return data;
}

Expected<Inspection> FakeEngine::inspect(const std::filesystem::path& path) {
  return Inspection{.kind = "model", .title = path.filename().string(), .facts = {}};
}

RunPlan FakeEngine::plan(const RunConfig& config, const std::function<bool()>& /*giveUp*/) {
  ++plans_;
  return onPlan(config);
}

// The window's runs are processes.
Expected<std::unique_ptr<Run>> FakeEngine::train(const RunConfig&, EventSink&, const std::function<bool()>&) {
  return Error{"This engine trains nothing."};
}

Expected<std::unique_ptr<Run>> FakeEngine::resume(const std::filesystem::path&, EventSink&, const ResumeOptions&) {
  return Error{"This engine trains nothing."};
}

Expected<std::unique_ptr<Run>> FakeEngine::work(const WorkRequest&, EventSink&) {
  return Error{"This engine trains nothing."};
}

Expected<ExportReport> FakeEngine::exportRun(const ExportRequest& request) {
  return onExport(request);
}

Expected<std::vector<RunRecord>> FakeEngine::runs() {
  const std::lock_guard lock(mutex_);
  return records;
}

Expected<RunConfig> FakeEngine::runConfig(const std::filesystem::path& runDirectory) {
  const auto found = configs.find(runDirectory);
  if (found == configs.end()) return Error{"There is no run in " + runDirectory.string() + "."};
  return found->second;
}

Expected<std::vector<Event>> FakeEngine::runEvents(const std::filesystem::path& runDirectory) {
  const auto found = events.find(runDirectory);
  if (found == events.end()) return Error{"There is no run in " + runDirectory.string() + "."};
  return found->second;
}

Status FakeEngine::renameRun(const std::filesystem::path& runDirectory, const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (!renameRefusal) return renameRefusal.error();
  for (RunRecord& run : records) {
    if (run.directory == runDirectory) run.name = name;
  }
  return {};
}

Status FakeEngine::annotateRun(const std::filesystem::path& runDirectory, const RunNotesChange& change) {
  const std::lock_guard lock(mutex_);
  if (!annotateRefusal) return annotateRefusal.error();
  for (RunRecord& run : records) {
    if (run.directory != runDirectory) continue;
    if (change.tags) run.notes.tags = *change.tags;
    run.notes.tags.insert(run.notes.tags.end(), change.addedTags.begin(), change.addedTags.end());
    if (change.note) run.notes.note = *change.note;
  }
  return {};
}

Status FakeEngine::extendRun(const std::filesystem::path& runDirectory, std::int64_t totalSteps) {
  const std::lock_guard lock(mutex_);
  extended[runDirectory] = totalSteps;
  return {};
}

Status FakeEngine::deleteRun(const std::filesystem::path& runDirectory) {
  const std::lock_guard lock(mutex_);
  deleted_.push_back(runDirectory);
  std::erase_if(records, [&](const RunRecord& run) { return run.directory == runDirectory; });
  return {};
}

Expected<EvaluationReport> FakeEngine::evaluate(const EvaluationRequest& request) {
  return onEvaluate ? onEvaluate(request) : EvaluationReport{};
}

Expected<GenerationReport> FakeEngine::generate(const GenerationRequest& request, const GenerationCallbacks&) {
  GenerationReport report;
  for (std::size_t i = 0; i < request.prompts.size(); ++i)
    report.prompts.push_back({{"The Vaults is a pub near Café Adriatic.", 12}});
  return report;
}

Expected<ModelSummary> FakeEngine::initModel(const InitRequest& request) {
  return llama(request.destination);
}

Expected<BenchReport> FakeEngine::benchTrain(const RunConfig&, std::int64_t) {
  return bench;
}

Expected<ResampleReport> FakeEngine::benchResample(const RunConfig&, std::int64_t) {
  return ResampleReport();
}

Expected<LoadReport> FakeEngine::benchLoad(const RunConfig&) {
  return LoadReport();
}

Expected<TokenizeReport> FakeEngine::benchTokenize(const RunConfig&) {
  return TokenizeReport{};
}

}  // namespace rosa::test
