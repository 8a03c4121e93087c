// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/assemble_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapt/form_rule.h"
#include "adapt/layer_choice.h"
#include "adapt/method.h"
#include "data/examples.h"
#include "train/layer_ranks.h"
#include "train/session.h"

namespace rosa::train {

namespace {

double tokensPerExample(const std::vector<data::Example>& examples) {
  double tokens = 0;
  for (const auto& example : examples) tokens += static_cast<double>(example.tokenIds.size());
  return tokens / static_cast<double>(std::max<std::size_t>(1, examples.size()));
}

/// Attaches an adaptation to every chosen layer; the form is chosen here, once.
Status attachMethod(Session& session) {
  auto& config = session.config;
  const auto& linears = session.model->linears();
  std::vector<adapt::LayerName> names;
  for (const auto* slot : linears) names.push_back({slot->name(), slot->attention()});
  ROSA_TRY(const auto chosen, adapt::chooseLayers(config.layers, names));

  std::vector<adapt::LayerSize> sizes;
  std::vector<adapt::LayerName> adapted;
  for (const auto index : chosen) {
    const auto weight = linears[index]->weight();
    sizes.push_back({weight.size(0), weight.size(1)});
    adapted.push_back(names[index]);
  }
  config.form = adapt::chooseForm(config.form, {tokensPerExample(session.training) * static_cast<double>(config.batch),
                                                config.accumulate, session.device.is_cuda(), sizes});
  auto settings = adapt::methodSettings(config, config.form);
  ROSA_TRY(const auto ranks, ranksOf(config, adapted));
  std::vector<ConfigProblem> problems;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    auto* slot = linears[chosen[i]];
    settings.rank = ranks[i];
    auto adaptation =
        adapt::makeAdaptation(settings, slot->weight(), slot->name(), static_cast<std::int64_t>(session.layers.size()));
    if (!adaptation) {
      problems.push_back({"rank", adaptation.error().message});
      continue;
    }
    slot->attach(*std::move(adaptation));
    session.layers.push_back({slot->name(), slot, slot->adaptation(), {}});
  }
  if (!problems.empty()) return Error{joinProblems(problems)};
  return {};
}

/// Everything that trains: the adaptations' parameters, then biases, head, or under full fine-tuning all the rest.
void collectParameters(Session& session) {
  const auto& config = session.config;
  for (auto* adaptation : session.adaptations()) {
    const auto own = adaptation->parameters();
    session.parameters.insert(session.parameters.end(), own.begin(), own.end());
  }
  const auto add = [&](std::string_view name) {
    if (auto* parameter = session.model->train(name)) session.parameters.push_back(parameter);
  };
  if (config.method == Method::Full && config.layers == "all") {
    for (const auto& stored : session.model->tensors()) {
      if (stored.role != model::Role::LinearWeight) add(stored.name);
    }
  } else {
    if (config.trainBias) {
      for (const auto& layer : session.layers) {
        if (layer.slot->hasBias()) add(layer.name + ".bias");
      }
    }
    if (config.trainHead) {
      for (const auto& name : session.model->headTensors()) add(name);
    }
  }
  for (auto* parameter : session.parameters) {
    if (!config.decayAll && (parameter->segment == adapt::Segment::Norm || parameter->name.ends_with(".bias"))) {
      parameter->decays = false;
    }
    session.trainableParameters += parameter->value.numel();
  }
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
  ROSA_CHECK(attachMethod(session));
  ROSA_CHECK(readWindows(session));
  collectParameters(session);
  session.arena = std::make_unique<optim::Arena>(session.parameters, optim::momentsNeeded(config));
  session.optimizer = optim::makeOptimizer(config, *session.arena);
  session.batcher = std::make_unique<data::Batcher>(
      session.training, data::targetKind(config.task),
      data::BatchOptions{config.batch, session.model->config().firstPosition, config.shuffle, config.seed});
  session.counts = countSteps(config, static_cast<std::int64_t>(session.training.size()));
  if (asksForResamples(config)) ROSA_CHECK(checkResampleInterval(session.counts));
  if (config.ema > 0) session.average = std::make_unique<WeightAverage>(session, config.ema);
  session.metricPlan = metrics::metricsFor(config.task, session.model->config().labelCount());
  return config.bestMetric.empty() ? Status() : session.metricPlan.decideBy(config.bestMetric);
}

}  // namespace rosa::train
