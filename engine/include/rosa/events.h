// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rosa/expected.h"

/// What a run tells the world, as immutable values of std types; each field carries its unit in its name.
///
/// Events leave the run thread through one EventSink, in order. No lock is held during the call, and a sink must return
/// quickly: it stores or forwards, it never waits. Every event serialises to one JSON object (`toJson`) whose key
/// "event" is the struct's name in snake_case; events.jsonl of a run folder holds these lines, each with its "sequence"
/// and "time" (see StoredEvent).
namespace rosa {

/// Bytes by use. `other` is what the process (or, on CUDA, the allocator) holds beyond the named parts: libraries,
/// text, blocks kept for reuse.
struct MemoryParts {
  std::int64_t weightsBytes = 0;
  std::int64_t trainableBytes = 0;  ///< trainable parameters kept beside the weights, and all gradients
  std::int64_t momentsBytes = 0;
  std::int64_t activationsBytes = 0;
  std::int64_t otherBytes = 0;
  [[nodiscard]] std::int64_t totalBytes() const {
    return weightsBytes + trainableBytes + momentsBytes + activationsBytes + otherBytes;
  }
};

using NamedValues = std::vector<std::pair<std::string, double>>;

struct RunStarted {
  std::string runDirectory;
  std::string name;
  std::string model;  ///< path as configured
  std::string data;
  std::string task;    ///< config spelling: "lm", "completion", ...
  std::string method;  ///< "rosa", "lora", "full"
  std::string form;    ///< "merged" or "branch"; empty for full
  std::string device;  ///< "cpu", "cuda:0 NVIDIA ..."
  std::int64_t threads = 0;
  std::int64_t totalSteps = 0;
  std::int64_t stepsPerEpoch = 0;
  std::int64_t firstStep = 0;  ///< 0, or the step a resumed run continues after
  std::int64_t trainExamples = 0;
  std::int64_t validationExamples = 0;
  std::int64_t totalParameters = 0;
  std::int64_t trainableParameters = 0;
  std::int64_t adaptedLayers = 0;
  std::int64_t resampleEverySteps = 0;  ///< 0 = never
  MemoryParts estimate;
  std::int64_t memoryLimitBytes = 0;  ///< what the device or machine has
  // Runs from before these were counted have 0.
  std::int64_t truncatedExamples = 0;    ///< of the training file's: cut to max-length, so that their end is lost
  std::int64_t droppedExamples = 0;      ///< rows of the training file left out: nothing in them can be predicted
  std::int64_t truncatedValidation = 0;  ///< the same of a validation file of its own
  std::int64_t droppedValidation = 0;
};

/// A named phase: "loading the model", "reading the data" and the like while the run opens, "measuring memory",
/// "training", "evaluating", "saving", "sampling", "paused", "stopping".
struct PhaseChanged {
  std::string phase;
  std::int64_t step = 0;
};

struct StepCompleted {
  std::int64_t step = 0;  ///< 1-based: the number of steps done
  double epoch = 0;       ///< epochs done, as a fraction
  double loss = 0;        ///< nats per target token (or mean loss per example); NaN and Inf are told as they are
  double learningRate = 0;
  double gradientNorm = 0;  ///< before clipping
  bool applied = true;      ///< false: loss or gradient was not finite and the step was skipped
  std::int64_t tokens = 0;  ///< real tokens of this step
  double stepSeconds = 0;
  double tokensPerSecond = 0;
  double elapsedSeconds = 0;  ///< training time of the whole run, pauses and earlier sessions' gaps not counted
  double remainingSeconds = 0;
  /// Never stored: where steps before this one were left out (rosa/runs.h), the mean of the loss up to it, of which
  /// `kUsualSmoothing` is the past's share; NaN elsewhere. `tokens` then counts those of the steps left out too.
  double smoothedLoss = std::numeric_limits<double>::quiet_NaN();
};

/// The share of the past in a smoothed loss where nobody has said otherwise.
inline constexpr double kUsualSmoothing = 0.9;

struct MemorySampled {
  std::int64_t step = 0;
  MemoryParts parts;           ///< now, at the peak of the last step
  std::int64_t peakBytes = 0;  ///< allocator's peak so far
  std::int64_t processResidentBytes = 0;
  std::int64_t processPeakResidentBytes = 0;
};

/// A window of one layer's slice of singular directions as of its draw; a layer may have several. 0 = largest value.
struct LayerSlice {
  std::string layer;  ///< checkpoint name without ".weight"
  std::int64_t start = 0;
  std::int64_t count = 0;       ///< 0 = random directions, which have no index
  std::int64_t directions = 0;  ///< the layer's smaller side
};

struct ResampleCompleted {
  std::int64_t step = 0;   ///< after this many steps; 0 = the first draw
  std::int64_t cycle = 0;  ///< 0 = the first draw
  std::vector<LayerSlice> layers;
  double milliseconds = 0;
  double lossBefore = std::numeric_limits<double>::quiet_NaN();  ///< last batch, evaluated just before
  double lossAfter = std::numeric_limits<double>::quiet_NaN();   ///< the same batch just after: equal to rounding
  double coverage = 0;  ///< dimension of the span of all directions trained so far / smaller side, mean over layers
  std::int64_t nextStep = 0;  ///< 0 = none to come
  /// What rounding the fixed weights lost, over the slice that was merged: the ratio of their norms, mean over layers.
  /// NaN where weights are fp32 and at the first draw.
  double roundingLoss = std::numeric_limits<double>::quiet_NaN();
};

/// How the smoothed loss moved over the 20 steps after a resample.
struct ResampleSettled {
  std::int64_t cycle = 0;
  std::int64_t step = 0;  ///< the step of the resample
  double smoothedLossChange = 0;
};

struct EvaluationCompleted {
  std::int64_t step = 0;
  double loss = 0;
  NamedValues metrics;  ///< "perplexity", "accuracy", "f1", "matthews", "pearson", "spearman" as the task wants
  std::int64_t examples = 0;
  double seconds = 0;
  bool best = false;                   ///< best value of the deciding metric so far
  std::int64_t truncatedExamples = 0;  ///< of `examples`: cut to max-length, so that their end is not judged
};

struct TextSampled {
  std::int64_t step = 0;
  std::string prompt;
  std::string text;                      ///< the continuation alone
  std::string reason;                    ///< "base", "schedule", "resample", "asked"
  std::int64_t droppedPromptTokens = 0;  ///< the first of the prompt's, which did not fit and were not read
};

struct CheckpointSaved {
  std::int64_t step = 0;
  std::string directory;
  std::int64_t bytes = 0;
  double milliseconds = 0;
  bool verified = false;  ///< read back and compared with its manifest
  bool best = false;
};

struct ExportCompleted {
  std::string directory;
  std::int64_t bytes = 0;
  double largestLogitDifference = 0;  ///< live model against the folder reloaded from disk
  std::int64_t comparedLogits = 0;
};

/// A command that the run has read, told before it is carried out.
struct CommandReceived {
  std::int64_t step = 0;
  std::string command;   ///< its name, as in commands.jsonl
  std::string argument;  ///< of `commandArgument`
};

struct LogLine {
  std::string level;  ///< "info", "warning", "error"
  std::string text;
};

struct RunFailed {
  std::int64_t step = 0;
  std::string message;
};

/// Model or data could not be opened, so that nothing was trained: what the run was before, it still is.
struct RunRefused {
  std::string message;
  std::string dataChanges;  ///< where that is why: what is no longer as the run began, such as "train.csv has changed"
};

/// The run's process ended without a word of its own: a crash, a kill. Told by the process that watches over it.
struct WorkerEnded {
  std::int64_t step = 0;  ///< the last one that was told
  std::string reason;     ///< a sentence
};

struct RunFinished {
  std::int64_t step = 0;
  std::string outcome;  ///< "completed" or "stopped"
  double loss = 0;      ///< mean of the last reported steps
  NamedValues metrics;  ///< of the last evaluation
  double elapsedSeconds = 0;
  std::int64_t peakResidentBytes = 0;
  std::string lastCheckpoint;  ///< folder; empty if none
};

using Event = std::variant<RunStarted, PhaseChanged, StepCompleted, MemorySampled, ResampleCompleted, ResampleSettled,
                           EvaluationCompleted, TextSampled, CheckpointSaved, ExportCompleted, CommandReceived, LogLine,
                           RunRefused, RunFailed, WorkerEnded, RunFinished>;

/// An event as a run folder holds it.
struct StoredEvent {
  std::int64_t sequence = 0;  ///< 1, 2, ... over all sessions of the run; 0 in files of versions without
  double time = 0;            ///< seconds since 1970 UTC; 0 likewise
  Event event;
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  /// Called on the run's thread. Must not throw and must not wait.
  virtual void receive(const Event& event) = 0;
};

/// One JSON object without a line break. Numbers that are not finite are written as the strings "NaN", "Infinity",
/// "-Infinity".
[[nodiscard]] std::string toJson(const Event& event);
/// Reads what `toJson` wrote; unknown keys are ignored, an unknown event is an error.
[[nodiscard]] Expected<Event> eventFromJson(std::string_view line);
/// The same with "sequence" and "time" before the other keys.
[[nodiscard]] std::string toJson(const StoredEvent& stored);
[[nodiscard]] Expected<StoredEvent> storedEventFromJson(std::string_view line);

}  // namespace rosa
