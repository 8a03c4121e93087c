// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rosa/config.h"
#include "rosa/events.h"
#include "rosa/expected.h"

/// Requests and reports of what one asks of the engine besides training.
namespace rosa {

enum class ExportForm { Merged, Peft, Gguf, Delta };
/// The number format of a GGUF file's matrices.
enum class GgufType { F32, F16, Bf16, Q8_0, Q4_K_M };
/// The number format of a merged model's tensors. Auto: each as the base model's files hold it, and what they do not
/// hold as most of their numbers.
enum class ExportDtype { Auto, Fp32, Bf16, Fp16 };

struct ExportRequest {
  /// Or the folder of a PEFT adapter, to be merged into its base model; for Gguf the folder of a model too.
  std::filesystem::path runDirectory;
  std::filesystem::path destination;  ///< must not exist, or be an empty folder; for Gguf and Delta a file
  std::string checkpoint = "last";    ///< "best", "last", or a step number
  /// The whole model, a PEFT adapter beside the base model, one file for llama.cpp, or what `applyDelta` makes the
  /// whole model of again.
  ExportForm as = ExportForm::Merged;
  std::int64_t rank = 0;                  ///< Peft: largest rank of a layer's change; 0 = what holds it exactly
  std::filesystem::path model = {};       ///< of an adapter: its base model; empty = where the adapter says it lies
  GgufType type = GgufType::F16;          ///< Gguf
  ExportDtype dtype = ExportDtype::Auto;  ///< Merged, and what a Delta leads to
  std::int64_t shardBytes = 0;  ///< likewise: the most that the tensors of one file take, 0 = 5 GB; none is split
};

/// What an export will take.
struct ExportSize {
  /// Of its tensors, which are nearly all; 0 = it depends on what was trained (Peft). A delta is written as a whole
  /// model first, and then takes a part of it.
  std::int64_t bytes = 0;
  std::int64_t freeBytes = 0;  ///< on the disk of the destination
};

/// "500MB", "2GB" as bytes, one or more.
[[nodiscard]] Expected<std::int64_t> parseShardSize(std::string_view text);

struct ExportReport {
  std::filesystem::path directory;
  std::int64_t step = 0;
  std::int64_t bytes = 0;
  /// Live model, with its weights rounded as they are written, against the one built again from the files alone.
  double largestLogitDifference = 0;
  std::int64_t comparedLogits = 0;
  std::int64_t comparedTexts = 0;  ///< whose logits these are; of an adapter that is merged, the vocabulary's last ids
  std::int64_t comparedTensors = 0;  ///< one by one
  double tolerance = 0;              ///< for the logits: a share of the largest
  /// The difference is within the tolerance: the export answers as the trained model. Where it is false, a rank has
  /// left a part of the change out; any other export that differs is refused.
  bool equal = true;
  std::vector<std::string>
      remarks;  ///< sentences on what was done with the model or the adapter, where it may surprise
  std::vector<std::string> files;
  ExportForm as = ExportForm::Merged;
  std::int64_t rank = 0;  ///< Peft: the largest of a layer
  double residual = 0;    ///< Peft: what the rank leaves out of the change, as a share of its Frobenius norm
  double rounding = 0;    ///< Gguf: root mean square of what its formats round, as a share of the numbers'
  std::string dtype;      ///< Merged, Delta: "bf16", or "bf16 and fp32" with the one that takes more bytes first
  bool rounded = false;   ///< likewise: its tensors are the trained ones rounded once, to nearest even
  double roundedLogitDifference = 0;  ///< likewise: what that rounding moves a logit by at most
  std::int64_t wholeBytes = 0;        ///< Delta: of all files of the folder that it stands for
};

struct ResumeOptions {
  /// Asked where the data files are no longer those that the run began with, with what has changed, such as
  /// "train.csv has changed, dev.csv is new": true to go on with them. On the calling thread; none is a no.
  std::function<bool(const std::string& changes)> acceptChangedData;
  /// On this machine, that share each step from now on; unset = as many as the run's settings say.
  std::optional<std::int64_t> processes = {};
  /// Asked often while model and data are opened; true makes it an error.
  std::function<bool()> giveUp = {};
};

struct WorkRequest {
  std::filesystem::path runDirectory;
  bool resume = false;            ///< from the newest checkpoint; else from the first step
  std::string acceptedChanges;    ///< what may have changed in the data: see ResumeOptions
  std::int64_t commandsFrom = 0;  ///< bytes of commands.jsonl that belong to earlier sessions
  int lockDescriptor = -1;        ///< that holds the folder's lock already; -1 = to be taken
};

/// Settings whose max-length cuts nothing that the model has positions for.
[[nodiscard]] inline RunConfig evaluationDefaults() {
  RunConfig config;
  config.maxLength = 16'777'216;
  return config;
}

struct EvaluationRequest {
  std::filesystem::path model;  ///< folder of a model, or of a run: what one of its checkpoints computes
  /// Task, data, columns, max-length, batch, threads, device and adapter are used. Without data a run is evaluated on
  /// its own validation rows, as it did itself: of the rest threads and device are used then.
  RunConfig data = evaluationDefaults();
  std::string checkpoint = {};        ///< of a run: "best", "last" or empty, or a step number
  std::int64_t mistakes = 0;          ///< of a classification: how many are to be shown, the worst ones
  std::function<bool()> giveUp = {};  ///< asked often; true makes it an error
};

/// What a classifier takes for what.
struct ClassReview {
  struct Mistake {
    std::string text;  ///< the example's tokens as text: what the model reads
    std::string truth, predicted;
    double probability = 0;  ///< of the predicted class
    double loss = 0;         ///< nats: -log of the true class's probability
  };
  std::vector<std::string> classes;
  std::vector<std::vector<std::int64_t>> counts;  ///< [true class][predicted class]
  std::vector<Mistake> mistakes;                  ///< the largest loss first
};

struct EvaluationReport {
  double loss = 0;
  NamedValues metrics;
  std::int64_t examples = 0, tokens = 0;
  double seconds = 0;
  std::int64_t maxLength = 0;          ///< tokens that an example was cut to; given, or what the model takes
  std::int64_t truncatedExamples = 0;  ///< of `examples`: cut, so that their end is not judged
  std::int64_t droppedExamples = 0;    ///< rows left out: nothing in them can be predicted
  std::vector<std::string> remarks;    ///< sentences on how the model and the data were read, where that may surprise
  std::optional<ClassReview> review;   ///< of a classification
};

struct InitRequest {
  std::string arch;    ///< gpt2 | llama | roberta | bert
  std::string preset;  ///< "small", "base", "1b", "tiny", ...: `initPresets()` lists them
  std::int64_t seed = 0;
  std::filesystem::path destination;
  std::filesystem::path tokenizer;  ///< folder to copy the tokenizer files from; empty = none
};

struct InitPreset {
  std::string arch, name, description;
};
[[nodiscard]] const std::vector<InitPreset>& initPresets();

/// What this machine offers, as name/value lines with a state each.
struct MachineReport {
  struct Line {
    std::string name, value;
    bool warning = false;
  };
  std::vector<Line> lines;
  std::int64_t cores = 0;
  std::int64_t memoryBytes = 0;
  bool cudaUsable = false;
  std::string cudaDevice;  ///< empty without one
  bool bf16Fast = false;   ///< the CPU has bf16 instructions
};

/// What a measurement was made with.
struct BenchPlace {
  std::int64_t threads = 0;
  std::string instructions;  ///< of the processor: "AVX-512, bf16"
  double gemmGflops = 0;     ///< best large sgemm before or after
};

struct BenchReport {
  BenchPlace place;
  std::int64_t steps = 0;
  double tokensPerSecond = 0;
  double stepSeconds = 0;  ///< median
  double paddingFraction = 0;
  double peakMemoryMb = 0;       ///< highest resident memory of the process, 10^6 bytes
  double estimatedMemoryMb = 0;  ///< what a plan of the same run says
  double plainLoss = 0;          ///< of the first batch before the first step, without gradient and dropout
  double firstLoss = 0, lastLoss = 0;
  double gradientNorm = 0;     ///< of the last step
  double resampleSeconds = 0;  ///< of one resample of all layers
  double shareOfWall = 0;      ///< (frozen forward + input gradient) at gemmGflops, over the measured time
};

/// Resamples of all layers, with a training step before each.
struct ResampleReport {
  BenchPlace place;
  std::int64_t layers = 0;
  double firstSeconds = 0;               ///< the first draw, when nothing of a layer is known yet
  std::int64_t times = 0;                ///< resamples after it
  double seconds = 0;                    ///< median of these
  double stepSeconds = 0;                ///< median of the steps between them
  double lossBefore = 0, lossAfter = 0;  ///< the same batch around the last one: equal to rounding
};

/// From the start of the process.
struct LoadReport {
  BenchPlace place;
  std::int64_t modelBytes = 0;  ///< of the model's files
  double openSeconds = 0;       ///< of opening model and data alone
  double copyGbPerSecond = 0;   ///< of memory to memory, bytes read
  double firstStepSeconds = 0;  ///< until the first step is done
  double firstLoss = 0;
  double peakMemoryMb = 0;
};

struct TokenizeReport {
  std::int64_t examples = 0, tokens = 0;
  std::int64_t bytes = 0;    ///< of the files
  std::int64_t threads = 0;  ///< that cut texts into tokens
  double seconds = 0;        ///< of reading and cutting
  std::string sha256;        ///< of all ids in order, 32 bits each, the lowest byte first
};

}  // namespace rosa
