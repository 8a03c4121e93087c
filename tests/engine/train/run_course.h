// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "adapt/slice.h"
#include "rosa/events.h"
#include "train/progress.h"
#include "train/session.h"

/// What two runs that ought to be the same are compared by.
namespace rosa::test {

/// What a run computed after `step`, without anything that a clock decides. Doubles are written so that no bit is lost.
inline std::vector<std::string> courseAfter(std::int64_t step, const std::vector<Event>& events) {
  std::vector<std::string> course;
  for (const auto& event : events) {
    if (const auto* done = std::get_if<StepCompleted>(&event); done != nullptr && done->step > step) {
      course.push_back(fmt::format("step {} loss {:a} norm {:a} rate {:a} tokens {} epoch {:a}", done->step, done->loss,
                                   done->gradientNorm, done->learningRate, done->tokens, done->epoch));
    }
    if (const auto* drawn = std::get_if<ResampleCompleted>(&event); drawn != nullptr && drawn->step > step) {
      course.push_back(fmt::format("resample {} at {} before {:a} after {:a} coverage {:a} next {}", drawn->cycle,
                                   drawn->step, drawn->lossBefore, drawn->lossAfter, drawn->coverage, drawn->nextStep));
      for (const auto& layer : drawn->layers) {
        course.push_back(fmt::format("  {} {}+{}/{}", layer.layer, layer.start, layer.count, layer.directions));
      }
    }
    if (const auto* measured = std::get_if<EvaluationCompleted>(&event); measured != nullptr && measured->step > step) {
      course.push_back(
          fmt::format("evaluation at {} loss {:a} best {}", measured->step, measured->loss, measured->best));
    }
    if (const auto* text = std::get_if<TextSampled>(&event); text != nullptr && text->step > step) {
      course.push_back(fmt::format("text at {} ({}): {}", text->step, text->reason, text->text));
    }
    if (const auto* finished = std::get_if<RunFinished>(&event)) {
      course.push_back(fmt::format("finished {} loss {:a}", finished->outcome, finished->loss));
    }
  }
  return course;
}

/// Every number that training changed.
inline std::map<std::string, at::Tensor> tensorsOf(const train::Session& session) {
  std::map<std::string, at::Tensor> all;
  for (const auto& stored : session.model->tensors()) all["model " + stored.name] = stored.tensor.clone();
  for (const auto& [name, tensor] : session.arena->state()) all["arena " + name] = tensor.clone();
  if (session.average) {
    for (const auto& [name, tensor] : session.average->state()) all["average " + name] = tensor.clone();
  }
  for (const auto& layer : session.layers) {
    for (const auto& [name, tensor] : layer.adaptation->state()) all[layer.name + " " + name] = tensor.clone();
    all[layer.name + " slice"] = at::tensor({layer.slice.start, layer.slice.count, layer.slice.directions});
    all[layer.name + " indices"] = at::tensor(adapt::indicesOf(layer.slice));
  }
  return all;
}

inline std::vector<double> numbersOf(const train::Progress& progress) {
  std::vector<double> numbers = {static_cast<double>(progress.step), static_cast<double>(progress.cycle),
                                 progress.lastLoss, progress.bestValue, static_cast<double>(progress.bestStep)};
  for (const auto& [name, value] : progress.lastMetrics) numbers.push_back(value);
  for (const auto& good : progress.best) numbers.insert(numbers.end(), {static_cast<double>(good.step), good.value});
  numbers.push_back(static_cast<double>(progress.evaluationsWithoutBetter));
  const auto& smoothed = progress.smoothedLoss;
  numbers.insert(numbers.end(), {smoothed.sum(), smoothed.weight()});
  numbers.insert(numbers.end(),
                 {static_cast<double>(progress.resampledStep), static_cast<double>(progress.plateau.step),
                  std::isnan(progress.plateau.lowest) ? -1 : progress.plateau.lowest});
  for (const auto& open : smoothed.open()) {
    numbers.insert(numbers.end(), {static_cast<double>(open.cycle), static_cast<double>(open.step), open.before});
  }
  return numbers;
}

inline void expectSameBits(const train::Session& actual, const train::Session& expected) {
  const auto left = tensorsOf(actual);
  const auto right = tensorsOf(expected);
  ASSERT_EQ(left.size(), right.size());
  for (const auto& [name, tensor] : right) EXPECT_TRUE(at::equal(left.at(name), tensor)) << name;
}

}  // namespace rosa::test
