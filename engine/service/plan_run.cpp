// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/plan_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "adapt/method.h"
#include "base/file.h"
#include "base/text.h"
#include "checkpoint/peft_adapter.h"
#include "config/resolve.h"
#include "data/dataset.h"
#include "data/summary.h"
#include "device/cpu.h"
#include "device/device.h"
#include "device/memory.h"
#include "model/build.h"
#include "model/virtual_tokens.h"
#include "optim/optimizer.h"
#include "rosa/method_traits.h"
#include "service/memory_estimate.h"
#include "service/run_place.h"
#include "store/run_folder.h"
#include "train/adapted_linears.h"
#include "train/blueprint.h"
#include "train/opened_model.h"
#include "train/session.h"
#include "train/start_adapter.h"
#include "train/token_encoder.h"
#include "train/trained_tensors.h"

namespace rosa::service {

namespace {

using State = ReadinessCheck::State;

/// Stands in for a tokenizer that cannot be opened, so that mistakes in the data are told all the same.
class TwoTokenEncoder final : public data::TextEncoder {
 public:
  [[nodiscard]] data::EncodedText encode(std::string_view text) const override {
    data::EncodedText encoded;
    encoded.ids = {0, 0};
    encoded.ends = {1, static_cast<std::int64_t>(text.size())};
    return encoded;
  }
  [[nodiscard]] data::EncodedText encodeInput(std::string_view text, std::optional<std::string_view> /*pair*/,
                                              std::int64_t /*maxLength*/) const override {
    return encode(text);
  }
  [[nodiscard]] std::optional<std::int32_t> endToken() const override { return 0; }
};

adapt::Segment segmentOf(model::Role role) {
  switch (role) {
    case model::Role::Embedding:
      return adapt::Segment::Embedding;
    case model::Role::LinearWeight:
      return adapt::Segment::Dense;
    case model::Role::LinearBias:
      return adapt::Segment::Bias;
    case model::Role::Norm:
      return adapt::Segment::Norm;
    case model::Role::HeadWeight:
    case model::Role::HeadBias:
      break;
  }
  return adapt::Segment::Head;
}

/// Fills one plan, part by part; a part that fails leaves its problem and the others go on.
class Planner {
 public:
  explicit Planner(const RunConfig& config) : config_(config) {
    plan_.problems = checkConfig(config);
    for (const auto& problem : plan_.problems) wrongAlone_.insert(problem.key);
  }

  RunPlan plan() {
    openModel();
    if (model_ != nullptr) planLayers();
    readData();
    planCosts();
    plan_.runDirectory = store::plannedRunFolder(config_);
    const auto place = base::FileSystem::real().freeBytes(plan_.runDirectory);
    if (place) plan_.diskFreeBytes = static_cast<std::int64_t>(*place);
    checkRoom();
    checkPlace();
    return std::move(plan_);
  }

 private:
  void add(std::string subject, State state, std::string text) {
    plan_.checks.push_back({std::move(subject), state, std::move(text)});
  }
  /// What follows from a setting that is wrong by itself is no mistake of its own.
  void fail(std::string key, std::string subject, const Error& error) {
    const auto told = std::ranges::find(plan_.problems, error.message, &ConfigProblem::message);
    if (told == plan_.problems.end() && !wrongAlone_.contains(key)) {
      plan_.problems.push_back({std::move(key), error.message});
    }
    add(std::move(subject), State::Missing, error.message);
  }

  /// Leaves `model_` empty if its shapes cannot be known.
  void openModel() {
    if (config_.model.empty()) return add("Model", State::Missing, "Choose a model folder.");
    auto config = train::readModelConfig(config_.model);
    if (!config) return fail("model", "Model", config.error());
    modelConfig_ = *std::move(config);
    model::BuildOptions options;
    options.device = c10::DeviceType::Meta;
    options.head = train::headOf(config_.task);
    options.labels = sampledClasses();
    if (options.head != model::Head::LanguageModel && !config_.adapter.empty()) {
      if (const auto adapter = checkpoint::PeftAdapter::open(base::FileSystem::real(), config_.adapter)) {
        train::chooseHead(*adapter, options);
      }
    }
    auto model = model::buildModel(modelConfig_, nullptr, options);
    if (!model) return fail("model", "Model", model.error());
    model_ = *std::move(model);
    for (const auto& stored : model_->tensors()) plan_.totalParameters += stored.tensor.numel();

    const auto weights = train::checkWeights(config_.model, modelConfig_, options);
    if (!weights) fail("model", "Model", weights.error());
    auto tokenizer = train::openTokenizer(config_.model, modelConfig_);
    if (tokenizer) {
      tokenizer_ = *std::move(tokenizer);
    } else {
      fail("model", "Model", tokenizer.error());
    }
    const auto fits = train::checkLength(config_, modelConfig_);
    if (!fits) fail(config::virtualTokens(config_) > 0 ? "virtual-tokens" : "max-length", "Model", fits.error());
    if (weights && tokenizer_) {
      add("Model", State::Good,
          fmt::format("{}, {} parameters", model::familyName(modelConfig_.family),
                      base::formatCount(plan_.totalParameters)));
    }
  }

  /// The first rows of the data: enough to know it by.
  [[nodiscard]] data::ExampleSpec sampleSpec() const {
    constexpr std::int64_t kSampledRows = 200;
    auto sampled = config_;
    sampled.maxRows = config_.maxRows > 0 ? std::min(config_.maxRows, kSampledRows) : kSampledRows;
    sampled.validationSplit = 0;
    sampled.valid.reset();
    return data::exampleSpec(sampled);
  }

  /// Of the sample; 2 where it cannot be read, which `readData` tells.
  [[nodiscard]] std::int64_t sampledClasses() const {
    constexpr std::int64_t kFewest = 2;
    if (config_.task != Task::Classification || config_.data.empty()) return kFewest;
    const auto files = data::locateData(config_.data);
    if (!files) return kFewest;
    const auto sample = data::readExamples(files->train, sampleSpec(), TwoTokenEncoder());
    return sample ? std::max<std::int64_t>(kFewest, sample->labels.size()) : kFewest;
  }

  void planLayers() {
    auto opened = train::StartAdapter::openFor(config_, *model_);
    if (!opened) return fail("adapter", "Method", opened.error());
    auto start = *std::move(opened);
    if (start && start->method() != config_.method) start.reset();
    auto also = train::trainedAlso(config_, *model_);
    if (!also) return fail("train-also", "Method", also.error());
    if (start) {
      const auto saved = start->savedTensors();
      also->insert(also->end(), saved.begin(), saved.end());
    }
    if (!planAdapted(start)) return;
    if (isPrompt(config_.method)) {
      if (config_.virtualTokens < 1) return;  // told with the settings
      const auto kind = train::virtualKindOf(config_.method);
      trained_.push_back({model::virtualShape(kind, config_.virtualTokens, modelConfig_), adapt::Segment::Adapter});
      plan_.trainableParameters += trained_.back().shape[0] * trained_.back().shape[1];
    }
    planWhole(*also);
    if (plan_.trainableParameters == 0) return fail("method", "Method", train::nothingTrains(config_));
    add("Method", State::Good,
        plan_.layers.empty() ? fmt::format("{} trainable parameters", base::formatCount(plan_.trainableParameters))
                             : fmt::format("{} layers, {} trainable parameters", plan_.layers.size(),
                                           base::formatCount(plan_.trainableParameters)));
  }

  /// The layers that the method adapts; false where some cannot be.
  bool planAdapted(const std::optional<train::StartAdapter>& start) {
    const auto chosen = train::adaptedLinears(config_, *model_, start);
    if (!chosen) return fail("layers", "Method", chosen.error()), false;
    const auto settings = train::settingsOf(config_, Form::Merged, *model_, *chosen, start);
    if (!settings) return fail("layer-rank", "Method", settings.error()), false;
    // One sentence for all layers: what fits the narrowest fits the others.
    std::optional<Error> misfit;
    std::int64_t narrowest = 0;
    for (std::size_t i = 0; i < chosen->size(); ++i) {
      const auto* slot = model_->linears()[(*chosen)[i]];
      LayerPlan layer;
      layer.name = slot->name();
      layer.inFeatures = slot->weight().size(0);
      layer.outFeatures = slot->weight().size(1);
      const auto numbers = adapt::numbersOf((*settings)[i], layer.inFeatures, layer.outFeatures, layer.name);
      if (!numbers) {
        const auto side = std::min(layer.inFeatures, layer.outFeatures);
        if (!misfit || side < narrowest) misfit = numbers.error();
        narrowest = misfit && narrowest > 0 ? std::min(narrowest, side) : side;
        continue;
      }
      layer.rank = numbers->rank;
      layer.dense = numbers->dense;
      plan_.trainableParameters += numbers->trainable();
      keptPerToken_ += numbers->keptPerToken;
      for (const auto& shape : numbers->shapes) {
        trained_.push_back({shape, numbers->dense ? adapt::Segment::Dense : adapt::Segment::Adapter});
      }
      plan_.layers.push_back(std::move(layer));
    }
    if (misfit) fail("rank", "Method", *misfit);
    return !misfit;
  }

  void planWhole(const std::vector<std::string>& also) {
    std::vector<std::string> adapted;
    for (const auto& layer : plan_.layers) adapted.push_back(layer.name);
    const auto whole = train::trainedTensors(config_, *model_, adapted, also);
    for (const auto& stored : model_->tensors()) {
      const bool linear = stored.role == model::Role::LinearWeight;
      const auto& names = linear ? also : whole;
      if (std::find(names.begin(), names.end(), stored.name) != names.end()) {
        plan_.trainableParameters += stored.tensor.numel();
        trained_.push_back({stored.tensor.sizes().vec(), segmentOf(stored.role)});
      }
    }
  }

  void readData() {
    if (config_.data.empty()) return add("Data", State::Missing, "Choose a data file or folder.");
    const auto read = [&]() -> Status {
      ROSA_TRY(const auto summary, data::summarise(config_.data, 0));
      ROSA_TRY(const auto files, data::locateData(config_.data));
      ROSA_TRY(const auto examples, readSample(files.train, sampleSpec()));
      if (examples.examples.empty()) return train::nothingToTrainOn(config_.data);
      measureLengths(examples);
      const bool table = summary.format != "text";
      plan_.trainRows = table ? summary.rows : static_cast<std::int64_t>(examples.examples.size());
      if (table && config_.maxRows > 0) plan_.trainRows = std::min(plan_.trainRows, config_.maxRows);
      plan_.validationRows = summary.validationRows;
      if (config_.valid) {
        if (const auto valid = readSample(*config_.valid, sampleSpec()); !valid) return valid.error();
        ROSA_TRY(const auto validSummary, data::summarise(*config_.valid, 0));
        plan_.validationRows = validSummary.rows;
      }
      if (!config_.valid && !files.validation && config_.validationSplit > 0) {
        plan_.validationRows =
            static_cast<std::int64_t>(config_.validationSplit * static_cast<double>(plan_.trainRows));
        plan_.trainRows -= plan_.validationRows;
      }
      return {};
    }();
    if (!read) return fail("data", "Data", read.error());
    if (config_.earlyStopping > 0 && plan_.validationRows == 0) {
      fail("early-stopping", "Data", train::nothingToStopBy());
    }
    add("Data", plan_.truncatedExamples > 0 ? State::Warning : State::Good,
        plan_.truncatedExamples > 0
            ? fmt::format("{} rows; some are cut to {} tokens", base::formatCount(plan_.trainRows), config_.maxLength)
            : fmt::format("{} rows, {} tokens in the median", base::formatCount(plan_.trainRows), plan_.medianTokens));
  }

  void measureLengths(const data::ExampleSet& sample) {
    if (!tokenizer_) return;
    std::vector<std::int64_t> lengths;
    for (const auto& example : sample.examples) lengths.push_back(static_cast<std::int64_t>(example.tokenIds.size()));
    std::ranges::sort(lengths);
    plan_.medianTokens = lengths[lengths.size() / 2];
    plan_.longestTokens = lengths.back();
    plan_.truncatedExamples = sample.truncated;
  }

  [[nodiscard]] Expected<data::ExampleSet> readSample(const std::filesystem::path& file,
                                                      const data::ExampleSpec& spec) const {
    if (!tokenizer_) return data::readExamples(file, spec, TwoTokenEncoder());
    return data::readExamples(file, spec, train::TokenEncoder(*tokenizer_));
  }

  void planCosts() {
    if (plan_.trainRows == 0 || model_ == nullptr) return;
    const auto counts = train::countSteps(config_, plan_.trainRows);
    plan_.stepsPerEpoch = counts.stepsPerEpoch;
    plan_.totalSteps = counts.totalSteps;
    plan_.resampleEverySteps = counts.resampleEvery;
    plan_.expectedResamples = train::expectedResamples(counts);
    checkInterval(counts);
    double coverage = 0;
    for (const auto& layer : config_.method == Method::Rosa ? plan_.layers : std::vector<LayerPlan>()) {
      coverage +=
          train::expectedCoverage(layer.rank, std::min(layer.inFeatures, layer.outFeatures), plan_.expectedResamples);
    }
    if (coverage > 0) plan_.expectedCoverage = coverage / static_cast<double>(plan_.layers.size());
    plan_.memory =
        estimateMemory(modelConfig_, {plan_.totalParameters, plan_.trainableParameters,
                                      optim::momentBytes(config_, trained_), !keepsOwnNumbers(config_.method),
                                      config_.batch * (plan_.longestTokens + config::virtualTokens(config_)),
                                      keptPerToken_, averageBytes(), resampleBytes(config_, plan_.layers)});
    std::int64_t adapted = 0;
    for (const auto& layer : plan_.layers) adapted += layer.inFeatures * layer.outFeatures;
    checkpointBytes_ = estimateCheckpointBytes(adapted, plan_.trainableParameters) + averageBytes();
    plan_.diskBytes = checkpointBytes_ * (config_.keepCheckpoints + config_.keepBest + 1);
  }

  /// Of a layer that resamples the whole weight is averaged, of all else what trains (train::WeightAverage).
  [[nodiscard]] std::int64_t averageBytes() const {
    constexpr std::int64_t kFloat = 4;
    if (config_.ema == 0) return 0;
    auto numbers = plan_.trainableParameters;
    for (const auto& layer : hasCycles(config_.method) ? plan_.layers : std::vector<LayerPlan>()) {
      if (layer.dense) continue;
      numbers += layer.inFeatures * layer.outFeatures - layer.rank * (layer.inFeatures + layer.outFeatures);
    }
    return numbers * kFloat;
  }

  /// An interval of epochs, which only the data turns into steps. The default one may be longer than a short run.
  void checkInterval(const train::Counts& counts) {
    const auto fits = train::checkResampleInterval(counts);
    const bool counted = std::ranges::none_of(std::array{"epochs", "steps", "batch", "accumulate", "resample-every"},
                                              [&](const char* key) { return wrongAlone_.contains(key); });
    if (fits || !counted) return;
    if (train::asksForResamples(config_)) return fail("resample-every", "Method", fits.error());
    add("Method", State::Warning, fits.error().message);
  }

  void checkRoom() {
    const auto device = device::chooseDevice(config_.device);
    if (!device) return fail("device", "Device", device.error());
    plan_.memoryLimitBytes = device::deviceMemoryBytes(*device);
    const auto needed = plan_.memory.totalBytes();
    if (needed == 0) return;
    const bool fits = needed < plan_.memoryLimitBytes;
    add("Memory", fits ? State::Good : State::Warning,
        fmt::format("about {} of {}", base::formatBytes(static_cast<std::uint64_t>(needed)),
                    base::formatBytes(static_cast<std::uint64_t>(plan_.memoryLimitBytes))));
    const bool room = plan_.diskBytes < plan_.diskFreeBytes;
    add("Disk", room ? State::Good : State::Warning,
        fmt::format("about {} of {} free", base::formatBytes(static_cast<std::uint64_t>(plan_.diskBytes)),
                    base::formatBytes(static_cast<std::uint64_t>(plan_.diskFreeBytes))));
  }

  void checkPlace() {
    if (const auto place = checkRunPlace(plan_.runDirectory, checkpointBytes_); !place)
      fail("out", "Disk", place.error());
  }

  const RunConfig& config_;
  RunPlan plan_;
  std::set<std::string> wrongAlone_;  ///< keys that checkConfig complains of
  model::ModelConfig modelConfig_;
  std::unique_ptr<model::Model> model_;
  std::optional<text::Tokenizer> tokenizer_;  ///< empty if it cannot be opened
  std::int64_t checkpointBytes_ = 0;
  std::vector<optim::TrainedShape> trained_;  ///< every parameter
  std::int64_t keptPerToken_ = 0;             ///< numbers that the method's backward pass needs beside the model's own
};

}  // namespace

RunPlan planRun(const RunConfig& config) {
  return Planner(config).plan();
}

}  // namespace rosa::service
