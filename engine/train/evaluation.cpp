// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/evaluation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "data/batcher.h"
#include "data/examples.h"
#include "metrics/task_metrics.h"
#include "model/class_names.h"
#include "model/model.h"
#include "model/token_loss.h"
#include "parallel/process_group.h"
#include "rosa/task_traits.h"
#include "train/batch_tensors.h"

namespace rosa::train {

namespace {

/// The numbers of all processes, in the order of their ranks.
template <typename Number>
std::vector<Number> ofAllRanks(const std::vector<Number>& own, parallel::ProcessGroup& group) {
  const auto* bytes = reinterpret_cast<const char*>(own.data());
  std::vector<Number> all;
  for (const auto& part : group.gather(std::string(bytes, own.size() * sizeof(Number)))) {
    const auto before = all.size();
    all.resize(before + part.size() / sizeof(Number));
    std::memcpy(all.data() + before, part.data(), part.size());
  }
  return all;
}

/// Adds up what one task's metrics are made of, batch by batch.
class Tally {
 public:
  explicit Tally(Task task) : task_(task) {}

  void add(model::Model& model, const data::FlatBatch& flat, const model::Batch& batch) {
    targets_ += flat.targetCount;
    if (task_ == Task::MaskedLanguageModelling) {
      addHidden(model, batch);
    } else if (task_ == Task::TokenClassification) {
      addWords(model.logits(batch), flat, batch);
    } else if (hasLabels(task_)) {
      addPredictions(model.logits(batch), flat, batch);
    } else if (flat.targetCount > 0) {
      lossSum_ += model.loss(batch, model::Pass{}, 1.0).item<double>();
    }
  }

  /// Takes in what the other processes of the group have counted, each over its part of the examples.
  void addRanks(parallel::ProcessGroup& group) {
    judged_ = ofAllRanks(judged_, group);
    for (auto* numbers : {&wordCounts_, &wordClasses_, &predictedWordClasses_}) {
      *numbers = ofAllRanks(*numbers, group);
    }
    for (auto* numbers : {&values_, &predictedValues_}) *numbers = ofAllRanks(*numbers, group);
    double loss = 0;
    for (const double sum : ofAllRanks(std::vector{lossSum_}, group)) loss += sum;
    lossSum_ = loss;
    const auto counts = at::tensor({targets_, right_}, at::kLong);
    group.sum(counts);
    targets_ = counts[0].item<std::int64_t>();
    right_ = counts[1].item<std::int64_t>();
  }

  [[nodiscard]] double meanLoss() const { return lossSum_ / static_cast<double>(std::max<std::int64_t>(1, targets_)); }

  [[nodiscard]] NamedValues metrics(const model::ModelConfig& config) const {
    if (task_ == Task::Classification) {
      std::vector<std::int64_t> truth, predicted;
      for (const auto& example : judged_) {
        truth.push_back(example.truth);
        predicted.push_back(example.predicted);
      }
      return metrics::classificationMetrics(truth, predicted, config.labelCount());
    }
    if (task_ == Task::Regression) return metrics::regressionMetrics(values_, predictedValues_);
    if (task_ == Task::TokenClassification) {
      const auto names = model::classNames(config);
      return metrics::tokenMetrics(named(wordClasses_, names), named(predictedWordClasses_, names));
    }
    if (task_ == Task::MaskedLanguageModelling) return metrics::maskedMetrics(lossSum_, right_, targets_);
    return metrics::languageMetrics(lossSum_, targets_);
  }
  [[nodiscard]] std::vector<JudgedExample> takeJudged() { return std::move(judged_); }

 private:
  void addHidden(model::Model& model, const model::Batch& batch) {
    const auto rows = (batch.targets != data::kNoTarget).nonzero().squeeze(1);
    if (rows.size(0) == 0) return;
    const auto truth = batch.targets.index_select(0, rows);
    const auto logits = model.logits(batch, rows);
    lossSum_ += at::cross_entropy_loss(logits, truth, {}, at::Reduction::None).sum(at::kDouble).item<double>();
    right_ += (logits.argmax(1) == truth).sum().item<std::int64_t>();
  }

  /// A text's words with the names of their classes.
  [[nodiscard]] metrics::WordLabels named(const std::vector<std::int64_t>& classes,
                                          const std::vector<std::string>& names) const {
    metrics::WordLabels texts;
    auto next = classes.begin();
    for (const auto count : wordCounts_) {
      auto& text = texts.emplace_back();
      for (std::int64_t i = 0; i < count; ++i) text.push_back(names[static_cast<std::size_t>(*next++)]);
    }
    return texts;
  }

  void addWords(const at::Tensor& logits, const data::FlatBatch& flat, const model::Batch& batch) {
    lossSum_ += at::cross_entropy_loss(logits, batch.targets, {}, at::Reduction::Sum, data::kNoTarget).item<double>();
    const auto predicted = logits.argmax(1).cpu();
    const auto* ids = predicted.const_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < flat.sequences(); ++i) {
      auto& count = wordCounts_.emplace_back(0);
      for (auto at = flat.offsets[static_cast<std::size_t>(i)]; at < flat.offsets[static_cast<std::size_t>(i) + 1];
           ++at) {
        const auto target = flat.targets[static_cast<std::size_t>(at)];
        if (target == data::kNoTarget) continue;
        wordClasses_.push_back(target);
        predictedWordClasses_.push_back(ids[at]);
        ++count;
      }
    }
  }

  void addPredictions(const at::Tensor& logits, const data::FlatBatch& flat, const model::Batch& batch) {
    if (task_ == Task::Classification) {
      lossSum_ += at::cross_entropy_loss(logits, batch.targets, {}, at::Reduction::Sum).item<double>();
      const auto logProbabilities = logits.to(at::kCPU, at::kDouble).log_softmax(1);
      const auto predicted = logits.argmax(1).cpu();
      const auto scores = logProbabilities.accessor<double, 2>();
      const auto ids = predicted.accessor<std::int64_t, 1>();
      for (std::int64_t i = 0; i < flat.sequences(); ++i) {
        const std::int64_t truth = flat.targets[static_cast<std::size_t>(i)];
        judged_.push_back({truth, ids[i], std::exp(scores[i][ids[i]]), -scores[i][truth]});
      }
    } else {
      const auto predicted = logits.reshape({-1});
      lossSum_ += at::mse_loss(predicted, batch.targets, at::Reduction::Sum).item<double>();
      const auto values = predicted.to(at::kCPU, at::kDouble).contiguous();
      predictedValues_.insert(predictedValues_.end(), values.const_data_ptr<double>(),
                              values.const_data_ptr<double>() + flat.sequences());
      values_.insert(values_.end(), flat.values.begin(), flat.values.end());
    }
  }

  Task task_;
  double lossSum_ = 0;
  std::int64_t targets_ = 0, right_ = 0;
  std::vector<JudgedExample> judged_;
  std::vector<double> values_, predictedValues_;
  std::vector<std::int64_t> wordCounts_;  // of each text
  std::vector<std::int64_t> wordClasses_, predictedWordClasses_;
};

/// Pieces of a batch of which each has no more logits at once than a step has.
std::vector<data::FlatBatch> piecesOf(data::FlatBatch flat, Task task, std::int64_t vocabulary) {
  std::vector<data::FlatBatch> pieces;
  const auto most = model::mostLogitRows(vocabulary, false);
  if (task == Task::MaskedLanguageModelling && flat.targetCount > most) {
    return data::splitBatch(flat, (flat.targetCount + most - 1) / most);
  }
  pieces.push_back(std::move(flat));
  return pieces;
}

}  // namespace

std::optional<Evaluation> evaluateExamples(model::Model& model, const data::ExampleStore& examples,
                                           const EvaluationSettings& settings, const std::function<bool()>& giveUp) {
  const at::NoGradGuard noGrad;
  auto options = settings.batches;
  options.shuffle = false;
  if (options.masking) options.masking->seed = 0;
  const data::Batcher batcher(examples, data::targetKind(settings.task), options);
  Tally tally(settings.task);
  Evaluation evaluation;
  const auto* group = settings.group;
  const auto batches = batcher.plan().batches(data::kValidationEpoch);
  // Neighbouring ones, so that the parts put together are in order.
  const auto first = group != nullptr ? batches * group->rank() / group->size() : 0;
  const auto end = group != nullptr ? batches * (group->rank() + 1) / group->size() : batches;
  for (std::int64_t index = first; index < end; ++index) {
    if (group == nullptr && giveUp && giveUp()) return std::nullopt;
    auto flat = batcher.batch(data::kValidationEpoch, index);
    evaluation.tokens += flat.tokens();
    for (const auto& piece : piecesOf(std::move(flat), settings.task, model.config().vocabularySize)) {
      tally.add(model, piece, toTensors(piece, settings.device));
    }
  }
  if (settings.group != nullptr) {
    tally.addRanks(*settings.group);
    const auto tokens = at::full({1}, evaluation.tokens, at::kLong);
    settings.group->sum(tokens);
    evaluation.tokens = tokens.item<std::int64_t>();
  }
  evaluation.loss = tally.meanLoss();
  evaluation.metrics = tally.metrics(model.config());
  evaluation.judged = tally.takeJudged();
  evaluation.examples = std::ssize(examples);
  evaluation.truncated = std::ranges::count_if(examples, &data::Example::truncated);
  return evaluation;
}

}  // namespace rosa::train
