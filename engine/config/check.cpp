// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "config/check_rosa.h"
#include "config/check_training.h"
#include "config/effect.h"
#include "config/fields.h"
#include "config/mix.h"
#include "config/problems.h"
#include "config/resolve.h"
#include "config/values.h"
#include "rosa/config.h"
#include "rosa/method_traits.h"
#include "rosa/task_traits.h"

/// Every rule between settings that needs neither the model nor the data.
namespace rosa {
namespace {

using config::formatValue;
using config::Problems;

/// Upper limits are far above any use; they keep a slip of the keyboard from becoming an allocation.
struct IntegerRange {
  std::string_view key;
  std::int64_t RunConfig::*member;
  std::int64_t least, most;
};
constexpr std::int64_t kMostSteps = 1'000'000'000'000;
constexpr std::int64_t kMostEpochs = 100'000;
constexpr std::array kIntegerRanges{
    IntegerRange{"max-length", &RunConfig::maxLength, 1, 16'777'216},
    IntegerRange{"max-rows", &RunConfig::maxRows, 0, kMostSteps},
    IntegerRange{"virtual-tokens", &RunConfig::virtualTokens, 1, 1'000'000},
    IntegerRange{"batch", &RunConfig::batch, 1, 1'000'000},
    IntegerRange{"batch-tokens", &RunConfig::batchTokens, 0, 1'000'000'000},
    IntegerRange{"accumulate", &RunConfig::accumulate, 1, 1'000'000},
    IntegerRange{"seed", &RunConfig::seed, 0, std::numeric_limits<std::int64_t>::max()},
    IntegerRange{"threads", &RunConfig::threads, 0, 4096},
    IntegerRange{"processes", &RunConfig::processes, 1, 1024},
    IntegerRange{"sample-tokens", &RunConfig::sampleTokens, 0, 1'000'000},
    IntegerRange{"schedule-timescale", &RunConfig::scheduleTimescale, 0, kMostSteps},
    IntegerRange{"early-stopping", &RunConfig::earlyStopping, 0, kMostSteps},
    IntegerRange{"keep-best", &RunConfig::keepBest, 1, 1'000'000},
    IntegerRange{"keep-checkpoints", &RunConfig::keepCheckpoints, 1, 1'000'000},
};

void checkRange(std::string_view key, std::int64_t value, std::int64_t least, std::int64_t most, Problems& problems) {
  if (value < least) {
    problems.add(key, formatValue(value) + " is too small; write " + formatValue(least) + " or more");
  } else if (value > most) {
    problems.add(key, formatValue(value) + " is too large; write at most " + formatValue(most));
  }
}

void checkIntegers(const RunConfig& config, Problems& problems) {
  for (const auto& [key, member, least, most] : kIntegerRanges) {
    checkRange(key, config.*member, least, most, problems);
  }
  checkRange("rewarm", config.rewarm.value_or(0), 0, kMostSteps, problems);
}

/// What is read as text must be writable to config.yaml and to a command line.
void checkText(const RunConfig& config, Problems& problems) {
  for (const config::Field& field : config::fields()) {
    const std::string text = field.format(config);
    if (!base::isUtf8(text)) {
      problems.add(field.info.key, "is not UTF-8 text; rename the file or folder, or write the setting anew");
    } else if (text.find('\0') != std::string::npos) {
      problems.add(field.info.key, "contains a zero character; remove it");
    }
  }
}

bool beginsInHomeOfShell(const std::filesystem::path& path) {
  for (const auto& part : path) {
    if (part == "~") return true;
  }
  return false;
}

void checkPaths(const RunConfig& config, Problems& problems) {
  problems.addUnless(!config.model.empty(), "model", "is not set; name the Hugging Face folder of the model");
  problems.addUnless(!config.data.empty(), "data", "is not set; name the file or folder to train on");
  problems.addUnless(!config.valid || !config.valid->empty(), "valid",
                     "is empty; name a file, or leave it out to hold out a part of the data");
  constexpr std::string_view kTilde = "only a shell expands ~; write the whole path";
  problems.addUnless(!beginsInHomeOfShell(config.model), "model", kTilde);
  problems.addUnless(!beginsInHomeOfShell(config.data), "data", kTilde);
  problems.addUnless(!config.valid || !beginsInHomeOfShell(*config.valid), "valid", kTilde);
  for (const auto& text : config.mix) {
    const auto entry = config::parseMix(text);
    problems.addUnless(entry.hasValue(), "mix", entry ? "" : entry.error().message);
    problems.addUnless(!entry || !beginsInHomeOfShell(entry->path), "mix", kTilde);
  }
  problems.addUnless(!beginsInHomeOfShell(config.adapter), "adapter", kTilde);
  problems.addUnless(!beginsInHomeOfShell(config.out), "out", kTilde);
}

void checkColumns(const RunConfig& config, Problems& problems) {
  switch (config.task) {
    case Task::LanguageModelling:
      problems.addUnless(config.maxLength != 1, "max-length",
                         "1 token leaves nothing to predict; write 2 or more for task lm");
      break;
    case Task::Completion:
      problems.addUnless(config.shape == Shape::Auto || config.shape == Shape::PromptCompletion, "shape",
                         formatValue(config.shape) + " is for task lm; write prompt-completion, or leave out the task");
      problems.addUnless(
          config.lossOn != LossOn::Assistant && config.lossOn != LossOn::LastAssistant, "loss-on",
          formatValue(config.lossOn) + " is for conversations, which task lm reads; write completion or all");
      problems.addUnless(!config.prompt.empty(), "prompt", "is not set; task completion needs the prompt's column");
      problems.addUnless(!config.completion.empty(), "completion",
                         "is not set; task completion needs the completion's column");
      problems.addUnless(config.prompt.empty() || config.prompt != config.completion, "completion",
                         "names the same column as prompt; name the one that holds the answer");
      break;
    case Task::MaskedLanguageModelling:
      problems.addUnless(config.maskRate > 0 && config.maskRate < 1, "mask-rate",
                         formatValue(config.maskRate) +
                             " is not a share of the tokens; write a number above 0 and below 1, such as 0.15");
      break;
    case Task::TokenClassification:
    case Task::Classification:
    case Task::Regression:
      problems.addUnless(!config.label.empty(), "label",
                         "is not set; task " + formatValue(config.task) + " needs the label's column");
      problems.addUnless(config.label.empty() || (config.label != config.text && config.label != config.textPair),
                         "label", "names the same column as the text; name the one that holds the label");
      problems.addUnless(config.textPair.empty() || config.task != Task::TokenClassification, "text-pair",
                         "is set, and task token-classification labels the words of one text; leave it out");
      problems.addUnless(config.textPair.empty() || config.text != config.textPair, "text-pair",
                         "names the same column as text; name the second text's column, or leave it out");
      break;
  }
  problems.addUnless(
      config.validationSplit >= 0 && config.validationSplit < 1, "validation-split",
      formatValue(config.validationSplit) + " is not a share; write 0, or a number below 1 such as 0.05");
}

void checkInterval(std::string_view key, const Interval& interval, Problems& problems) {
  if (interval.unit == Interval::Unit::Never) return;
  const bool steps = interval.unit == Interval::Unit::Steps;
  if (!(interval.count > 0) || !std::isfinite(interval.count)) {
    problems.add(key, formatValue(interval) + " never comes; write 200steps, 1epoch or never");
  } else if (steps && interval.count != std::floor(interval.count)) {
    problems.add(key, formatValue(interval) + " holds a part of a step; write a whole number of steps, or epochs");
  }
}

void checkRank(const RunConfig& config, Problems& problems) {
  const auto* number = std::get_if<std::int64_t>(&config.rank.value);
  if (number != nullptr) {
    problems.addUnless(*number >= 1, "rank", formatValue(*number) + " is too small; write 1 or more, such as 8");
  } else {
    const double fraction = std::get<double>(config.rank.value);
    problems.addUnless(fraction > 0 && fraction <= 1, "rank",
                       formatValue(config.rank) +
                           " is not a share; write a number above 0 and at most 1.0, or a whole number such as 8");
  }
  const bool odd = number != nullptr && *number % 2 != 0;
  problems.addUnless(!odd || config.loraStart != LoraStart::Orthogonal || !isLora(config.method), "lora-start",
                     "orthogonal needs an even rank; write an even rank or another start");
}

void checkLora(const RunConfig& config, Problems& problems) {
  problems.addUnless(
      config.loraPlus > 0 && std::isfinite(config.loraPlus), "lora-plus",
      formatValue(config.loraPlus) + " is not a ratio of learning rates; write a number above 0, such as 16");
}

void checkMethod(const RunConfig& config, Problems& problems) {
  if (hasRank(config.method)) checkRank(config, problems);
  if (choosesLayers(config.method)) {
    problems.addUnless(!config.layers.empty(), "layers",
                       "is empty; write all, attention, mlp, or names with * in them");
  }
  checkLora(config, problems);
  if (config.method == Method::Head) {
    problems.addUnless(hasLabels(config.task), "method",
                       "head trains the classification head alone, and task " + formatValue(config.task) +
                           " has none; choose another method");
    problems.addUnless(config.trainHead, "train-head", "method head trains nothing else; write yes");
  }
  problems.addUnless(!config.alpha || (*config.alpha > 0 && std::isfinite(*config.alpha)), "alpha",
                     "must be above 0; leave it out for the usual scale");
  checkInterval("resample-every", config.resampleEvery, problems);
  checkInterval("resample-plateau", config.resamplePlateau, problems);
}

void checkLength(const RunConfig& config, Problems& problems) {
  if (config.epochs && config.steps) problems.add("steps", "the length is set twice; leave out either steps or epochs");
  problems.addUnless(!config.epochs || (*config.epochs > 0 && *config.epochs <= static_cast<double>(kMostEpochs)),
                     "epochs", "must be above 0, such as 3 or 0.5, and at most " + formatValue(kMostEpochs));
  problems.addUnless(!config.steps || (*config.steps >= 1 && *config.steps <= kMostSteps), "steps",
                     "must be 1 or more, and at most " + formatValue(kMostSteps));

  const Warmup& warmup = config.warmup;
  if (warmup.fraction) {
    problems.addUnless(*warmup.fraction >= 0 && *warmup.fraction < 1, "warmup",
                       formatValue(warmup) + " leaves no step after it; write a share below 100%, such as 6%");
  } else if (!(warmup.steps >= 0) || !std::isfinite(warmup.steps) || warmup.steps != std::floor(warmup.steps)) {
    problems.add("warmup", formatValue(warmup) + " is not a number of steps; write a whole number such as 100, or 6%");
  } else if (config.steps && *config.steps >= 1 && warmup.steps >= static_cast<double>(*config.steps)) {
    problems.add("warmup", formatValue(warmup) + " steps are not fewer than the run's " + formatValue(*config.steps) +
                               "; write a smaller number, or a share such as 6%");
  }
}

}  // namespace

std::vector<ConfigProblem> checkConfig(const RunConfig& config) {
  Problems problems;
  checkText(config, problems);
  checkPaths(config, problems);
  checkColumns(config, problems);
  checkMethod(config, problems);
  config::checkRosa(config, problems);
  checkLength(config, problems);
  config::checkTraining(config, problems);
  config::checkEffects(config, problems);
  checkIntegers(config, problems);
  checkInterval("eval-every", config.evalEvery, problems);
  checkInterval("save-every", config.saveEvery, problems);
  problems.addUnless(
      config.saveMinutes >= 0 && std::isfinite(config.saveMinutes), "save-minutes",
      formatValue(config.saveMinutes) + " is not a number of minutes; write one such as 10, or 0 for no limit");
  checkInterval("sample-every", config.sampleEvery, problems);
  return problems.take();
}

}  // namespace rosa
