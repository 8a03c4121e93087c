// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapt/adaptation.h"
#include "config/resolve.h"
#include "data/batcher.h"
#include "data/dataset.h"
#include "data/example_store.h"
#include "data/examples.h"
#include "data/flat_batch.h"
#include "device/memory.h"
#include "metrics/task_metrics.h"
#include "model/model.h"
#include "optim/arena.h"
#include "optim/optimizer.h"
#include "rosa/config.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"
#include "text/turn_end.h"
#include "train/blueprint.h"
#include "train/epoch_steps.h"
#include "train/evaluation.h"
#include "train/stepper.h"
#include "train/weight_average.h"

namespace rosa::parallel {
class ProcessGroup;
}

namespace rosa::train {

/// One adapted checkpoint matrix of a run.
struct AdaptedLayer {
  std::string name;  ///< checkpoint name without ".weight"
  model::LinearSlot* slot = nullptr;
  adapt::Adaptation* adaptation = nullptr;  ///< owned by the slot
  adapt::Slice slice;                       ///< of the present cycle; count 0 where the method draws none
};

/// What max-length costs the examples of one file.
struct LeftOut {
  std::int64_t truncated = 0;  ///< examples that lose their end
  std::int64_t dropped = 0;    ///< rows left out, because nothing in them can be predicted
};

/// Everything one run computes with, opened and checked. Made by `openSession`, used by the run's thread alone; knows
/// nothing of run folders.
struct Session {
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  RunConfig config;  ///< as given, with the form resolved and the shape of the rows settled
  c10::Device device{c10::DeviceType::CPU};
  std::int64_t threads = 1;
  at::ScalarType weights = at::ScalarType::Float;  ///< how frozen matrices and tables are kept
  std::string baseFingerprint;                     ///< of the base model's weights
  text::Tokenizer tokenizer;
  std::shared_ptr<const text::ChatTemplate> chatTemplate;  ///< of conversations; null for other rows
  text::TurnEnd turnEnd;                                   ///< of that template
  std::optional<data::Masking> masking;                    ///< of task masked-lm
  std::unique_ptr<model::Model> model;
  std::vector<AdaptedLayer> layers;
  adapt::ParameterList parameters;
  std::unique_ptr<optim::Arena> arena;
  std::unique_ptr<optim::Optimizer> optimizer;
  std::unique_ptr<WeightAverage> average;  ///< none unless the configuration asks for one
  data::ExampleStore training;
  std::vector<data::MixedRange> mix;  ///< the sets of `training`; empty for one
  data::ExampleStore validation;
  std::unique_ptr<data::Batcher> batcher;      ///< over `training`
  std::optional<EpochSteps> epochSteps;        ///< over the batcher's plan
  std::int64_t pieceTokens = 0;                ///< that a batch filled by tokens is taken in at a time; 0 = whole
  std::vector<std::string> remarks;            ///< about the data, for the log
  data::LabelMap labels;                       ///< classification: the classes, in the order of the head's rows
  data::DataFiles files;                       ///< that the examples were read from
  std::int64_t trainExamples = 0;              ///< of an epoch; `training` is empty where the data was left unread
  LeftOut trainingLeftOut, validationLeftOut;  ///< of the training file, of a validation file of its own
  std::vector<std::string> samplePrompts;
  Counts counts;
  metrics::MetricPlan metricPlan;
  config::SliceWindows windows;                   ///< given starts by cycle and layer; empty = drawn
  device::MemoryAccount* account = nullptr;       ///< where this session's tensors are counted; none = with all others
  std::shared_ptr<parallel::ProcessGroup> group;  ///< of the processes that share each step; none = this one alone
  std::int64_t weightBytes = 0;
  std::int64_t totalParameters = 0;
  std::int64_t trainableParameters = 0;
  std::int64_t coverageBytes = 0;  ///< of what ROSA's layers keep to tell their coverage, at the end of the run
  std::int64_t keptPerToken = 0;   ///< numbers that the method's backward pass needs beside the model's own

  [[nodiscard]] std::vector<adapt::Adaptation*> adaptations() const;
  /// The micro-batches of a step (1-based), those of all processes: examples in the order of their epoch.
  [[nodiscard]] std::vector<data::FlatBatch> batches(std::int64_t step) const;
  /// The micro-batch that takes the most memory.
  [[nodiscard]] data::FlatBatch largestBatch() const;
  /// Epochs that are past after a step.
  [[nodiscard]] double epochsAfter(std::int64_t step) const;
  [[nodiscard]] double learningRate(std::int64_t step) const;
  [[nodiscard]] Stepper::Settings stepSettings() const;
  [[nodiscard]] EvaluationSettings evaluationSettings() const;
  /// Value of the metric that decides "best"; NaN where it is missing.
  [[nodiscard]] double decidingValue(const NamedValues& metrics) const;
};

/// What a run that has begun knows of its data.
struct OpenOptions {
  const data::LabelMap* labels = nullptr;  ///< the run's classes; null = taken from the data
  std::filesystem::path storedTemplate;    ///< the run's folder, where its chat template lies
  /// Leaves the data unread, for a run of so many training examples that is used and not trained.
  std::optional<std::int64_t> unreadExamples;
  data::Progress progress{};       ///< of reading the data and cutting it into tokens
  std::function<bool()> giveUp{};  ///< asked often while the data is read; true ends the opening with an error
};

// What both a plan and a session say.
/// Whether the longest example, and what the method puts before it, fit the model's positions.
[[nodiscard]] Status checkLength(const RunConfig& config, const model::ModelConfig& model);
/// A tensor that trains is not kept in half precision.
[[nodiscard]] Error mustBeWide(const std::string& tensor);
[[nodiscard]] Error nothingToStopBy();
[[nodiscard]] Error nothingToTrainOn(const std::filesystem::path& data);

/// Opens model, tokenizer and data, attaches the method and draws no slice yet. Stops at the first mistake that it
/// meets; a plan lists them all.
[[nodiscard]] Expected<std::unique_ptr<Session>> openSession(const RunConfig& config, const OpenOptions& options = {});

}  // namespace rosa::train
