// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rosa/expected.h"

/// The settings of a run: one flat list of keys, the same in YAML, on the command line and in the window.
///
/// A RunConfig is plain data with a default for every field. `parseConfig` and `setConfigField` fill it from text,
/// `checkConfig` lists every contradiction at once; what needs the model or the data (does the layer choice match, does
/// the column exist) is checked by `Engine::plan`. All functions here are pure and may be called from any thread.
namespace rosa {

enum class Task {
  LanguageModelling,
  Completion,
  Classification,
  Regression,
  TokenClassification,
  MaskedLanguageModelling
};  // lm | completion | classification | regression | token-classification | masked-lm
enum class Method { Rosa, Lora, Full, Dora, Ia3, Relora, Galore, Bitfit, Head, Houlsby, Pfeiffer, Prompt, Prefix };
/// What the rows of the data hold; Auto = as their first rows show.
/// PreferenceChosen: of pairs of answers, the preferred one.
enum class Shape { Auto, Messages, Sharegpt, Alpaca, PromptCompletion, Text, PreferenceChosen };
/// Which tokens count in the loss; Auto = what the assistant says of conversations, the completion of task completion,
/// and every token of plain text. LastAssistant: its last message; Completion: what it says after the last user turn.
enum class LossOn { Auto, Assistant, LastAssistant, Completion, All };
/// How a table file is read, where its name does not settle it.
enum class Reading { Auto, Yes, No };
enum class GradientCheckpointing { Auto, Yes, No };
/// How frozen weights are kept in memory; Auto = as the model's files store them.
enum class WeightType { Fp32, Bf16, Int8, Auto };
/// The schedules of transformers' get_scheduler; each has the warm-up of its own setting.
enum class Schedule {
  Constant,
  Linear,
  Cosine,
  CosineWithRestarts,
  Polynomial,
  InverseSqrt,
  CosineWithMinLr,
  WarmupStableDecay
};
enum class RampShape { Linear, Cosine, OneMinusSqrt };
enum class Optimizer { AdamW, Sgd, Adam, Adafactor, Lion, Muon, AdamW8bit };
enum class DeviceChoice { Auto, Cpu, Cuda };
/// How a layer is computed while it trains (DESIGN 5): W alone with the slice inside it, or W_fixed plus a branch.
enum class Form { Auto, Merged, Branch };
/// What a resample does to the Adam moments: clears those of the resampled layers, or all of them (parity with the
/// reference code), keeps the second moment alone, clears the smallest share of them, or turns them into the new basis.
enum class MomentReset { Resampled, All, KeepSecond, Prune, Rotate };
/// What a resample makes of W (reference/method.md 2): a slice of its SVD split off (SvdEqual) or counted twice as in
/// the reference code (SvdAdd), a slice's directions with a zero factor beside the whole W (Additive, the form of the
/// paper's theorem), random factors beside W (RandomAdd), or W projected on random directions.
enum class Factorise { SvdEqual, SvdAdd, Additive, RandomAdd, RandomProjection, RandomOrthogonal };
/// Which singular directions a slice takes.
enum class SliceRule { Window, Uniform, Sweep, Top, Bottom, Sigma, Gradient };
/// Which of the two factors trains.
enum class AdaptFactors { Both, A, B };
/// How the directions are computed: fp64 Gram matrix, full SVD as the reference code, or random and orthonormal.
enum class Basis { Exact, Reference, Fast };
/// How LoRA's factors start.
enum class LoraStart { Kaiming, Gaussian, Pissa, Orthogonal };

/// A rank: a positive number, or a fraction in (0, 1] of a layer's smaller side: max(floor(fraction * n), 1).
struct Rank {
  std::variant<std::int64_t, double> value = std::int64_t{8};
  friend bool operator==(const Rank&, const Rank&) = default;
};

/// "200steps", "1epoch", "0.5epochs", or "never".
struct Interval {
  enum class Unit { Never, Steps, Epochs };
  Unit unit = Unit::Never;
  double count = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// "100" steps or "6%" of all steps.
struct Warmup {
  double steps = 0;  ///< used when fraction is unset
  std::optional<double> fraction;
  friend bool operator==(const Warmup&, const Warmup&) = default;
};

/// "6GB", "500MB", "2GiB".
struct MemorySize {
  std::int64_t bytes = 0;
  friend bool operator==(const MemorySize&, const MemorySize&) = default;
};

struct RunConfig {
  // What is trained.
  std::filesystem::path model;                 ///< --model: Hugging Face folder
  std::filesystem::path data;                  ///< --data: file, or folder with train/dev files
  std::vector<std::string> mix;                ///< --mix PATH=WEIGHT (repeatable): further training sets (config/mix.h)
  std::optional<std::filesystem::path> valid;  ///< --valid; otherwise validation-split of data is held out
  double validationSplit = 0.05;               ///< --validation-split, fraction of rows; 0 = none
  Task task = Task::LanguageModelling;         ///< --task
  std::string text;                ///< --text: column name, or number from 1; empty = "text", or the only column
  std::string textPair;            ///< --text-pair
  std::string label;               ///< --label
  std::string prompt;              ///< --prompt
  std::string completion;          ///< --completion
  Reading header = Reading::Auto;  ///< --header: the first row of a CSV or TSV names the columns
  Reading quotes = Reading::Auto;  ///< --quotes: quotation marks enclose the fields of a CSV or TSV
  std::optional<std::string>
      separator;                 ///< --separator; unset = one space unless the completion starts with white space
  Shape shape = Shape::Auto;     ///< --shape
  std::string chatTemplate;      ///< --chat-template: a built-in one, a file, or one of the model's; empty = its own
  LossOn lossOn = LossOn::Auto;  ///< --loss-on
  double maskRate = 0.15;        ///< --mask-rate: share of a text's tokens that are hidden (masked-lm)
  bool skipBad = false;          ///< --skip-bad: rows with a fault are left out and counted
  std::int64_t maxLength = 256;  ///< --max-length, tokens of one example
  std::int64_t maxRows = 0;      ///< --max-rows: only the first rows of data; 0 = all

  // How it is adapted.
  Method method = Method::Rosa;  ///< --method
  Rank rank;                     ///< --rank; the width of a bottleneck
  std::optional<double> alpha;   ///< --alpha: scale = alpha / rank; unset = 1 for ROSA, 2*rank (scale 2) for LoRA
  std::string layers = "all";    ///< --layers: all | attention | mlp | comma-separated names or glob patterns
  Interval resampleEvery{Interval::Unit::Epochs, 1};  ///< --resample-every (ROSA)
  bool trainBias = false;                             ///< --train-bias: the biases of adapted layers
  bool trainHead = true;                              ///< --train-head: the classification head
  Form form = Form::Auto;                             ///< --form
  MomentReset momentReset = MomentReset::Resampled;   ///< --moment-reset
  double momentPrune = 0.9;                           ///< --moment-prune: share of the moments that `prune` clears
  Factorise factorise = Factorise::SvdEqual;          ///< --factorise
  SliceRule slice = SliceRule::Window;                ///< --slice
  AdaptFactors adapt = AdaptFactors::Both;            ///< --adapt
  Basis basis = Basis::Exact;                         ///< --basis
  std::vector<std::string> layerRanks;                ///< --layer-rank PATTERN=RANK (repeatable): instead of rank
  Interval resamplePlateau;  ///< --resample-plateau: also where the smoothed loss has not fallen for so long
  bool stagger = false;      ///< --stagger: a resample's layers are spread over the steps until the next one
  /// --rewarm: steps of linear warm-up of the learning rate after each resample; unset = config::rewarmSteps
  std::optional<std::int64_t> rewarm;
  LoraStart loraStart = LoraStart::Kaiming;  ///< --lora-start
  bool rslora = false;                       ///< --rslora: scale alpha / sqrt(rank) (arXiv 2312.03732)
  double loraPlus = 1;                       ///< --lora-plus: learning rate of B over that of A (arXiv 2402.12354)
  std::int64_t virtualTokens = 20;           ///< --virtual-tokens: trained vectors before the text (prompt, prefix)
  std::string trainAlso;                     ///< --train-also: names or patterns of modules that train whole beside it
  /// --train-tokens: tokens whose rows of the token table train beside it, with commas between them; auto = the one
  /// that ends the model's turn
  std::string trainTokens;
  std::filesystem::path adapter;  ///< --adapter: PEFT folder to start from
  /// --windows: given slice starts, "start,start,...;start,..." one group a cycle, one number a layer in layer order;
  /// empty = drawn. For parity runs.
  std::string windows;

  // How it is trained.
  std::optional<double> epochs;               ///< --epochs; exactly one of epochs and steps counts, default 3 epochs
  std::optional<std::int64_t> steps;          ///< --steps: optimizer steps
  Optimizer optimizer = Optimizer::AdamW;     ///< --optimizer
  double learningRate = 1e-3;                 ///< --lr
  Schedule schedule = Schedule::Linear;       ///< --schedule
  Warmup warmup{0, 0.06};                     ///< --warmup
  RampShape warmupShape = RampShape::Linear;  ///< --warmup-shape (warmup_stable_decay)
  double scheduleCycles = 1;                  ///< --schedule-cycles (cosine_with_restarts)
  double schedulePower = 1;                   ///< --schedule-power (polynomial)
  std::optional<double> scheduleMinimum;      ///< --schedule-minimum: lowest rate, as a share of the peak
  std::int64_t scheduleTimescale = 0;         ///< --schedule-timescale (inverse_sqrt); 0 = the warm-up's steps
  Warmup scheduleDecay{0, 0.2};               ///< --schedule-decay: steps of the decay (warmup_stable_decay)
  RampShape decayShape = RampShape::Cosine;   ///< --decay-shape (warmup_stable_decay)
  double weightDecay = 0.01;                  ///< --weight-decay, decoupled
  bool decayAll = true;                       ///< --decay-all; no: biases and norm weights do not decay
  double beta1 = 0.9;                         ///< --beta1
  double beta2 = 0.999;                       ///< --beta2
  double epsilon = 1e-8;                      ///< --epsilon
  double momentum = 0.0;                      ///< --momentum (SGD)
  double clip = 1.0;                          ///< --clip: largest gradient norm; 0 = no clipping
  bool scaleParameter = false;                ///< --scale-parameter (Adafactor): rate times the weight's RMS
  double labelSmoothing = 0;                  ///< --label-smoothing
  double neftune = 0;              ///< --neftune: noise on the embeddings, alpha (arXiv 2310.05914); 0 = none
  double ema = 0;                  ///< --ema: decay of the averaged weights that are evaluated; 0 = none
  std::int64_t earlyStopping = 0;  ///< --early-stopping: evaluations without a better one; 0 = never
  std::optional<double> dropout;   ///< --dropout: overrides every dropout of the model's config.json
  std::int64_t batch = 8;          ///< --batch, examples in a micro-batch
  std::int64_t batchTokens = 0;    ///< --batch-tokens in a micro-batch, in place of batch; 0 = batch counts
  std::int64_t accumulate = 1;     ///< --accumulate, micro-batches in a step
  bool shuffle = true;             ///< --shuffle
  std::int64_t seed = 0;           ///< --seed
  std::int64_t threads = 0;        ///< --threads; 0 = all cores
  /// --processes that share each step's examples on this machine; 1 unless a launcher has started several
  std::int64_t processes = 1;
  DeviceChoice device = DeviceChoice::Auto;  ///< --device
  WeightType weights = WeightType::Fp32;     ///< --weights
  /// --gradient-checkpointing: a block keeps its input alone and is computed again in the backward pass; auto = where
  /// memory asks for it
  GradientCheckpointing gradientCheckpointing = GradientCheckpointing::Auto;
  /// --memory: most that the run may take; smaller micro-batches and gradient checkpointing are chosen to fit
  std::optional<MemorySize> memory;
  bool tf32 = false;  ///< --tf32: matrix products of a GPU with 10 bits of mantissa; the CPU always has fp32's 23

  // What is watched and kept.
  Interval evalEvery{Interval::Unit::Epochs, 1};  ///< --eval-every
  Interval saveEvery{Interval::Unit::Epochs, 1};  ///< --save-every
  double saveMinutes = 10;  ///< --save-minutes: longest time without a checkpoint, beside save-every; 0 = no such limit
  Interval sampleEvery{Interval::Unit::Never, 0};  ///< --sample-every; text samples are also made at each resample
  std::vector<std::string> samplePrompts;  ///< --sample-prompt (repeatable); none given = the first validation prompts
  std::int64_t sampleTokens = 48;          ///< --sample-tokens: longest text sample; 0 = no samples
  std::int64_t keepCheckpoints = 2;        ///< --keep-checkpoints, beside the best one
  std::string bestMetric;                  ///< --best-metric: what "best" means; empty = the task's own
  std::int64_t keepBest = 1;               ///< --keep-best: checkpoints of the best evaluations that are kept
  std::string name;           ///< --name: shown and used in the folder's name; empty = made of model and data
  std::filesystem::path out;  ///< --out: run folder; empty = $ROSA_HOME/runs/<date>-<slug>

  friend bool operator==(const RunConfig&, const RunConfig&) = default;
};

/// One key of the configuration, for help texts, forms and completion.
struct ConfigField {
  std::string_view key;    ///< "learning-rate" style key as in YAML and, with "--" before it, on the command line
  std::string_view group;  ///< "data", "method", "training", "watch"
  std::string_view value;  ///< what to write, e.g. "N", "X", "yes|no", "rosa|lora|full"
  std::string_view help;   ///< one line
  bool repeatable = false;
};

/// A mistake in a configuration: the key it belongs to (empty if none) and a sentence with the remedy.
struct ConfigProblem {
  std::string key;
  std::string message;
};

/// Every key, in the order of RunConfig.
[[nodiscard]] std::span<const ConfigField> configFields();

/// Sets one field from text as written on the command line. An unknown key's message names the nearest known one.
[[nodiscard]] Status setConfigField(RunConfig& config, std::string_view key, std::string_view value);
/// The field's value as it would be written on the command line; empty when unset.
[[nodiscard]] std::string configFieldText(const RunConfig& config, std::string_view key);

/// Reads YAML (a flat map) over `config`. Collects every problem instead of stopping at the first. Relative paths are
/// taken from `baseDirectory`.
[[nodiscard]] std::vector<ConfigProblem> parseConfig(std::string_view yaml, const std::filesystem::path& baseDirectory,
                                                     RunConfig& config);
/// YAML that `parseConfig` reads back to an equal RunConfig.
[[nodiscard]] std::string formatConfig(const RunConfig& config);
/// The `rosa train ...` command for this configuration: fields that differ from the default, quoted for a POSIX shell.
[[nodiscard]] std::string configCommand(const RunConfig& config);
/// Contradictions that can be seen without opening model or data.
[[nodiscard]] std::vector<ConfigProblem> checkConfig(const RunConfig& config);
/// Whether a run of this configuration reads the setting at all; what it is set to does not matter.
[[nodiscard]] bool fieldHasEffect(const RunConfig& config, std::string_view key);
/// One sentence for each setting that differs from its default although this run does not read it: why, and what would
/// make it count. They stop nothing; what going on without would betray is among the problems of `checkConfig`.
[[nodiscard]] std::vector<ConfigProblem> settingsWithoutEffect(const RunConfig& config);
/// All messages, one a line.
[[nodiscard]] std::string joinProblems(std::span<const ConfigProblem> problems);

}  // namespace rosa
