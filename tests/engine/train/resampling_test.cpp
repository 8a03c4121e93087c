// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/resampling.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

#include "engine/train/sample_project.h"
#include "engine/train/test_run.h"

namespace rosa::train {
namespace {

std::vector<ResampleCompleted> later(const test::TestRun& run) {
  std::vector<ResampleCompleted> all;
  for (const auto& event : run.all<ResampleCompleted>()) {
    if (event.cycle > 0) all.push_back(event);
  }
  return all;
}

double largestMoment(const Session& session, std::size_t index) {
  double largest = 0;
  for (const auto& state : session.arena->states()) {
    largest = std::max(largest, state.moments.at(index).abs().max().item<double>());
  }
  return largest;
}

TEST(Resampling, EveryFunctionKeepingModeKeepsTheLoss) {
  for (const auto factorise : {Factorise::SvdEqual, Factorise::Additive, Factorise::RandomAdd,
                               Factorise::RandomProjection, Factorise::RandomOrthogonal}) {
    test::SampleProject project;
    project.config.factorise = factorise;
    project.config.form = Form::Branch;
    const auto session = project.open();
    test::TestRun run(*session);
    ASSERT_TRUE(run.train().hasValue());
    ASSERT_EQ(later(run).size(), 2U);
    for (const auto& event : later(run)) EXPECT_NEAR(event.lossAfter, event.lossBefore, 2e-5);
  }
}

TEST(Resampling, SvdAddChangesTheLossAndSaysSo) {
  test::SampleProject project;
  project.config.factorise = Factorise::SvdAdd;
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  ASSERT_EQ(later(run).size(), 2U);
  for (const auto& event : later(run)) EXPECT_GT(std::abs(event.lossAfter - event.lossBefore), 1e-3);
  std::size_t told = 0;
  for (const auto& line : run.all<LogLine>()) {
    if (line.text.find("svd_add counts each new slice twice") != std::string::npos) ++told;
  }
  EXPECT_EQ(told, 2U);
}

TEST(Resampling, ASetIsToldAsItsWindows) {
  test::SampleProject project;
  project.config.slice = SliceRule::Uniform;
  const auto session = project.open();
  const auto event = resampleLayers(*session, 0, 0);
  std::map<std::string, std::int64_t> counts;
  for (const auto& entry : event.layers) {
    EXPECT_GE(entry.start, 0);
    EXPECT_LE(entry.start + entry.count, entry.directions);
    counts[entry.layer] += entry.count;
  }
  EXPECT_GT(event.layers.size(), counts.size()) << "no set was drawn";
  EXPECT_EQ(counts.size(), session->layers.size());
  for (const auto& [layer, count] : counts) EXPECT_EQ(count, 4) << layer;
}

TEST(Resampling, StaggeredLayersComeInTurnOneEventAGroup) {
  test::SampleProject project;
  project.config.stagger = true;
  project.config.steps = 12;
  project.config.resampleEvery = test::everySteps(4);
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  const auto events = later(run);
  ASSERT_EQ(events.size(), 8U);  // after steps 4 to 11
  std::map<std::string, int> seen;
  double coverage = run.all<ResampleCompleted>().front().coverage;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& event = events[i];
    EXPECT_EQ(event.cycle, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(event.step, static_cast<std::int64_t>(i) + 4);
    EXPECT_EQ(event.nextStep, i + 1 < events.size() ? event.step + 1 : 0);
    EXPECT_TRUE(std::isnan(event.lossBefore));
    EXPECT_LE(event.layers.size(), (session->layers.size() + 3) / 4);
    EXPECT_GE(event.coverage, coverage);
    coverage = event.coverage;
    for (const auto& entry : event.layers) ++seen[entry.layer];
  }
  EXPECT_EQ(seen.size(), session->layers.size());
  for (const auto& [layer, count] : seen) EXPECT_EQ(count, 2) << layer;
}

TEST(Resampling, StaggeredLayersDrawWhatTheyWouldDrawAtOnce) {
  std::map<std::string, std::set<std::int64_t>> starts[2];
  for (const bool stagger : {false, true}) {
    test::SampleProject project;
    project.config.stagger = stagger;
    const auto session = project.open();
    test::TestRun run(*session);
    ASSERT_TRUE(run.train().hasValue());
    for (const auto& event : run.all<ResampleCompleted>()) {
      for (const auto& entry : event.layers) starts[stagger ? 1 : 0][entry.layer].insert(entry.start);
    }
  }
  EXPECT_EQ(starts[0], starts[1]);
}

TEST(Resampling, APlateauOfTheSmoothedLossResamples) {
  test::SampleProject project;
  project.config.resampleEvery = {};
  project.config.resamplePlateau = test::everySteps(3);
  project.config.learningRate = 1e-7;
  project.config.steps = 24;
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());

  std::vector<std::int64_t> expected, actual;
  SmoothedLoss smoothed;
  Plateau plateau;
  for (const auto& step : run.all<StepCompleted>()) {
    smoothed.add(step.step, step.loss);
    if (step.step == 24 || !plateau.reached(step.step, smoothed.value(), 3)) continue;
    expected.push_back(step.step);
    plateau.begin(step.step);
  }
  for (const auto& event : later(run)) {
    actual.push_back(event.step);
    EXPECT_EQ(event.nextStep, 0);
  }
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(actual, expected);
}

TEST(Resampling, NeverMeansTheFirstDrawAlone) {
  test::SampleProject project;
  project.config.resampleEvery = {};
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  EXPECT_EQ(run.all<ResampleCompleted>().size(), 1U);
}

TEST(Resampling, TheRateWarmsUpAgainAndTheScheduleGoesOn) {
  test::SampleProject project;
  project.config.rewarm = 1;
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  for (const auto& step : run.all<StepCompleted>()) {
    const bool after = step.step == 4 || step.step == 7;
    EXPECT_DOUBLE_EQ(step.learningRate, session->learningRate(step.step) * (after ? 0.5 : 1)) << step.step;
  }
}

TEST(Resampling, MomentsAreTreatedAsConfigured) {
  for (const auto reset :
       {MomentReset::Resampled, MomentReset::All, MomentReset::KeepSecond, MomentReset::Prune, MomentReset::Rotate}) {
    test::SampleProject project;
    project.config.momentReset = reset;
    project.config.momentPrune = 1;
    project.config.resampleEvery = {};
    project.config.steps = 2;
    const auto session = project.open();
    test::TestRun run(*session);
    ASSERT_TRUE(run.train().hasValue());
    const double second = largestMoment(*session, 1);
    EXPECT_GT(largestMoment(*session, 0), 0);
    // The same window again: nothing turns.
    const bool turned = reset == MomentReset::Rotate;
    (void)resampleLayers(*session, turned ? 0 : 1, 2);
    EXPECT_EQ(largestMoment(*session, 0) > 0, turned);
    if (reset == MomentReset::KeepSecond) {
      EXPECT_EQ(largestMoment(*session, 1), second);
    } else {
      EXPECT_EQ(largestMoment(*session, 1) > 0, turned);
    }
    const auto steps = session->arena->states().front().steps;
    EXPECT_EQ(steps, reset == MomentReset::Resampled || reset == MomentReset::All ? 0 : 2);
  }
}

TEST(Resampling, AGatheredGradientLeavesNoTrace) {
  test::SampleProject project;
  project.config.slice = SliceRule::Gradient;
  project.config.adapt = AdaptFactors::B;
  project.config.form = Form::Merged;
  const auto session = project.open();
  std::vector<at::Tensor> before;
  for (const auto& layer : session->layers) before.push_back(layer.slot->weight().clone());
  const auto event = resampleLayers(*session, 0, 0);
  EXPECT_EQ(session->arena->gradientNorm(), 0);
  std::size_t windows = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto& layer = session->layers[i];
    EXPECT_TRUE(at::equal(layer.slot->weight(), before[i]));
    EXPECT_FALSE(layer.adaptation->needsInput());
    windows += layer.slice.indices.empty() ? 1 : 0;
  }
  EXPECT_LT(windows, session->layers.size()) << "no layer went by its gradient";
}

TEST(Resampling, LayersTakeTheRanksOfTheirPatterns) {
  test::SampleProject project;
  project.config.layerRanks = {"mlp=6"};
  const auto session = project.open();
  (void)resampleLayers(*session, 0, 0);
  std::set<std::int64_t> ranks;
  for (const auto& layer : session->layers) {
    EXPECT_EQ(layer.slice.count, layer.slot->attention() ? 4 : 6) << layer.name;
    ranks.insert(layer.slice.count);
  }
  EXPECT_EQ(ranks.size(), 2U);
}

}  // namespace
}  // namespace rosa::train
