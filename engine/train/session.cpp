// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/session.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "adapt/form_rule.h"
#include "adapt/layer_choice.h"
#include "adapt/method.h"
#include "base/text.h"
#include "data/dataset.h"
#include "device/device.h"
#include "model/build.h"
#include "optim/schedule.h"
#include "train/opened_model.h"
#include "train/token_encoder.h"

namespace rosa::train {

namespace {

constexpr std::size_t kSamplePrompts = 3;
constexpr std::size_t kPromptTokensOfPlainText = 8;

std::map<std::int64_t, std::string> labelNames(const data::LabelMap& labels) {
  std::map<std::int64_t, std::string> names;
  for (std::size_t i = 0; i < labels.names().size(); ++i) names[static_cast<std::int64_t>(i)] = labels.names()[i];
  return names;
}

/// Tokenizer and data, checked against what the model can take.
Expected<data::Dataset> openData(Session& session, const model::ModelConfig& modelConfig) {
  ROSA_TRY(session.tokenizer, openTokenizer(session.config.model, modelConfig));
  if (session.config.maxLength > modelConfig.longestSequence()) {
    return Error{fmt::format("max-length is {}, but the model takes at most {} tokens. Choose --max-length {} or less.",
                             session.config.maxLength, modelConfig.longestSequence(), modelConfig.longestSequence())};
  }
  const TokenEncoder encoder(session.tokenizer);
  ROSA_TRY(auto dataset, data::openDataset(session.config, encoder));
  if (dataset.train.examples.empty()) {
    return Error{
        fmt::format("{} holds nothing to train on. Check the columns and the task.", session.config.data.string())};
  }
  return dataset;
}

Status openWeights(Session& session, const data::Dataset& dataset) {
  const auto& config = session.config;
  model::BuildOptions options;
  options.device = session.device;
  options.head = headOf(config.task);
  options.labels = dataset.train.labels.size();
  options.labelNames = labelNames(dataset.train.labels);
  options.dropout = config.dropout;
  options.seed = static_cast<std::uint64_t>(config.seed);
  ROSA_TRY(session.model, openModel(config.model, options));
  ROSA_TRY(session.baseFingerprint, fingerprintModel(config.model));
  for (const auto& stored : session.model->tensors()) {
    session.totalParameters += stored.tensor.numel();
    session.weightBytes += static_cast<std::int64_t>(stored.tensor.nbytes());
  }
  return {};
}

/// Attaches an adaptation to every chosen layer; the form is chosen here, once.
Status attachMethod(Session& session, double tokensPerExample) {
  auto& config = session.config;
  const auto& linears = session.model->linears();
  std::vector<adapt::LayerName> names;
  for (const auto* slot : linears) names.push_back({slot->name(), slot->attention()});
  ROSA_TRY(const auto chosen, adapt::chooseLayers(config.layers, names));

  std::vector<adapt::LayerSize> sizes;
  for (const auto index : chosen) {
    const auto weight = linears[index]->weight();
    sizes.push_back({weight.size(0), weight.size(1)});
  }
  config.form = adapt::chooseForm(config.form, {tokensPerExample * static_cast<double>(config.batch), config.accumulate,
                                                session.device.is_cuda(), sizes});
  const auto settings = adapt::methodSettings(config, config.form);
  std::vector<ConfigProblem> problems;
  for (const auto index : chosen) {
    auto* slot = linears[index];
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

/// What the text samples go on from: the configured prompts, or the first of the validation examples.
std::vector<std::string> choosePrompts(const Session& session) {
  const auto& config = session.config;
  if (config.sampleTokens == 0 || session.model->config().head != model::Head::LanguageModel) return {};
  if (!config.samplePrompts.empty()) return config.samplePrompts;
  std::vector<std::string> prompts;
  const auto& examples = session.validation.empty() ? session.training : session.validation;
  for (const auto& example : examples) {
    if (prompts.size() == kSamplePrompts) break;
    const auto wanted =
        config.task == Task::Completion ? static_cast<std::size_t>(example.promptTokens) : kPromptTokensOfPlainText;
    const auto count = std::min(wanted, example.tokenIds.size());
    auto prompt = session.tokenizer.decode(std::span(example.tokenIds).first(count), true);
    if (!prompt.empty() && std::find(prompts.begin(), prompts.end(), prompt) == prompts.end()) {
      prompts.push_back(std::move(prompt));
    }
  }
  return prompts;
}

}  // namespace

std::vector<adapt::Adaptation*> Session::adaptations() const {
  std::vector<adapt::Adaptation*> all;
  for (const auto& layer : layers) all.push_back(layer.adaptation);
  return all;
}

std::vector<data::FlatBatch> Session::batches(std::int64_t step) const {
  const auto epoch = (step - 1) / counts.stepsPerEpoch;
  const auto first = ((step - 1) % counts.stepsPerEpoch) * config.accumulate;
  const auto end = std::min(first + config.accumulate, batcher->batchesPerEpoch());
  std::vector<data::FlatBatch> all;
  for (auto index = first; index < end; ++index) all.push_back(batcher->batch(epoch, index));
  return all;
}

double Session::learningRate(std::int64_t step) const {
  return config.learningRate * optim::scheduleFactor(config.schedule, step - 1, counts.warmupSteps, counts.totalSteps);
}

EvaluationSettings Session::evaluationSettings() const {
  return {config.task, config.batch, model->config().firstPosition, device};
}

double Session::decidingValue(const NamedValues& metrics) const {
  for (const auto& [name, value] : metrics) {
    if (name == metricPlan.deciding) return value;
  }
  return std::nan("");
}

Expected<std::unique_ptr<Session>> openSession(const RunConfig& config) {
  auto session = std::make_unique<Session>();
  session->config = config;
  ROSA_TRY(session->device, device::chooseDevice(config.device));
  session->threads = device::useThreads(config.threads);
  ROSA_TRY(session->windows, config::parseWindows(config.windows));
  ROSA_TRY(const auto modelConfig, readModelConfig(config.model));
  ROSA_TRY(auto dataset, openData(*session, modelConfig));
  ROSA_CHECK(openWeights(*session, dataset));

  const auto examples = static_cast<std::int64_t>(dataset.train.examples.size());
  const auto tokens = dataset.train.tokens();
  session->remarks = std::move(dataset.remarks);
  session->training = std::move(dataset.train.examples);
  session->validation = std::move(dataset.validation.examples);
  ROSA_CHECK(attachMethod(*session, static_cast<double>(tokens) / static_cast<double>(examples)));
  collectParameters(*session);
  session->arena = std::make_unique<optim::Arena>(session->parameters, optim::momentsNeeded(config));
  session->optimizer = optim::makeOptimizer(config, *session->arena);
  session->batcher = std::make_unique<data::Batcher>(
      session->training, data::targetKind(config.task),
      data::BatchOptions{config.batch, session->model->config().firstPosition, config.shuffle, config.seed});
  session->counts = countSteps(config, examples);
  session->metricPlan = metrics::metricsFor(config.task, session->model->config().labelCount());
  session->samplePrompts = choosePrompts(*session);
  return session;
}

}  // namespace rosa::train
