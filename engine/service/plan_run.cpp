// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/plan_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "adapt/frozen_weight.h"
#include "adapt/method.h"
#include "base/file.h"
#include "base/text.h"
#include "checkpoint/peft_adapter.h"
#include "config/resolve.h"
#include "data/batch_plan.h"
#include "data/dataset.h"
#include "data/mixture.h"
#include "data/order.h"
#include "data/row_shape.h"
#include "device/cpu.h"
#include "device/device.h"
#include "device/memory.h"
#include "model/build.h"
#include "model/virtual_tokens.h"
#include "optim/optimizer.h"
#include "rosa/method_traits.h"
#include "rosa/task_traits.h"
#include "service/facts_cache.h"
#include "service/run_place.h"
#include "store/run_folder.h"
#include "train/adapted_linears.h"
#include "train/blueprint.h"
#include "train/chat_remarks.h"
#include "train/classes.h"
#include "train/epoch_steps.h"
#include "train/memory_estimate.h"
#include "train/memory_fit.h"
#include "train/model_remarks.h"
#include "train/opened_model.h"
#include "train/session.h"
#include "train/start_adapter.h"
#include "train/token_encoder.h"
#include "train/trained_tensors.h"
#include "train/trained_tokens.h"

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
    case model::Role::Convolution:
    case model::Role::DecayLog:
      return adapt::Segment::Dense;
    case model::Role::LinearBias:
      return adapt::Segment::Bias;
    case model::Role::Norm:
      return adapt::Segment::Norm;
    case model::Role::HeadWeight:
    case model::Role::HeadBias:
    case model::Role::HeadNorm:
    case model::Role::Buffer:
      break;
  }
  return adapt::Segment::Head;
}

/// Fills one plan, part by part; a part that fails leaves its problem and the others go on.
class Planner {
 public:
  Planner(const RunConfig& config, FactsCache& facts, const std::function<bool()>& giveUp)
      : config_(config), facts_(facts), giveUp_(giveUp) {
    plan_.problems = checkConfig(config);
    for (const auto& problem : plan_.problems) wrongAlone_.insert(problem.key);
  }

  RunPlan plan() {
    if (!config_.model.empty()) openFiles();
    const auto data = config_.data.empty() ? Status() : measureData();
    openModel();
    if (model_ != nullptr) planLayers();
    tellData(data);
    for (auto& told : settingsWithoutEffect(config_)) plan_.remarks.push_back(std::move(told.message));
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

  /// The parts of the model's folder that the data are read with.
  void openFiles() { files_ = facts_.filesOf(config_.model); }

  /// Leaves `model_` empty if its shapes cannot be known.
  void openModel() {
    if (config_.model.empty()) return add("Model", State::Missing, "Choose a model folder.");
    if (!files_->config) return fail("model", "Model", files_->config.error());
    model::BuildOptions options;
    options.device = c10::DeviceType::Meta;
    options.head = train::headOf(config_.task);
    options.labels = std::max<std::int64_t>(2, trainFacts_.labels.size());
    if (hasClasses(config_.task) && trainFacts_.labels.size() > 0) {
      auto classes =
          train::chooseClasses(trainFacts_.labels, *files_->config, options.head, train::bringsHead(config_.adapter));
      options.drawHead = classes.drawHead;
      plan_.remarks.push_back(std::move(classes.remark));
    }
    if (options.head != model::Head::LanguageModel && !config_.adapter.empty()) {
      if (const auto adapter = checkpoint::PeftAdapter::open(base::FileSystem::real(), config_.adapter)) {
        train::chooseHead(*adapter, options);
      }
    }
    train::untieFor(config_.adapter, options);
    const auto kept = train::weightTypeOf(config_);
    if (!kept) return fail("model", "Model", kept.error());
    options.weights = *kept;
    buildOptions_ = options;
    auto model = model::buildModel(*files_->config, nullptr, options);
    if (!model) return fail("model", "Model", model.error());
    model_ = *std::move(model);
    for (const auto& stored : model_->tensors()) plan_.totalParameters += stored.tensor.numel();
    weightBytes_ = model::storedBytes(*model_);

    const auto weights = train::checkWeights(config_.model, *files_->config, options);
    if (!weights) fail("model", "Model", weights.error());
    if (!files_->tokenizer) fail("model", "Model", files_->tokenizer.error());
    if (files_->tokenizer) {
      const auto typed = train::checkTypes(*files_->tokenizer, *files_->config, !config_.textPair.empty());
      if (!typed) fail("model", "Model", typed.error());
      const auto masked = train::maskingOf(config_, *files_->tokenizer);
      if (!masked) fail("model", "Model", masked.error());
    }
    if (auto unused = train::remarkOnUnused(config_.model, *model_)) plan_.remarks.push_back(*std::move(unused));
    const auto fits = train::checkLength(config_, *files_->config);
    if (!fits) fail(config::virtualTokens(config_) > 0 ? "virtual-tokens" : "max-length", "Model", fits.error());
    if (weights && files_->tokenizer) {
      add("Model", State::Good,
          fmt::format("{}, {} parameters", files_->config->family(), base::formatCount(plan_.totalParameters)));
    }
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
      if (const auto can = model::checkVirtual(kind, *files_->config); !can)
        return fail("method", "Method", can.error());
      trained_.push_back({model::virtualShape(kind, config_.virtualTokens, *files_->config), adapt::Segment::Adapter});
      plan_.trainableParameters += trained_.back().shape[0] * trained_.back().shape[1];
    }
    const auto whole = planWhole(*also);
    if (!planRows(whole)) return;
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
      if (layer.dense && adapt::isNarrow(slot->weight())) {
        return fail("weights", "Method", train::mustBeWide(layer.name + ".weight")), false;
      }
      plan_.trainableParameters += numbers->trainable();
      keptPerToken_ += numbers->keptPerToken;
      for (const auto& shape : numbers->shapes) {
        trained_.push_back({shape, numbers->dense ? adapt::Segment::Dense : adapt::Segment::Adapter});
      }
      plan_.layers.push_back(std::move(layer));
      layerNumbers_.push_back(numbers->trainable());
    }
    if (misfit) fail("rank", "Method", *misfit);
    return !misfit;
  }

  /// The tensors that train whole, linear weights apart.
  std::vector<std::string> planWhole(const std::vector<std::string>& also) {
    std::vector<std::string> adapted;
    for (const auto& layer : plan_.layers) adapted.push_back(layer.name);
    const auto whole = train::trainedTensors(config_, *model_, adapted, also);
    for (const auto& stored : model_->tensors()) {
      const bool linear = stored.role == model::Role::LinearWeight;
      const auto& names = linear ? also : whole;
      if (std::find(names.begin(), names.end(), stored.name) != names.end()) {
        if (adapt::isNarrow(stored.tensor)) fail("weights", "Method", train::mustBeWide(stored.name));
        plan_.trainableParameters += stored.tensor.numel();
        trained_.push_back({stored.tensor.sizes().vec(), segmentOf(stored.role)});
      }
    }
    return whole;
  }

  /// Rows of single tokens; false where they cannot train.
  bool planRows(const std::vector<std::string>& whole) {
    if (config_.trainTokens.empty() || !files_->tokenizer) return true;
    const auto ids = train::trainedTokens(config_, *files_->tokenizer, turnEnd_);
    if (!ids) return fail("train-tokens", "Method", ids.error()), false;
    const auto rows = train::trainRows(*model_, *ids, whole);
    if (!rows) return fail("train-tokens", "Method", rows.error()), false;
    for (const auto* parameter : *rows) {
      plan_.trainableParameters += parameter->value.numel();
      trained_.push_back({parameter->value.sizes().vec(), parameter->segment});
    }
    return true;
  }

  /// All rows of the data, cut into tokens: what the run will count.
  Status measureData() {
    ROSA_TRY(auto files, data::locateData(config_.data));
    if (config_.valid) files.validation = config_.valid;
    const auto shaped = settleShape(files.train);
    if (!shaped) {
      dataKey_ = keyOfMistake(shaped.error());
      return shaped.error();
    }
    const auto* labels = hasClasses(config_.task) ? &trainFacts_.labels : nullptr;
    ROSA_CHECK(measureTraining(files, labels));
    if (files_->tokenizer) {
      plan_.medianTokens = trainFacts_.medianTokens;
      plan_.longestTokens = trainFacts_.longestTokens;
      plan_.truncatedExamples = trainFacts_.truncated;
      plan_.droppedExamples = trainFacts_.dropped;
    }
    if (!files.validation) return {};
    auto spec = data::exampleSpec(data_);
    spec.maxRows = 0;
    if (config_.valid) dataKey_ = "valid";
    ROSA_TRY(const auto validation, measure(*files.validation, spec, labels));
    plan_.validationRows = validation.examples;
    plan_.truncatedValidation = validation.truncated;
    plan_.droppedValidation = validation.dropped;
    plan_.estimated = plan_.estimated || validation.estimated;
    return {};
  }

  /// All sets that are mixed; what is held out comes from each.
  Status measureTraining(const data::DataFiles& files, const data::LabelMap* labels) {
    const auto sets = data::trainingSets(data_, files.train, plan_.remarks);
    if (!sets) {
      dataKey_ = "mix";
      return sets.error();
    }
    std::vector<data::MixedRange> mix;
    for (const auto& set : *sets) {
      dataKey_ = mix.empty() ? "data" : "mix";
      ROSA_TRY(auto facts, measure(set.file, set.spec, mix.empty() ? nullptr : labels));
      if (turnEnd_.token && facts.endedTurns == 0) plan_.remarks.push_back(data::noTurnEnds(set.file));
      if (facts.skipped > 0) {
        plan_.remarks.push_back(fmt::format("{} with a fault would be left out (skip-bad). The first: {}",
                                            facts.skipped == 1 ? "1 row" : base::formatCount(facts.skipped) + " rows",
                                            facts.firstFault));
      }
      const auto held = files.validation ? 0 : data::heldOutCount(facts.examples, config_.validationSplit);
      plan_.validationRows += held;
      mix.push_back({0, facts.examples - held, set.weight});
      plan_.dataRows += facts.rows;
      plan_.estimated = plan_.estimated || facts.estimated;
      if (mix.size() == 1) {
        trainFacts_ = std::move(facts);
      } else {
        addFacts(facts);
      }
    }
    dataKey_ = "data";
    plan_.trainRows = data::rowsPerEpoch(mix);
    if (auto told = data::mixtureInWords(*sets, mix); !told.empty()) plan_.remarks.push_back(std::move(told));
    return {};
  }

  /// Those of a further set, whose median counts where it has more examples than all before it.
  void addFacts(const data::ExampleFacts& facts) {
    if (facts.examples > trainFacts_.examples) trainFacts_.medianTokens = facts.medianTokens;
    trainFacts_.longestTokens = std::max(trainFacts_.longestTokens, facts.longestTokens);
    trainFacts_.rows += facts.rows;
    trainFacts_.examples += facts.examples;
    trainFacts_.truncated += facts.truncated;
    trainFacts_.dropped += facts.dropped;
  }

  /// What the rows hold, and how conversations are written.
  Status settleShape(const std::filesystem::path& trainingFile) {
    ROSA_TRY(data_, data::settleShape(config_, trainingFile, plan_.remarks));
    if (!files_->tokenizer || !data::holdsConversations(data_)) return {};
    ROSA_TRY(chatTemplate_, train::openChatTemplate(config_.model, config_.chatTemplate, *files_->tokenizer));
    turnEnd_ = text::turnEndOf(*chatTemplate_, *files_->tokenizer);
    for (auto& remark : train::remarksOnTemplate(*chatTemplate_, turnEnd_, *files_->tokenizer, *files_->config)) {
      plan_.remarks.push_back(std::move(remark));
    }
    return {};
  }
  /// The setting that a sentence begins with.
  static std::string keyOfMistake(const Error& error) {
    const auto key = error.message.substr(0, error.message.find(':'));
    return key == "shape" || key == "mix" || key == "loss-on" || key == "chat-template" ? key : "data";
  }

  Expected<data::ExampleFacts> measure(const std::filesystem::path& file, const data::ExampleSpec& spec,
                                       const data::LabelMap* labels) {
    // Without a tokenizer there is no template to write conversations by.
    if (!files_->tokenizer && data::holdsConversations(data_)) return data::ExampleFacts();
    if (!files_->tokenizer) return facts_.factsOf(file, spec, TwoTokenEncoder(), "none", labels, giveUp_);
    auto key = files_->state;
    if (chatTemplate_) {
      for (const auto& [name, source] : chatTemplate_->files()) key += name + source + "|";
    }
    return facts_.factsOf(file, spec, train::TokenEncoder(*files_->tokenizer, chatTemplate_.get()), key, labels,
                          giveUp_);
  }

  void tellData(const Status& measured) {
    if (config_.data.empty()) return add("Data", State::Missing, "Choose a data file or folder.");
    if (!measured) {
      plan_.trainRows = plan_.validationRows = 0;
      return fail(dataKey_, "Data", measured.error());
    }
    if (config_.earlyStopping > 0 && plan_.validationRows == 0) {
      fail("early-stopping", "Data", train::nothingToStopBy());
    }
    const auto lost = lossesInWords();
    if (!lost.empty()) return add("Data", State::Warning, lost);
    const auto rows = (plan_.estimated ? "about " : "") + base::formatCount(plan_.trainRows) + " rows";
    add("Data", State::Good, fmt::format("{}, {} tokens in the median", rows, plan_.medianTokens));
  }

  /// What max-length costs: "12 of 4,000 rows lose their end; 3 lose all that is trained"; empty if nothing.
  [[nodiscard]] std::string lossesInWords() const {
    const auto rowsThat = [](std::int64_t count, const char* one, const char* many) { return count == 1 ? one : many; };
    const auto of = [&](std::int64_t rows) {
      return fmt::format(" of {}{} {}", plan_.estimated ? "about " : "", base::formatCount(rows),
                         rowsThat(rows, "row", "rows"));
    };
    std::string text;
    if (plan_.truncatedExamples > 0) {
      text = fmt::format("{}{} {} end", base::formatCount(plan_.truncatedExamples), of(plan_.dataRows),
                         rowsThat(plan_.truncatedExamples, "loses its", "lose their"));
    }
    if (plan_.droppedExamples > 0) {
      text += fmt::format("{}{}{} {} all that is trained", text.empty() ? "" : "; ",
                          base::formatCount(plan_.droppedExamples), text.empty() ? of(plan_.dataRows) : "",
                          rowsThat(plan_.droppedExamples, "loses", "lose"));
    }
    const auto validation = plan_.truncatedValidation + plan_.droppedValidation;
    if (validation > 0) {
      text += fmt::format("{}{} of the validation data {} cut or left out", text.empty() ? "" : "; ",
                          base::formatCount(validation), rowsThat(validation, "is", "are"));
    }
    if (!text.empty()) text += fmt::format(" (max-length {})", config_.maxLength);
    return text;
  }

  void planCosts() {
    if (plan_.trainRows == 0 || model_ == nullptr) return;
    const auto counts = countSteps();
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
    const auto coverageBytes = train::coverageBytes(config_, plan_.layers, train::mostDraws(counts));
    planMemory(train::resampleBytes(config_, plan_.layers) + coverageBytes);
    std::int64_t adapted = 0;
    for (const auto& layer : plan_.layers) adapted += layer.inFeatures * layer.outFeatures;
    checkpointBytes_ = estimateCheckpointBytes(adapted, plan_.trainableParameters) + averageBytes() +
                       train::storedResampleBytes(config_, plan_.layers) + coverageBytes;
    plan_.diskBytes = checkpointBytes_ * (config_.keepCheckpoints + config_.keepBest + 1);
  }

  /// As the run counts: where tokens fill the batches, from the lengths of its examples in the orders of its epochs.
  [[nodiscard]] train::Counts countSteps() const {
    if (config_.batchTokens <= 0 || trainFacts_.lengths.empty()) return train::countSteps(config_, plan_.trainRows);
    auto lengths = trainFacts_.lengths;
    if (!plan_.estimated && std::ssize(lengths) > plan_.trainRows) {
      constexpr std::int32_t kHeld = -1;
      for (const auto row : data::heldOutRows(std::ssize(lengths), config_.validationSplit, config_.seed)) {
        lengths[static_cast<std::size_t>(row)] = kHeld;
      }
      std::erase(lengths, kHeld);
    }
    const auto known = std::ssize(lengths);
    data::BatchOptions options;
    options.shuffle = config_.shuffle;
    options.seed = config_.seed;
    options.tokens = config_.batchTokens;
    options.tokensBefore = config::virtualTokens(config_);
    const data::BatchPlan batches(std::move(lengths), options);
    const train::EpochSteps steps(batches, config_.accumulate);
    if (known == plan_.trainRows) return train::countSteps(config_, steps);
    const double scale = static_cast<double>(plan_.trainRows) / static_cast<double>(known);
    const double perEpoch = std::ceil(static_cast<double>(batches.batches(0)) * scale /
                                      static_cast<double>(std::max<std::int64_t>(1, config_.accumulate)));
    return train::countEvenSteps(config_, static_cast<std::int64_t>(perEpoch));
  }

  void planMemory(std::int64_t resampleBytes) {
    train::MemoryFacts facts;
    facts.weightBytes = weightBytes_;
    facts.trainableParameters = plan_.trainableParameters;
    facts.momentBytes = optim::momentBytes(config_, trained_);
    facts.ownParameters = ownParameters();
    facts.keptPerToken = keptPerToken_;
    facts.averageBytes = averageBytes();
    facts.resampleBytes = resampleBytes;
    facts.halfTable = buildOptions_.weights != at::kFloat;
    if (config_.task == Task::MaskedLanguageModelling) facts.predicted = config_.maskRate;
    facts.longestTokens = plan_.longestTokens + config::virtualTokens(config_);
    const auto estimate = [&](std::int64_t batch, bool recomputes) {
      facts.tokensPerBatch = train::tokensOfBatch(config_, batch, facts.longestTokens);
      facts.recomputes = recomputes;
      return train::estimateMemory(model_->config(), facts);
    };
    const auto fit = train::fitMemory(config_, estimate);
    leastBytes_ = estimate(1, true).totalBytes();
    leastFacts_ = facts;
    if (!fit) {
      auto error = fit.error();
      if (const auto narrow = narrowerFit(config_.memory->bytes)) {
        error.message += fmt::format(" With --weights {} it takes at least about {}, which fits.", narrow->weights,
                                     base::formatBytes(static_cast<std::uint64_t>(narrow->bytes)));
      }
      return fail("memory", "Memory", error);
    }
    plan_.memory = fit->parts;
    if (auto told = train::fitInWords(config_, *fit); !told.empty()) plan_.remarks.push_back(std::move(told));
  }

  [[nodiscard]] std::int64_t ownParameters() const {
    std::int64_t numbers = 0;
    for (const auto& shape : trained_) {
      if (shape.segment != adapt::Segment::Adapter) continue;
      numbers += std::accumulate(shape.shape.begin(), shape.shape.end(), std::int64_t{1}, std::multiplies<>());
    }
    return numbers;
  }

  /// Of a layer that resamples the whole weight is averaged, of all else what trains (train::WeightAverage).
  [[nodiscard]] std::int64_t averageBytes() const {
    constexpr std::int64_t kFloat = 4;
    if (config_.ema == 0) return 0;
    auto numbers = plan_.trainableParameters;
    if (!hasCycles(config_.method)) return numbers * kFloat;
    for (std::size_t i = 0; i < plan_.layers.size(); ++i) {
      const auto& layer = plan_.layers[i];
      if (!layer.dense) numbers += layer.inFeatures * layer.outFeatures - layerNumbers_[i];
    }
    return numbers * kFloat;
  }

  /// An interval of epochs, which only the data turns into steps. The default one may be longer than a short run.
  void checkInterval(const train::Counts& counts) {
    const auto fits = train::checkResampleInterval(counts);
    const bool counted =
        std::ranges::none_of(std::array{"epochs", "steps", "batch", "batch-tokens", "accumulate", "resample-every"},
                             [&](const char* key) { return wrongAlone_.contains(key); });
    if (fits || !counted) return;
    // On a guess nothing is refused; the run, which counts, does it at its start.
    if (plan_.estimated) return add("Method", State::Warning, fits.error().message);
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
        fmt::format("about {} of {}{}", base::formatBytes(static_cast<std::uint64_t>(needed)),
                    base::formatBytes(static_cast<std::uint64_t>(plan_.memoryLimitBytes)), fits ? "" : wayToFit()));
    const bool room = plan_.diskBytes < plan_.diskFreeBytes;
    add("Disk", room ? State::Good : State::Warning,
        fmt::format("about {} of {} free", base::formatBytes(static_cast<std::uint64_t>(plan_.diskBytes)),
                    base::formatBytes(static_cast<std::uint64_t>(plan_.diskFreeBytes))));
  }

  /// What would take less, for a run that the machine has no memory for.
  [[nodiscard]] std::string wayToFit() const {
    if (leastBytes_ < plan_.memoryLimitBytes) {
      return fmt::format(". With --memory {}MB it takes its steps in smaller pieces and fits",
                         plan_.memoryLimitBytes / 1'000'000);
    }
    std::string way = "choose a smaller model";
    if (const auto narrow = narrowerFit(plan_.memoryLimitBytes)) {
      way =
          fmt::format("with --weights {} --memory {}MB it fits, in about {}", narrow->weights,
                      plan_.memoryLimitBytes / 1'000'000, base::formatBytes(static_cast<std::uint64_t>(narrow->bytes)));
    }
    return fmt::format(". The least is about {}, with single examples and gradient checkpointing: {}",
                       base::formatBytes(static_cast<std::uint64_t>(leastBytes_)), way);
  }

  struct NarrowerFit {
    const char* weights;
    std::int64_t bytes;
  };
  /// The widest kind of frozen weights, narrower than the run's, with which the least that it takes is below `limit`.
  [[nodiscard]] std::optional<NarrowerFit> narrowerFit(std::int64_t limit) const {
    if (trainsWeights(config_.method) || !config_.trainAlso.empty()) return std::nullopt;
    constexpr std::array kNarrower{std::pair("bf16", at::kBFloat16), std::pair("int8", at::kChar)};
    for (const auto& [name, type] : kNarrower) {
      if (c10::elementSize(type) >= c10::elementSize(buildOptions_.weights)) continue;
      auto options = buildOptions_;
      options.weights = type;
      const auto model = model::buildModel(*files_->config, nullptr, options);
      if (!model) return std::nullopt;
      auto facts = leastFacts_;
      facts.weightBytes = model::storedBytes(**model);
      facts.halfTable = true;
      const auto bytes = train::estimateMemory(model_->config(), facts).totalBytes();
      if (bytes < limit) return NarrowerFit{name, bytes};
    }
    return std::nullopt;
  }

  void checkPlace() {
    if (const auto place = checkRunPlace(plan_.runDirectory, checkpointBytes_); !place)
      fail("out", "Disk", place.error());
  }

  const RunConfig& config_;
  FactsCache& facts_;
  const std::function<bool()>& giveUp_;
  RunPlan plan_;
  std::set<std::string> wrongAlone_;  ///< keys that checkConfig complains of
  std::shared_ptr<const ModelFiles> files_ = std::make_shared<const ModelFiles>();
  data::ExampleFacts trainFacts_;
  RunConfig data_;  ///< with the shape of the rows settled
  std::shared_ptr<const text::ChatTemplate> chatTemplate_;
  text::TurnEnd turnEnd_;
  std::string dataKey_ = "data";  ///< the setting that names the file being measured
  std::unique_ptr<model::Model> model_;
  std::int64_t weightBytes_ = 0;
  model::BuildOptions buildOptions_;
  std::int64_t leastBytes_ = 0;  ///< with micro-batches of one example and gradient checkpointing
  train::MemoryFacts leastFacts_;
  std::int64_t checkpointBytes_ = 0;
  std::vector<optim::TrainedShape> trained_;  ///< every parameter
  std::vector<std::int64_t> layerNumbers_;    ///< that train in each of the plan's layers
  std::int64_t keptPerToken_ = 0;             ///< numbers that the method's backward pass needs beside the model's own
};

}  // namespace

RunPlan planRun(const RunConfig& config, FactsCache& facts, const std::function<bool()>& giveUp) {
  return Planner(config, facts, giveUp).plan();
}

}  // namespace rosa::service
