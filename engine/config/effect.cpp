// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/effect.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "rosa/method_traits.h"
#include "rosa/task_traits.h"

namespace rosa {
namespace {

/// Whether a setting that nothing reads stops the run: a rule or a rate that the run would quietly go without does, a
/// column or a number that merely lies there is told.
enum class Idle { Told, Refused };

struct Row {
  std::string_view key;
  bool (*read)(const RunConfig& config);
  std::string_view reason;  ///< why nothing reads it, where nothing does
  std::string_view remedy;  ///< what would make it count, beside leaving it out; may be empty
  Idle idle = Idle::Told;
};

bool isLanguage(const RunConfig& config) {
  return config.task == Task::Completion || config.task == Task::LanguageModelling;
}
bool isCompletion(const RunConfig& config) {
  return config.task == Task::Completion;
}
bool isPlain(const RunConfig& config) {
  return config.task == Task::LanguageModelling;
}
/// Whether the rows may be conversations: what they hold shows when the data is read.
bool mayChat(const RunConfig& config) {
  return isPlain(config) && config.shape != Shape::Text;
}
bool hasLabel(const RunConfig& config) {
  return hasLabels(config.task);
}
bool isMasked(const RunConfig& config) {
  return config.task == Task::MaskedLanguageModelling;
}
bool cycles(const RunConfig& config) {
  return hasCycles(config.method);
}
bool onSchedule(const RunConfig& config) {
  return cycles(config) && config.resampleEvery.unit != Interval::Unit::Never;
}
bool resamples(const RunConfig& config) {
  return onSchedule(config) || (cycles(config) && config.resamplePlateau.unit != Interval::Unit::Never);
}
bool lora(const RunConfig& config) {
  return isLora(config.method);
}
bool rosaMethod(const RunConfig& config) {
  return config.method == Method::Rosa;
}
/// Whether the method takes directions of W itself, and does not make up random factors beside it.
bool drawsDirections(const RunConfig& config) {
  return rosaMethod(config) && (config.factorise == Factorise::SvdEqual || config.factorise == Factorise::SvdAdd ||
                                config.factorise == Factorise::Additive);
}
bool choosesSlices(const RunConfig& config) {
  return drawsDirections(config) && config.basis != Basis::Fast;
}
bool adamLike(const RunConfig& config) {
  const auto optimizer = config.optimizer;
  return optimizer == Optimizer::AdamW || optimizer == Optimizer::Adam || optimizer == Optimizer::AdamW8bit ||
         optimizer == Optimizer::Muon;
}
bool readsBetas(const RunConfig& config) {
  return adamLike(config) || config.optimizer == Optimizer::Lion;
}
bool trainsAllRows(const RunConfig& config) {
  return config.method == Method::Full && config.layers == "all";
}
bool evaluates(const RunConfig& config) {
  return config.evalEvery.unit != Interval::Unit::Never;
}
bool stableDecay(const RunConfig& config) {
  return config.schedule == Schedule::WarmupStableDecay;
}
bool samples(const RunConfig& config) {
  return isLanguage(config) && config.sampleTokens > 0;
}

constexpr std::string_view kOnlyCompletion = "only task completion reads it";
constexpr std::string_view kOnlyLabels = "only tasks classification and regression read it";
constexpr std::string_view kOnlyLora = "only methods lora, dora and relora use it";
constexpr std::string_view kOnlyResamples = "nothing is resampled in this run";
constexpr std::string_view kResample = "choose method rosa, relora or galore and set resample-every";
constexpr std::string_view kOnlyRosa = "only method rosa reads it";
constexpr std::string_view kOnlyStableDecay = "only schedule warmup_stable_decay reads it";
constexpr std::string_view kOnlySamples = "only tasks lm and completion sample text";
constexpr std::string_view kNoSamples = "no text is sampled in this run";
constexpr std::string_view kNoEvaluation = "eval-every is never";

/// Settings that are not listed are read by every run.
constexpr std::array kRows{
    // A share of 0 beside a file of its own says what is the case.
    Row{"validation-split", [](const RunConfig& c) { return !c.valid || c.validationSplit == 0; },
        "valid names the validation data", "leave out valid"},
    Row{"text", [](const RunConfig& c) { return !isCompletion(c); }, "task completion reads prompt and completion", ""},
    Row{"text-pair", hasLabel, kOnlyLabels, ""},
    Row{"label", hasLabel, kOnlyLabels, "set task"},
    Row{"prompt", isCompletion, kOnlyCompletion, "set task"},
    Row{"completion", isCompletion, kOnlyCompletion, "set task"},
    Row{"shape", isLanguage, "only tasks lm and completion read it", ""},
    Row{"chat-template", mayChat, "only conversations are written by a template", ""},
    Row{"separator", isCompletion, kOnlyCompletion, "set task"},
    Row{"loss-on", [](const RunConfig& c) { return isCompletion(c) || mayChat(c); },
        "of plain text and of labelled rows all counts", "set task or shape"},
    Row{"mask-rate", isMasked, "only task masked-lm hides tokens", "set task"},

    Row{"rank", [](const RunConfig& c) { return hasRank(c.method); }, "the method has no rank", ""},
    Row{"alpha", [](const RunConfig& c) { return hasRank(c.method) && !isBottleneck(c.method); },
        "the method has no scale", ""},
    Row{"layers", [](const RunConfig& c) { return choosesLayers(c.method); }, "the method chooses no layers", ""},
    Row{"resample-every", cycles, "only methods rosa, relora and galore resample", ""},
    Row{"train-bias", [](const RunConfig& c) { return choosesLayers(c.method); },
        "the method adapts no layers whose biases could train", ""},
    Row{"train-head", hasLabel, "only tasks classification and regression have a head of their own", ""},
    Row{"form", [](const RunConfig& c) { return hasForm(c.method); },
        "only methods rosa, lora and relora have two forms", ""},
    Row{"moment-reset", resamples, kOnlyResamples, kResample},
    Row{"moment-prune", [](const RunConfig& c) { return resamples(c) && c.momentReset == MomentReset::Prune; },
        "only moment-reset prune reads it", "set moment-reset to prune"},
    Row{"factorise", rosaMethod, kOnlyRosa, ""},
    Row{"slice", choosesSlices, "only singular directions of method rosa are chosen among", ""},
    Row{"adapt", rosaMethod, kOnlyRosa, ""},
    Row{"basis", drawsDirections, "only singular directions of method rosa are computed", ""},
    Row{"layer-rank", [](const RunConfig& c) { return hasRank(c.method); }, "the method has no rank", ""},
    Row{"resample-plateau", cycles, "only methods rosa, relora and galore resample", ""},
    Row{"stagger", onSchedule, "nothing is resampled on schedule", kResample},
    Row{"rewarm", resamples, kOnlyResamples, kResample},
    Row{"lora-start", lora, kOnlyLora, "", Idle::Refused},
    Row{"rslora", lora, kOnlyLora, "", Idle::Refused},
    Row{"lora-plus", lora, kOnlyLora, "", Idle::Refused},
    Row{"virtual-tokens", [](const RunConfig& c) { return isPrompt(c.method); },
        "only methods prompt and prefix use it", "", Idle::Refused},
    Row{"train-also", [](const RunConfig& c) { return c.method != Method::Full; }, "method full trains every module",
        ""},
    Row{"train-tokens", [](const RunConfig& c) { return isLanguage(c) && !trainsAllRows(c); },
        "only tasks lm and completion train rows of single tokens, and method full trains all of them", "",
        Idle::Refused},
    Row{"windows", choosesSlices, "only singular directions of method rosa are chosen among", ""},

    Row{"batch", [](const RunConfig& c) { return c.batchTokens == 0; }, "batch-tokens fills the micro-batches",
        "leave out batch-tokens"},
    Row{"warmup-shape", stableDecay, kOnlyStableDecay, "choose it", Idle::Refused},
    Row{"schedule-cycles", [](const RunConfig& c) { return c.schedule == Schedule::CosineWithRestarts; },
        "only schedule cosine_with_restarts reads it", "choose it", Idle::Refused},
    Row{"schedule-power", [](const RunConfig& c) { return c.schedule == Schedule::Polynomial; },
        "only schedule polynomial reads it", "choose it", Idle::Refused},
    Row{"schedule-minimum",
        [](const RunConfig& c) {
          return c.schedule == Schedule::Polynomial || c.schedule == Schedule::CosineWithMinLr || stableDecay(c);
        },
        "only schedules polynomial, cosine_with_min_lr and warmup_stable_decay read it", "choose one of them",
        Idle::Refused},
    Row{"schedule-timescale", [](const RunConfig& c) { return c.schedule == Schedule::InverseSqrt; },
        "only schedule inverse_sqrt reads it", "choose it", Idle::Refused},
    Row{"schedule-decay", stableDecay, kOnlyStableDecay, "choose it", Idle::Refused},
    Row{"decay-shape", stableDecay, kOnlyStableDecay, "choose it", Idle::Refused},
    Row{"decay-all", [](const RunConfig& c) { return c.weightDecay > 0; }, "weight-decay is 0", "set weight-decay"},
    Row{"beta1", readsBetas, "only optimizers adamw, adam, adamw8bit, muon and lion read it", ""},
    Row{"beta2", readsBetas, "only optimizers adamw, adam, adamw8bit, muon and lion read it", ""},
    Row{"epsilon", adamLike, "only optimizers adamw, adam, adamw8bit and muon read it", ""},
    Row{"momentum", [](const RunConfig& c) { return c.optimizer == Optimizer::Sgd || c.optimizer == Optimizer::Muon; },
        "only optimizers sgd and muon use it", "set beta1 for adamw", Idle::Refused},
    Row{"scale-parameter", [](const RunConfig& c) { return c.optimizer == Optimizer::Adafactor; },
        "only optimizer adafactor uses it", "", Idle::Refused},
    Row{"label-smoothing", [](const RunConfig& c) { return c.task != Task::Regression; },
        "task regression has no classes to smooth over", "", Idle::Refused},
    Row{"early-stopping", evaluates, "eval-every is never, so there is nothing to stop by", "set eval-every",
        Idle::Refused},
    Row{"tf32", [](const RunConfig& c) { return c.device != DeviceChoice::Cpu; }, "the CPU has no TF32",
        "set device to cuda or auto"},

    Row{"sample-every", samples, kNoSamples, ""},
    Row{"sample-prompt", samples, kNoSamples, ""},
    Row{"sample-tokens", isLanguage, kOnlySamples, ""},
    Row{"best-metric", evaluates, kNoEvaluation, "set eval-every"},
    Row{"keep-best", evaluates, "eval-every is never, so there is one evaluation at most", "set eval-every",
        Idle::Refused},
};

const Row* rowOf(std::string_view key) {
  const auto* found = std::ranges::find(kRows, key, &Row::key);
  return found == kRows.end() ? nullptr : found;
}

/// The rows whose setting differs from its default and that nothing reads.
template <typename Tell>
void forEachIdle(const RunConfig& config, Tell tell) {
  const RunConfig usual;
  for (const Row& row : kRows) {
    const config::Field* field = config::findField(row.key);
    if (!row.read(config) && field != nullptr && !field->equal(config, usual)) tell(row);
  }
}

std::string remedyOf(const Row& row) {
  std::string text = "; leave it out";
  if (!row.remedy.empty()) text.append(", or ").append(row.remedy);
  return text;
}

}  // namespace

bool fieldHasEffect(const RunConfig& config, std::string_view key) {
  const Row* row = rowOf(key);
  return row == nullptr || row->read(config);
}

std::vector<ConfigProblem> settingsWithoutEffect(const RunConfig& config) {
  config::Problems idle;
  forEachIdle(config, [&](const Row& row) {
    idle.add(row.key, "has no effect in this run: " + std::string(row.reason) + remedyOf(row));
  });
  return idle.take();
}

void config::checkEffects(const RunConfig& config, Problems& problems) {
  forEachIdle(config, [&](const Row& row) {
    if (row.idle == Idle::Refused) problems.add(row.key, std::string(row.reason) + remedyOf(row));
  });
}

}  // namespace rosa
