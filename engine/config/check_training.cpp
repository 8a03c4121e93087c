// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/check_training.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "config/resolve.h"
#include "config/values.h"
#include "rosa/task_metrics.h"

namespace rosa::config {

namespace {

void notNegative(std::string_view key, double value, Problems& problems) {
  problems.addUnless(value >= 0 && std::isfinite(value), key, formatValue(value) + " is negative; write 0 or more");
}

void belowOne(std::string_view key, double value, Problems& problems) {
  problems.addUnless(value >= 0 && value < 1, key,
                     formatValue(value) + " is out of range; write a number from 0 to below 1");
}

void checkOptimizer(const RunConfig& config, Problems& problems) {
  constexpr double kHighestRate = 100;  // prompt tuning takes tenths, plain SGD ones
  problems.addUnless(config.learningRate > 0 && config.learningRate <= kHighestRate, "lr",
                     formatValue(config.learningRate) + " does not train; write a number above 0, such as 1e-3, and " +
                         "at most " + formatValue(kHighestRate));
  notNegative("weight-decay", config.weightDecay, problems);
  belowOne("beta1", config.beta1, problems);
  belowOne("beta2", config.beta2, problems);
  problems.addUnless(config.epsilon > 0 && std::isfinite(config.epsilon), "epsilon",
                     formatValue(config.epsilon) + " may divide by zero; write a number above 0, such as 1e-8");
  belowOne("momentum", config.momentum, problems);
  notNegative("clip", config.clip, problems);
  if (config.dropout) belowOne("dropout", *config.dropout, problems);
}

void checkDecay(const RunConfig& config, Problems& problems) {
  const auto& decay = config.scheduleDecay;
  if (decay.fraction) {
    problems.addUnless(*decay.fraction >= 0 && *decay.fraction <= 1, "schedule-decay",
                       formatValue(decay) + " is not a share of the run; write at most 100%, such as 20%");
  } else if (!(decay.steps >= 0) || !std::isfinite(decay.steps) || decay.steps != std::floor(decay.steps)) {
    problems.add("schedule-decay",
                 formatValue(decay) + " is not a number of steps; write a whole number such as 100, or 20%");
  } else if (config.steps && *config.steps >= 1 && !config.warmup.fraction &&
             config.schedule == Schedule::WarmupStableDecay &&
             config.warmup.steps + decay.steps > static_cast<double>(*config.steps)) {
    problems.add("schedule-decay", "the warm-up of " + formatValue(config.warmup) + " and the decay of " +
                                       formatValue(decay) + " steps are longer than the run's " +
                                       formatValue(*config.steps) + "; write smaller numbers");
  }
}

void checkSchedule(const RunConfig& config, Problems& problems) {
  problems.addUnless(config.scheduleCycles > 0 && std::isfinite(config.scheduleCycles), "schedule-cycles",
                     formatValue(config.scheduleCycles) + " cycles never end; write a number above 0");
  problems.addUnless(config.schedulePower > 0 && std::isfinite(config.schedulePower), "schedule-power",
                     formatValue(config.schedulePower) + " does not fall; write a number above 0");
  const auto& minimum = config.scheduleMinimum;
  problems.addUnless(!minimum || (*minimum >= 0 && *minimum <= 1), "schedule-minimum",
                     "must be a share of lr; write a number from 0 to 1, such as 0.1");
  problems.addUnless(config.schedule != Schedule::CosineWithMinLr || minimum, "schedule-minimum",
                     "is not set; schedule cosine_with_min_lr needs it, such as 0.1");
  checkDecay(config, problems);
}

void checkRegularisation(const RunConfig& config, Problems& problems) {
  belowOne("label-smoothing", config.labelSmoothing, problems);
  notNegative("neftune", config.neftune, problems);
  belowOne("ema", config.ema, problems);
}

void checkMemory(const RunConfig& config, Problems& problems) {
  problems.addUnless(!config.memory || config.memory->bytes > 0, "memory",
                     "0 is no memory to train in; write an amount such as 6GB");
}

void checkWeights(const RunConfig& config, Problems& problems) {
  if (config.weights != WeightType::Bf16 && config.weights != WeightType::Int8) return;
  for (auto& reason : reasonsForFp32(config)) problems.add("weights", std::move(reason));
  problems.addUnless(config.weights != WeightType::Int8 || config.method != Method::Relora, "weights",
                     "method relora adds small changes to the weights, which int8 rounds away; choose bf16, or another "
                     "method such as rosa");
}

void checkBest(const RunConfig& config, Problems& problems) {
  if (!config.bestMetric.empty()) {
    const auto known = taskMetrics(config.task);
    std::string names = "loss";
    for (const auto name : known) names += ", " + std::string(name);
    const bool measured = config.bestMetric == "loss" || std::ranges::find(known, config.bestMetric) != known.end();
    problems.addUnless(measured, "best-metric",
                       formatValue(config.bestMetric) + " is not measured in task " + formatValue(config.task) +
                           "; choose one of " + names);
  }
}

}  // namespace

void checkTraining(const RunConfig& config, Problems& problems) {
  checkOptimizer(config, problems);
  checkSchedule(config, problems);
  checkRegularisation(config, problems);
  checkMemory(config, problems);
  checkWeights(config, problems);
  checkBest(config, problems);
}

}  // namespace rosa::config
