// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/assemble_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapt/coverage_choice.h"
#include "adapt/dense.h"
#include "adapt/form_rule.h"
#include "adapt/frozen_weight.h"
#include "adapt/method.h"
#include "data/examples.h"
#include "model/virtual_tokens.h"
#include "rosa/method_traits.h"
#include "train/adapted_linears.h"
#include "train/blueprint.h"
#include "train/memory_estimate.h"
#include "train/memory_fit.h"
#include "train/opened_model.h"
#include "train/session.h"
#include "train/start_adapter.h"
#include "train/trained_tensors.h"
#include "train/trained_tokens.h"

namespace rosa::train {

namespace {

double tokensPerExample(const data::ExampleStore& examples) {
  return static_cast<double>(examples.tokens()) / static_cast<double>(std::max<std::size_t>(1, examples.size()));
}

/// Of the run, though its data may have been left unread.
Counts countsOfRun(const Session& session) {
  if (session.training.empty()) return countSteps(session.config, session.trainExamples);
  return countSteps(session.config, *session.epochSteps);
}

/// Of a micro-batch, in the mean.
double tokensPerMicroBatch(const Session& session) {
  const auto& config = session.config;
  const double mean = tokensPerExample(session.training);
  return config.batchTokens > 0 ? std::max(mean, static_cast<double>(config.batchTokens))
                                : mean * static_cast<double>(config.batch);
}

/// The adapter that the method goes on with. With another method it goes into the weights, and there is none.
Expected<std::optional<StartAdapter>> openStart(Session& session) {
  auto& config = session.config;
  ROSA_TRY(auto start, StartAdapter::openFor(config, *session.model));
  if (!start) return start;
  session.remarks.insert(session.remarks.end(), start->remarks().begin(), start->remarks().end());
  if (start->method() != config.method) {
    ROSA_CHECK(start->merge(*session.model));
    return std::optional<StartAdapter>();
  }
  ROSA_CHECK(start->loadSaved(*session.model));
  if (start->adapter().config().bias != "none") config.trainBias = true;
  return start;
}

void attach(Session& session, model::LinearSlot& slot, std::unique_ptr<adapt::Adaptation> adaptation) {
  slot.attach(std::move(adaptation));
  session.layers.push_back({slot.name(), &slot, slot.adaptation(), {}});
}

/// Which of ROSA's layers tell their coverage; one with a wrong rank is told of when it is made.
void chooseCoverage(Session& session, const std::vector<std::size_t>& chosen,
                    std::vector<adapt::MethodSettings>& settings) {
  std::vector<adapt::CoveredLayer> layers;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto* slot = session.model->linears()[chosen[i]];
    const auto in = slot->weight().size(0), out = slot->weight().size(1);
    const auto numbers = adapt::numbersOf(settings[i], in, out, slot->name());
    layers.push_back({in, out, numbers ? numbers->rank : 0, numbers && numbers->dense});
  }
  const auto counts = countsOfRun(session);
  const auto choice = adapt::chooseCoverage(layers, session.config.factorise, mostDraws(counts));
  for (std::size_t i = 0; i < chosen.size(); ++i) settings[i].measuresCoverage = choice.measured[i];
  session.coverageBytes = choice.bytes;
}

/// Attaches an adaptation to every chosen layer; the form is chosen here, once.
Status attachMethod(Session& session, const std::optional<StartAdapter>& start) {
  auto& config = session.config;
  const auto& linears = session.model->linears();
  ROSA_TRY(const auto chosen, adaptedLinears(config, *session.model, start));
  std::vector<adapt::LayerSize> sizes;
  for (const auto index : chosen) {
    const auto weight = linears[index]->weight();
    sizes.push_back({weight.size(0), weight.size(1)});
  }
  config.form = adapt::chooseForm(config.form, {tokensPerMicroBatch(session), config.accumulate,
                                                session.device.is_cuda(), session.weights != at::kFloat, sizes});
  ROSA_TRY(auto settings, settingsOf(config, config.form, *session.model, chosen, start));
  if (config.method == Method::Rosa) chooseCoverage(session, chosen, settings);
  std::vector<ConfigProblem> problems;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    auto* slot = linears[chosen[i]];
    if (start) ROSA_CHECK(start->takeOut(start->layers()[i], *session.model));
    auto adaptation = adapt::makeAdaptation(settings[i], slot->weight(), slot->name(), static_cast<std::int64_t>(i));
    if (!adaptation) {
      problems.push_back({"rank", adaptation.error().message});
      continue;
    }
    session.keptPerToken += adapt::numbersOf(settings[i], sizes[i].in, sizes[i].out, slot->name())->keptPerToken;
    if (start) ROSA_CHECK(start->load(start->layers()[i], **adaptation));
    attach(session, *slot, *std::move(adaptation));
  }
  if (!problems.empty()) return Error{joinProblems(problems)};
  return {};
}

/// Linear layers that train whole beside the method.
Status attachDense(Session& session, const std::vector<std::string>& also) {
  for (auto* slot : session.model->linears()) {
    if (std::ranges::find(also, slot->name() + ".weight") == also.end()) continue;
    if (slot->adaptation() != nullptr) {
      return Error{
          fmt::format("train-also: {} is adapted already. Leave it out here, or out of layers.", slot->name())};
    }
    attach(session, *slot, std::make_unique<adapt::Dense>(slot->weight(), slot->name()));
  }
  return {};
}

/// Everything that trains: the adaptations' parameters, then what trains whole.
Status collectParameters(Session& session, const std::optional<StartAdapter>& start,
                         const std::vector<std::string>& also) {
  const auto& config = session.config;
  std::vector<std::string> adapted;
  for (const auto& layer : session.layers) {
    adapted.push_back(layer.name);
    const auto own = layer.adaptation->parameters();
    session.parameters.insert(session.parameters.end(), own.begin(), own.end());
  }
  if (isPrompt(config.method)) {
    const auto kind = virtualKindOf(config.method);
    ROSA_CHECK(model::checkVirtual(kind, session.model->config()));
    auto& tokens = session.model->prepend(kind, config.virtualTokens, static_cast<std::uint64_t>(config.seed));
    if (start) ROSA_CHECK(start->loadVirtual(tokens));
    session.parameters.push_back(&tokens);
  }
  const auto whole = trainedTensors(config, *session.model, adapted, also);
  for (const auto& name : whole) {
    if (auto* parameter = session.model->train(name)) session.parameters.push_back(parameter);
  }
  ROSA_TRY(const auto ids, trainedTokens(config, session.tokenizer, session.turnEnd));
  ROSA_TRY(const auto rows, trainRows(*session.model, ids, whole));
  session.parameters.insert(session.parameters.end(), rows.begin(), rows.end());
  for (auto* parameter : session.parameters) {
    if (!config.decayAll && (parameter->segment == adapt::Segment::Norm || parameter->name.ends_with(".bias"))) {
      parameter->decays = false;
    }
    if (adapt::isNarrow(parameter->value)) return mustBeWide(parameter->name);
    session.trainableParameters += parameter->value.numel();
  }
  if (session.parameters.empty()) return nothingTrains(config);
  return {};
}

std::unique_ptr<data::Batcher> makeBatcher(const Session& session) {
  const auto& config = session.config;
  data::BatchOptions options{
      config.batch,       session.model->config().firstPosition, config.shuffle, config.seed, session.masking,
      config.batchTokens, config::virtualTokens(config)};
  options.mix = session.mix;
  return std::make_unique<data::Batcher>(session.training, data::targetKind(config.task), options);
}

void divideData(Session& session) {
  session.batcher = makeBatcher(session);
  session.epochSteps.emplace(session.batcher->plan(), session.config.accumulate);
}

/// What `memory` asks for, which from here on stands in the run's configuration.
Status chooseMicroBatch(Session& session) {
  auto& config = session.config;
  if (!config.memory || session.training.empty()) return {};
  // As a plan reckons, which knows the longest example alone.
  const auto longest = session.batcher->longest(1).tokens() + config::virtualTokens(config);
  ROSA_TRY(const auto fit, fitMemory(config, [&](std::int64_t batch, bool recomputes) {
             return estimateMemory(session, tokensOfBatch(config, batch, longest), recomputes);
           }));
  if (auto told = fitInWords(config, fit); !told.empty()) session.remarks.push_back(std::move(told));
  if (fit.recomputes) config.gradientCheckpointing = GradientCheckpointing::Yes;
  if (config.batchTokens > 0) {
    if (fit.batch < config.batchTokens) session.pieceTokens = fit.batch;
    return {};
  }
  config.batch = fit.batch;
  config.accumulate = fit.accumulate;
  divideData(session);
  return {};
}

/// Given slice starts, one for each adapted layer.
Status readWindows(Session& session) {
  ROSA_TRY(session.windows, config::parseWindows(session.config.windows));
  if (session.windows.empty() || session.windows.front().size() == session.layers.size()) return {};
  return Error{
      fmt::format("windows gives {} slice starts a cycle, but {} layers are adapted. Write one number a layer.",
                  session.windows.front().size(), session.layers.size())};
}

}  // namespace

Status assembleSession(Session& session) {
  const auto& config = session.config;
  divideData(session);
  ROSA_TRY(const auto start, openStart(session));
  ROSA_CHECK(attachMethod(session, start));
  ROSA_CHECK(readWindows(session));
  ROSA_TRY(auto also, trainedAlso(config, *session.model));
  if (start) {
    const auto saved = start->savedTensors();
    also.insert(also.end(), saved.begin(), saved.end());
  }
  ROSA_CHECK(attachDense(session, also));
  ROSA_CHECK(collectParameters(session, start, also));
  session.arena = std::make_unique<optim::Arena>(session.parameters, optim::momentsNeeded(config));
  session.optimizer = optim::makeOptimizer(config, *session.arena);
  if (config.ema > 0) session.average = std::make_unique<WeightAverage>(session, config.ema);
  ROSA_CHECK(chooseMicroBatch(session));
  session.counts = countsOfRun(session);
  if (asksForResamples(config)) ROSA_CHECK(checkResampleInterval(session.counts));
  session.metricPlan = metrics::metricsFor(config.task, session.model->config().labelCount());
  return config.bestMetric.empty() ? Status() : session.metricPlan.decideBy(config.bestMetric);
}

}  // namespace rosa::train
