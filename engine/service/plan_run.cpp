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

#include "base/file.h"
#include "base/text.h"
#include "checkpoint/peft_adapter.h"
#include "config/resolve.h"
#include "config/usual.h"
#include "device/device.h"
#include "device/memory.h"
#include "model/build.h"
#include "rosa/task_traits.h"
#include "service/facts_cache.h"
#include "service/plan_costs.h"
#include "service/plan_data.h"
#include "service/plan_parameters.h"
#include "service/run_place.h"
#include "store/run_folder.h"
#include "train/classes.h"
#include "train/model_remarks.h"
#include "train/opened_model.h"
#include "train/session.h"
#include "train/start_adapter.h"

namespace rosa::service {

namespace {

using State = ReadinessCheck::State;

/// Fills one plan, part by part; a part that fails leaves its problem and the others go on.
class Planner {
 public:
  Planner(const RunConfig& config, FactsCache& facts, const std::function<bool()>& giveUp)
      : config_(config), facts_(facts), giveUp_(giveUp) {
    plan_.problems = checkConfig(config);
    for (const auto& problem : plan_.problems) wrongAlone_.insert(problem.key);
  }

  RunPlan plan() {
    if (!config_.model.empty()) files_ = facts_.filesOf(config_.model);
    takeData();
    openModel();
    if (model_ != nullptr) takeParameters();
    tellData();
    for (auto& told : settingsWithoutEffect(config_)) plan_.remarks.push_back(std::move(told.message));
    if (model_ != nullptr && data_.trainRows > 0) takeCosts();
    plan_.runDirectory = store::plannedRunFolder(config_);
    const auto place = base::FileSystem::real().freeBytes(plan_.runDirectory);
    if (place) plan_.diskFreeBytes = static_cast<std::int64_t>(*place);
    checkRoom();
    planUsual();
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

  void takeData() {
    data_ = readDataFacts(config_, *files_, facts_, giveUp_);
    if (data_.problem) data_.trainRows = data_.validationRows = 0;
    plan_.remarks = data_.remarks;
    plan_.dataRows = data_.train.rows;
    plan_.trainRows = data_.trainRows;
    plan_.validationRows = data_.validationRows;
    plan_.truncatedValidation = data_.truncatedValidation;
    plan_.droppedValidation = data_.droppedValidation;
    plan_.estimated = data_.estimated;
    if (!files_->tokenizer) return;
    plan_.medianTokens = data_.train.medianTokens;
    plan_.longestTokens = data_.train.longestTokens;
    plan_.truncatedExamples = data_.train.truncated;
    plan_.droppedExamples = data_.train.dropped;
  }

  /// Leaves `model_` empty if its shapes cannot be known.
  void openModel() {
    if (config_.model.empty()) return add("Model", State::Missing, "Choose a model folder.");
    if (!files_->config) return fail("model", "Model", files_->config.error());
    model::BuildOptions options;
    options.device = c10::DeviceType::Meta;
    options.head = train::headOf(config_.task);
    options.labels = std::max<std::int64_t>(2, data_.train.labels.size());
    if (hasClasses(config_.task) && data_.train.labels.size() > 0) {
      auto classes =
          train::chooseClasses(data_.train.labels, *files_->config, options.head, train::bringsHead(config_.adapter));
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
    options_ = options;
    auto model = model::buildModel(*files_->config, nullptr, options);
    if (!model) return fail("model", "Model", model.error());
    model_ = *std::move(model);
    for (const auto& stored : model_->tensors()) plan_.totalParameters += stored.tensor.numel();

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

  void takeParameters() {
    parameters_ = planParameters(config_, *model_, *files_->config, files_->tokenizer ? &*files_->tokenizer : nullptr,
                                 data_.turnEnd);
    plan_.layers = parameters_.layers;
    plan_.trainableParameters = parameters_.count;
    for (const auto& problem : parameters_.problems) fail(problem.key, "Method", Error{problem.message});
    if (!parameters_.complete) return;
    const auto numbers = base::formatCount(parameters_.count) + " trainable parameters";
    add("Method", State::Good,
        plan_.layers.empty() ? numbers : fmt::format("{} layers, {}", plan_.layers.size(), numbers));
  }

  void tellData() {
    if (config_.data.empty()) return add("Data", State::Missing, "Choose a data file or folder.");
    if (data_.problem) return fail(data_.problem->key, "Data", Error{data_.problem->message});
    if (config_.earlyStopping > 0 && plan_.validationRows == 0) {
      fail("early-stopping", "Data", train::nothingToStopBy());
    }
    const auto lost = lossesInWords(data_, config_.maxLength);
    if (!lost.empty()) return add("Data", State::Warning, lost);
    const auto rows = (plan_.estimated ? "about " : "") + base::formatCount(plan_.trainRows) + " rows";
    add("Data", State::Good, fmt::format("{}, {} tokens in the median", rows, plan_.medianTokens));
  }

  void takeCosts() {
    costs_.emplace(config_, *files_->config, options_, *model_, data_, plan_.longestTokens, parameters_);
    const auto& counts = costs_->counts();
    plan_.stepsPerEpoch = counts.stepsPerEpoch;
    plan_.totalSteps = counts.totalSteps;
    plan_.resampleEverySteps = counts.resampleEvery;
    plan_.expectedResamples = train::expectedResamples(counts);
    plan_.expectedCoverage = costs_->expectedCoverage();
    plan_.memory = costs_->memory();
    plan_.diskBytes = costs_->diskBytes();
    checkInterval(counts);
    if (costs_->tooLarge()) fail("memory", "Memory", *costs_->tooLarge());
    if (!costs_->fitInWords().empty()) plan_.remarks.push_back(costs_->fitInWords());
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
                    base::formatBytes(static_cast<std::uint64_t>(plan_.memoryLimitBytes)),
                    fits ? "" : costs_->wayToFit(plan_.memoryLimitBytes)));
    const bool room = plan_.diskBytes < plan_.diskFreeBytes;
    add("Disk", room ? State::Good : State::Warning,
        fmt::format("about {} of {} free", base::formatBytes(static_cast<std::uint64_t>(plan_.diskBytes)),
                    base::formatBytes(static_cast<std::uint64_t>(plan_.diskFreeBytes))));
  }

  void planUsual() {
    if (model_ == nullptr) return;
    config::UsualFacts facts;
    facts.decoder = files_->config->isDecoder();
    facts.parameters = plan_.totalParameters;
    facts.positions = files_->config->longestSequence();
    if (costs_ && plan_.memoryLimitBytes > 0) {
      facts.fits = [this](std::int64_t batch) { return costs_->fits(batch, plan_.memoryLimitBytes); };
    }
    plan_.usual = config::usualSettings(config_.method, facts);
  }

  void checkPlace() {
    if (const auto place = checkRunPlace(plan_.runDirectory, costs_ ? costs_->checkpointBytes() : 0); !place)
      fail("out", "Disk", place.error());
  }

  const RunConfig& config_;
  FactsCache& facts_;
  const std::function<bool()>& giveUp_;
  RunPlan plan_;
  std::set<std::string> wrongAlone_;  ///< keys that checkConfig complains of
  std::shared_ptr<const ModelFiles> files_ = std::make_shared<const ModelFiles>();
  DataFacts data_;
  model::BuildOptions options_;
  std::unique_ptr<model::Model> model_;
  TrainedParameters parameters_;
  std::optional<RunCosts> costs_;
};

}  // namespace

RunPlan planRun(const RunConfig& config, FactsCache& facts, const std::function<bool()>& giveUp) {
  return Planner(config, facts, giveUp).plan();
}

}  // namespace rosa::service
