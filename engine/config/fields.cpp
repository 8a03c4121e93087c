// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/fields.h"

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "config/values.h"

namespace rosa::config {
namespace {

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

using TextList = std::vector<std::string>;

template <auto Member>
using MemberType = std::remove_cvref_t<decltype(std::declval<RunConfig>().*Member)>;

template <auto Member>
Status parseMember(std::string_view text, RunConfig& config) {
  using Type = MemberType<Member>;
  auto& member = config.*Member;
  if constexpr (std::is_same_v<Type, TextList>) {
    // One flag an entry; the empty text starts afresh, so that flags can replace what a file has set.
    if (text.empty()) {
      member.clear();
    } else {
      member.emplace_back(text);
    }
    return {};
  } else if constexpr (IsOptional<Type>::value) {
    using Value = typename Type::value_type;
    // Only text can be set and empty.
    if (text.empty() && !std::is_same_v<Value, std::string>) {
      member.reset();
      return {};
    }
    Value value{};
    ROSA_CHECK(parseValue(text, value));
    member = std::move(value);
    return {};
  } else {
    return parseValue(text, member);
  }
}

template <auto Member>
std::string formatMember(const RunConfig& config) {
  using Type = MemberType<Member>;
  const auto& member = config.*Member;
  if constexpr (std::is_same_v<Type, TextList>) {
    std::string lines;
    for (const std::string& entry : member) lines += (lines.empty() ? "" : "\n") + entry;
    return lines;
  } else if constexpr (IsOptional<Type>::value) {
    return member ? formatValue(*member) : std::string();
  } else {
    return formatValue(member);
  }
}

template <auto Member>
bool memberIsSet(const RunConfig& config) {
  using Type = MemberType<Member>;
  if constexpr (std::is_same_v<Type, TextList>) {
    return !(config.*Member).empty();
  } else if constexpr (IsOptional<Type>::value) {
    return (config.*Member).has_value();
  } else {
    static_cast<void>(config);
    return true;
  }
}

template <auto Member>
bool memberEqual(const RunConfig& left, const RunConfig& right) {
  return left.*Member == right.*Member;
}

template <auto Member>
constexpr Field field(std::string_view key, std::string_view group, std::string_view value, std::string_view help) {
  using Type = MemberType<Member>;
  Field made{.info = {key, group, value, help},
             .parse = parseMember<Member>,
             .format = formatMember<Member>,
             .isSet = memberIsSet<Member>,
             .equal = memberEqual<Member>};
  made.isPath =
      std::is_same_v<Type, std::filesystem::path> || std::is_same_v<Type, std::optional<std::filesystem::path>>;
  if constexpr (std::is_same_v<Type, TextList>) {
    made.list = Member;
    made.info.repeatable = true;
    made.isPath = value.starts_with("PATH");
  }
  return made;
}

/// A setting that is a choice: what to write follows from the enumeration.
template <auto Member>
constexpr Field choice(std::string_view key, std::string_view group, std::string_view help) {
  return field<Member>(key, group, spellings(MemberType<Member>{}), help);
}

constexpr std::string_view kYesNo = "yes|no";
constexpr std::string_view kInterval = "N steps|N epochs|never";

constexpr std::array kFields{
    field<&RunConfig::model>("model", "data", "DIR", "the model to fine-tune: a Hugging Face folder or a GGUF file"),
    field<&RunConfig::data>("data", "data", "PATH", "training data: CSV, TSV, JSONL or text, or a folder of these"),
    field<&RunConfig::mix>("mix", "data", "PATH=WEIGHT",
                           "further training data, and how often its rows count in an epoch; may be repeated"),
    field<&RunConfig::valid>("valid", "data", "FILE", "validation data; without it a part of the data is held out"),
    field<&RunConfig::validationSplit>("validation-split", "data", "X", "share of the rows held out; 0 for none"),
    choice<&RunConfig::task>("task", "data", "what the model learns"),
    field<&RunConfig::text>("text", "data", "COLUMN", "column with the text or its words, by name or by number from 1"),
    field<&RunConfig::textPair>("text-pair", "data", "COLUMN", "column with the second text of a pair"),
    field<&RunConfig::label>("label", "data", "COLUMN", "column with the label, the value, or a label for each word"),
    field<&RunConfig::prompt>("prompt", "data", "COLUMN", "column with the prompt"),
    field<&RunConfig::completion>("completion", "data", "COLUMN", "column with the completion"),
    choice<&RunConfig::header>("header", "data", "whether the first row of a CSV or TSV names the columns"),
    choice<&RunConfig::quotes>("quotes", "data", "whether quotation marks enclose the fields of a CSV or TSV"),
    field<&RunConfig::separator>("separator", "data", "TEXT", "text between prompt and completion; normally one space"),
    choice<&RunConfig::shape>("shape", "data", "what the rows of the data hold"),
    field<&RunConfig::chatTemplate>("chat-template", "data", "NAME|FILE",
                                    "how conversations are written; normally the model's own template"),
    choice<&RunConfig::lossOn>("loss-on", "data", "which tokens the loss counts"),
    field<&RunConfig::maskRate>("mask-rate", "data", "X", "share of a text's tokens that task masked-lm hides"),
    field<&RunConfig::skipBad>("skip-bad", "data", kYesNo, "leave rows with a fault out, and count them"),
    field<&RunConfig::maxLength>("max-length", "data", "N", "longest example, in tokens"),
    field<&RunConfig::maxRows>("max-rows", "data", "N", "use only the first rows of the data; 0 for all"),

    choice<&RunConfig::method>("method", "method", "how the model is adapted"),
    field<&RunConfig::rank>("rank", "method", "N|X%",
                            "directions trained in each layer, or their share; a bottleneck's width"),
    field<&RunConfig::alpha>("alpha", "method", "X",
                             "scale times rank; normally scale 1 for ROSA and 2 for LoRA; GaLore: the scale, 0.25"),
    field<&RunConfig::layers>("layers", "method", "all|attention|mlp|PATTERN",
                              "layers to adapt, or names with * in them"),
    field<&RunConfig::resampleEvery>("resample-every", "method", kInterval,
                                     "how often ROSA, ReLoRA and GaLore begin new directions"),
    field<&RunConfig::trainBias>("train-bias", "method", kYesNo, "train the biases of adapted layers too"),
    field<&RunConfig::trainHead>("train-head", "method", kYesNo, "train the classification head"),
    choice<&RunConfig::form>("form", "method", "how an adapted layer is computed while it trains"),
    choice<&RunConfig::momentReset>("moment-reset", "method", "what a resample does to the optimizer's moments"),
    field<&RunConfig::momentPrune>("moment-prune", "method", "X",
                                   "share of the moments that moment-reset prune clears"),
    choice<&RunConfig::factorise>("factorise", "method", "what a resample makes of a layer's matrix"),
    choice<&RunConfig::slice>("slice", "method", "which directions a resample draws"),
    choice<&RunConfig::adapt>("adapt", "method", "which of the two factors train"),
    choice<&RunConfig::basis>("basis", "method", "how the directions are computed"),
    field<&RunConfig::layerRanks>("layer-rank", "method", "PATTERN=N|X%",
                                  "another rank for some layers; may be repeated"),
    field<&RunConfig::resamplePlateau>("resample-plateau", "method", kInterval,
                                       "resample also where the loss has not fallen for so long"),
    field<&RunConfig::stagger>("stagger", "method", kYesNo, "spread a resample's layers over the steps"),
    field<&RunConfig::rewarm>("rewarm", "method", "N", "warm-up after a resample; normally 10 steps"),
    choice<&RunConfig::loraStart>("lora-start", "method", "how the factors of LoRA start"),
    field<&RunConfig::rslora>("rslora", "method", kYesNo, "scale by alpha / sqrt(rank)"),
    field<&RunConfig::loraPlus>("lora-plus", "method", "X", "learning rate of LoRA's B over that of A"),
    field<&RunConfig::virtualTokens>("virtual-tokens", "method", "N",
                                     "trained vectors before the text: prompt, prefix"),
    field<&RunConfig::trainAlso>("train-also", "method", "PATTERN", "modules that train whole beside the method"),
    field<&RunConfig::trainTokens>("train-tokens", "method", "auto|TOKEN,...",
                                   "tokens whose rows train beside the method; auto: the end of the model's turn"),
    field<&RunConfig::adapter>("adapter", "method", "DIR",
                               "PEFT adapter to start from: trained further, or merged first under another method"),
    field<&RunConfig::windows>("windows", "method", "N,N,...;...", "given slice starts instead of drawn ones"),

    field<&RunConfig::epochs>("epochs", "training", "X", "passes over the data; 3 unless steps are given"),
    field<&RunConfig::steps>("steps", "training", "N", "optimizer steps, instead of epochs"),
    choice<&RunConfig::optimizer>("optimizer", "training", "update rule"),
    field<&RunConfig::learningRate>("lr", "training", "X", "peak learning rate"),
    choice<&RunConfig::schedule>("schedule", "training", "course of the learning rate after the warm-up"),
    field<&RunConfig::warmup>("warmup", "training", "N|X%", "steps until the peak learning rate, or their share"),
    choice<&RunConfig::warmupShape>("warmup-shape", "training", "course of the warm-up of warmup_stable_decay"),
    field<&RunConfig::scheduleCycles>("schedule-cycles", "training", "X", "cycles of cosine_with_restarts"),
    field<&RunConfig::schedulePower>("schedule-power", "training", "X", "exponent of polynomial"),
    field<&RunConfig::scheduleMinimum>("schedule-minimum", "training", "X", "lowest learning rate, as a share of lr"),
    field<&RunConfig::scheduleTimescale>("schedule-timescale", "training", "N",
                                         "steps after which inverse_sqrt falls; 0 for those of the warm-up"),
    field<&RunConfig::scheduleDecay>("schedule-decay", "training", "N|X%", "decay of warmup_stable_decay"),
    choice<&RunConfig::decayShape>("decay-shape", "training", "course of the decay of warmup_stable_decay"),
    field<&RunConfig::weightDecay>("weight-decay", "training", "X",
                                   "weight decay; decoupled, but of optimizer adam added to the gradient"),
    field<&RunConfig::decayAll>("decay-all", "training", kYesNo, "decay biases and norm weights too"),
    field<&RunConfig::beta1>("beta1", "training", "X", "decay of the first moment: Adam and Lion"),
    field<&RunConfig::beta2>("beta2", "training", "X",
                             "decay of the second moment: Adam; of the kept one: Lion (0.99)"),
    field<&RunConfig::epsilon>("epsilon", "training", "X", "addition to the denominator: Adam"),
    field<&RunConfig::momentum>("momentum", "training", "X", "momentum: SGD, Muon (0 means 0.95 there)"),
    field<&RunConfig::clip>("clip", "training", "X", "largest gradient norm; 0 for no clipping"),
    field<&RunConfig::scaleParameter>("scale-parameter", "training", kYesNo, "Adafactor: rate times the weight's RMS"),
    field<&RunConfig::labelSmoothing>("label-smoothing", "training", "X",
                                      "share of the target spread over all classes"),
    field<&RunConfig::neftune>("neftune", "training", "X", "noise on the embeddings, alpha, such as 5; 0 for none"),
    field<&RunConfig::ema>("ema", "training", "X",
                           "decay of averaged weights, which are evaluated and exported; 0 for none"),
    field<&RunConfig::earlyStopping>("early-stopping", "training", "N",
                                     "stop after so many evaluations without a better one; 0 for never"),
    field<&RunConfig::dropout>("dropout", "training", "X", "dropout in place of the model's own"),
    field<&RunConfig::batch>("batch", "training", "N", "examples in a micro-batch"),
    field<&RunConfig::batchTokens>("batch-tokens", "training", "N",
                                   "tokens in a micro-batch, filled with whole examples, in place of batch; 0 for off"),
    field<&RunConfig::accumulate>("accumulate", "training", "N", "micro-batches in an optimizer step"),
    field<&RunConfig::shuffle>("shuffle", "training", kYesNo, "visit the examples in random order"),
    field<&RunConfig::seed>("seed", "training", "N", "seed of everything random"),
    field<&RunConfig::threads>("threads", "training", "N", "CPU threads; 0 for all cores"),
    field<&RunConfig::processes>("processes", "training", "N",
                                 "processes on this machine that share the examples of each step"),
    choice<&RunConfig::device>("device", "training", "where to compute"),
    choice<&RunConfig::weights>(
        "weights", "training",
        "how frozen weights are kept in memory; int8: matrices with a scale for each row, tables in bf16; "
        "auto: as the model's files"),
    choice<&RunConfig::gradientCheckpointing>("gradient-checkpointing", "training",
                                              "whether blocks are computed again in the backward pass, which takes "
                                              "less memory and more time"),
    field<&RunConfig::memory>("memory", "training", "SIZE",
                              "most memory the run may take, such as 6GB: smaller micro-batches and gradient "
                              "checkpointing are chosen to fit"),
    field<&RunConfig::tf32>("tf32", "training", kYesNo,
                            "faster, coarser matrix products on a GPU (10 bits of mantissa)"),

    field<&RunConfig::evalEvery>("eval-every", "watch", kInterval, "how often to evaluate"),
    field<&RunConfig::saveEvery>("save-every", "watch", kInterval, "how often to save a checkpoint"),
    field<&RunConfig::saveMinutes>("save-minutes", "watch", "X",
                                   "save also after so many minutes without a checkpoint; 0 for never"),
    field<&RunConfig::sampleEvery>("sample-every", "watch", kInterval, "how often to sample text, beside resamples"),
    field<&RunConfig::samplePrompts>("sample-prompt", "watch", "TEXT", "prompt to sample text from; may be repeated"),
    field<&RunConfig::sampleTokens>("sample-tokens", "watch", "N", "longest text sample, in tokens; 0 for none"),
    field<&RunConfig::keepCheckpoints>("keep-checkpoints", "watch", "N", "checkpoints kept beside the best one"),
    field<&RunConfig::bestMetric>("best-metric", "watch", "NAME", "metric that decides the best checkpoint"),
    field<&RunConfig::keepBest>("keep-best", "watch", "N", "checkpoints of the best evaluations that are kept"),
    field<&RunConfig::name>("name", "watch", "TEXT", "name of the run"),
    field<&RunConfig::out>("out", "watch", "DIR", "run folder; normally made below ROSA_HOME"),
};

/// What other trainers call our keys; too far apart for a spelling distance to see.
constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kOtherNames{{
    {"learning-rate", "lr"},
    {"batch-size", "batch"},
    {"per-device-train-batch-size", "batch"},
    {"gradient-accumulation-steps", "accumulate"},
    {"grad-accum", "accumulate"},
    {"num-train-epochs", "epochs"},
    {"num-epochs", "epochs"},
    {"max-steps", "steps"},
    {"max-seq-length", "max-length"},
    {"max-grad-norm", "clip"},
    {"warmup-ratio", "warmup"},
    {"warmup-steps", "warmup"},
    {"lr-scheduler", "schedule"},
    {"dataset", "data"},
    {"target-modules", "layers"},
    {"output-dir", "out"},
    {"mlm-probability", "mask-rate"},
}};

}  // namespace

std::span<const Field> fields() {
  return kFields;
}

const Field* findField(std::string_view key) {
  const auto* found = std::ranges::find(kFields, key, [](const Field& field) { return field.info.key; });
  return found == kFields.end() ? nullptr : found;
}

std::string unknownKeyMessage(std::string_view key) {
  std::string hyphenated(key);
  std::ranges::replace(hyphenated, '_', '-');
  std::optional<std::string_view> meant;
  const auto* other = std::ranges::find(kOtherNames, hyphenated, [](const auto& names) { return names.first; });
  if (other != kOtherNames.end()) {
    meant = other->second;
  } else {
    std::array<std::string_view, kFields.size()> keys;
    std::ranges::transform(kFields, keys.begin(), [](const Field& field) { return field.info.key; });
    meant = base::nearestWord(hyphenated, keys);
  }
  const std::string sentence = base::inQuotes(key) + " is not a setting; ";
  return sentence + (meant ? "did you mean " + std::string(*meant) + "?" : "`rosa train --help` lists them all");
}

}  // namespace rosa::config
