// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/evaluate_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "config/values.h"
#include "data/dataset.h"
#include "data/row_shape.h"
#include "device/device.h"
#include "model/class_names.h"
#include "service/stored_run.h"
#include "service/used_model.h"
#include "train/evaluation.h"
#include "train/kept_tokens.h"
#include "train/opened_model.h"
#include "train/token_encoder.h"

namespace rosa::service {
namespace {

std::optional<data::LabelMap> labelsOf(const model::ModelConfig& config) {
  if (!model::hasClasses(config.head)) return std::nullopt;
  return data::LabelMap(model::classNames(config));
}

const char* tasksOf(model::Head head) {
  switch (head) {
    case model::Head::Classification:
      return "classification";
    case model::Head::TokenClassification:
      return "token-classification";
    case model::Head::Regression:
      return "regression";
    case model::Head::MaskedLanguageModel:
      return "masked-lm";
    default:
      return "lm or completion";
  }
}

/// What is evaluated, and how.
struct Evaluated {
  model::Model& model;
  const text::Tokenizer& tokenizer;
  const data::ExampleStore& examples;
  train::EvaluationSettings settings;
};

ClassReview reviewOf(const Evaluated& evaluated, const std::vector<train::JudgedExample>& judged,
                     std::int64_t mistakes) {
  ClassReview review;
  review.classes = model::classNames(evaluated.model.config());
  review.counts.assign(review.classes.size(), std::vector<std::int64_t>(review.classes.size()));
  const auto name = [&](std::int64_t index) { return review.classes[static_cast<std::size_t>(index)]; };
  std::vector<std::size_t> wrong;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    const auto& [truth, predicted, probability, loss] = judged[i];
    ++review.counts[static_cast<std::size_t>(truth)][static_cast<std::size_t>(predicted)];
    if (truth != predicted) wrong.push_back(i);
  }
  std::ranges::stable_sort(wrong, std::greater<>(), [&](std::size_t i) { return judged[i].loss; });
  wrong.resize(std::min(wrong.size(), static_cast<std::size_t>(std::max<std::int64_t>(mistakes, 0))));
  for (const auto i : wrong) {
    const auto& example = judged[i];
    review.mistakes.push_back({evaluated.tokenizer.decode(evaluated.examples[i].tokenIds, true), name(example.truth),
                               name(example.predicted), example.probability, example.loss});
  }
  return review;
}

Status evaluate(const Evaluated& evaluated, const EvaluationRequest& request, EvaluationReport& report) {
  const auto start = std::chrono::steady_clock::now();
  const auto evaluation =
      train::evaluateExamples(evaluated.model, evaluated.examples, evaluated.settings, request.giveUp);
  if (!evaluation) return Error{"The evaluation was given up."};
  report.loss = evaluation->loss;
  report.metrics = evaluation->metrics;
  report.examples = evaluation->examples;
  report.tokens = evaluation->tokens;
  report.truncatedExamples = evaluation->truncated;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (evaluated.settings.task == Task::Classification) {
    report.review = reviewOf(evaluated, evaluation->judged, request.mistakes);
  }
  return {};
}

/// Of a model, on data that are named.
Expected<EvaluationReport> evaluateOn(const EvaluationRequest& request) {
  auto config = request.data;
  config.model = request.model;
  if (const auto problems = checkConfig(config); !problems.empty()) return Error{joinProblems(problems)};
  ROSA_TRY(auto used, UsedModel::open({.model = config.model,
                                       .checkpoint = request.checkpoint,
                                       .threads = config.threads,
                                       .device = config.device}));
  const auto& modelConfig = used.config();
  if (modelConfig.head != train::headOf(config.task)) {
    return Error{fmt::format(
        "{} is a {} and has no head for task {}. Choose --task {}, or a model trained for that task.",
        config.model.string(), modelConfig.architecture, config::formatValue(config.task), tasksOf(modelConfig.head))};
  }
  ROSA_TRY(const auto* tokenizer, used.tokenizer());
  ROSA_CHECK(train::checkTypes(*tokenizer, modelConfig, !config.textPair.empty()));
  ROSA_TRY(const auto masking, train::maskingOf(config, *tokenizer));
  config.maxLength = std::min(config.maxLength, modelConfig.longestSequence());
  EvaluationReport report;
  report.remarks = used.remarks();
  ROSA_TRY(const auto files, data::locateData(config.data));
  ROSA_TRY(config,
           data::settleShape(std::move(config), files.validation ? *files.validation : files.train, report.remarks));
  std::shared_ptr<const text::ChatTemplate> chatTemplate;
  if (data::holdsConversations(config)) {
    ROSA_TRY(chatTemplate, used.chatTemplate(config.chatTemplate));
  }
  const train::TokenEncoder encoder(*tokenizer, chatTemplate.get());
  const auto labels = labelsOf(modelConfig);
  ROSA_TRY(const auto examples, data::openEvaluationSet(config, encoder, labels ? &*labels : nullptr, report.remarks,
                                                        train::keptTokens(config.model, chatTemplate.get())));
  ROSA_TRY(auto* model, used.weights(config.adapter));

  data::BatchOptions batches{config.batch, modelConfig.firstPosition};
  batches.tokens = config.batchTokens;
  batches.masking = masking;
  ROSA_CHECK(evaluate({*model, *tokenizer, examples.examples, {config.task, batches, used.device()}}, request, report));
  report.maxLength = config.maxLength;
  report.droppedExamples = examples.dropped;
  return report;
}

/// Of a run, on its own validation rows.
Expected<EvaluationReport> evaluateRun(const EvaluationRequest& request) {
  ROSA_TRY(const auto folder, store::openRunFolder(request.model));
  ROSA_TRY(auto config, readStoredConfig(folder));
  config.device = request.data.device;
  config.threads = request.data.threads;
  device::useThreads(config.threads);
  ROSA_TRY(const auto checkpoint, chooseCheckpoint(folder, request.checkpoint));
  ROSA_TRY(const auto stored, openStoredRun(folder, config, checkpoint, DataUse::ReadIfUnchanged));
  const auto& session = *stored.session;
  if (session.training.empty()) {
    return Error{
        fmt::format("The files that {} was trained on are not there any more, or have changed. Name data to "
                    "evaluate it on (--data).",
                    request.model.string())};
  }
  if (session.validation.empty()) {
    return Error{fmt::format("{} holds back no rows for validation. Name data to evaluate it on (--data).",
                             request.model.string())};
  }
  EvaluationReport report;
  ROSA_CHECK(
      evaluate({*session.model, session.tokenizer, session.validation, session.evaluationSettings()}, request, report));
  report.maxLength = session.config.maxLength;
  report.droppedExamples = session.validationLeftOut.dropped;
  return report;
}

}  // namespace

Expected<EvaluationReport> evaluateModel(const EvaluationRequest& request) {
  return request.data.data.empty() && isRun(request.model) ? evaluateRun(request) : evaluateOn(request);
}

}  // namespace rosa::service
