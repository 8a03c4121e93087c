// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/rosa.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <stdexcept>

#include "engine/adapt/matrices.h"
#include "engine/adapt/memory_source.h"
#include "engine/adapt/rosa_layer.h"

namespace rosa::adapt {
namespace {

Rosa::Settings settingsOf(Form form, double scale = 1) {
  Rosa::Settings settings;
  settings.lowRank.rank = 5;
  settings.lowRank.form = form;
  settings.lowRank.scale = scale;
  settings.seed = 17;
  return settings;
}

struct RosaShape {
  std::int64_t in, out;
};

class RosaShapes : public testing::TestWithParam<RosaShape> {
 protected:
  at::Tensor startWeight(std::uint64_t seed = 1) const {
    return test::randomMatrix(GetParam().in, GetParam().out, seed, 0.05);
  }
};

TEST_P(RosaShapes, MergedFormResamplesWithoutTouchingW) {
  auto w = startWeight();
  Rosa rosa(w, "layer", settingsOf(Form::Merged));
  for (std::int64_t cycle = 0; cycle < 5; ++cycle) {
    const auto before = w.clone();
    rosa.resample(cycle, std::nullopt);
    EXPECT_TRUE(at::equal(w, before));
    test::moveFactors(rosa, static_cast<std::uint64_t>(cycle), 1e-3);
    EXPECT_FALSE(at::equal(w, before));
  }
}

TEST_P(RosaShapes, BranchFormSplitsWWithinRounding) {
  auto w = startWeight();
  const auto original = w.clone();
  Rosa rosa(w, "layer", settingsOf(Form::Branch));
  rosa.resample(0, std::nullopt);
  EXPECT_LE(test::distance(w + at::mm(rosa.a(), rosa.b()), original), 2e-7 * test::largest(original));
  EXPECT_GT(test::distance(w, original), 1e-3) << "the slice is still in W_fixed";
}

TEST_P(RosaShapes, FiftyCyclesWithoutTrainingDriftByLessThanAMillionth) {
  for (const auto form : {Form::Merged, Form::Branch}) {
    auto w = startWeight();
    const auto original = w.clone();
    Rosa rosa(w, "layer", settingsOf(form));
    for (std::int64_t cycle = 0; cycle < 50; ++cycle) rosa.resample(cycle, std::nullopt);
    EXPECT_LE(test::distance(test::mergedOf(rosa, w), original), 1e-6 * test::largest(original));
  }
}

TEST_P(RosaShapes, ARescaledSliceKeepsTheFunctionToo) {
  for (const auto form : {Form::Merged, Form::Branch}) {
    auto w = startWeight();
    Rosa rosa(w, "layer", settingsOf(form, 2.5));
    for (std::int64_t cycle = 0; cycle < 3; ++cycle) {
      const auto before = test::mergedOf(rosa, w);
      rosa.resample(cycle, std::nullopt);
      EXPECT_LE(test::distance(test::mergedOf(rosa, w), before), 5e-7 * test::largest(before));
      test::moveFactors(rosa, static_cast<std::uint64_t>(cycle), 1e-3);
    }
  }
}

TEST_P(RosaShapes, ATrainedSliceIsMergedBeforeTheNextIsDrawn) {
  for (const auto form : {Form::Merged, Form::Branch}) {
    auto w = startWeight();
    Rosa rosa(w, "layer", settingsOf(form));
    rosa.resample(0, 2);
    test::moveFactors(rosa, 3, 1e-2);
    const auto trained = test::mergedOf(rosa, w);
    rosa.resample(1, 7);
    EXPECT_LE(test::distance(test::mergedOf(rosa, w), trained), 2e-7 * test::largest(trained));
    EXPECT_LE(test::distance(at::mm(rosa.a(), rosa.b()), test::sliceBySvd(trained, 7, 5)), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, RosaShapes, testing::Values(RosaShape{40, 40}, RosaShape{24, 60}, RosaShape{60, 24}));

TEST(Rosa, CoverageGrowsWithTheSlicesAndCountsOverlapOnce) {
  auto w = test::randomMatrix(20, 30, 1);
  Rosa rosa(w, "layer", settingsOf(Form::Merged));
  EXPECT_EQ(rosa.coverage(), 0);
  rosa.resample(0, 0);
  EXPECT_DOUBLE_EQ(rosa.coverage(), 5.0 / 20);
  rosa.resample(1, 3);
  EXPECT_DOUBLE_EQ(rosa.coverage(), 8.0 / 20);
  rosa.resample(2, 3);
  EXPECT_DOUBLE_EQ(rosa.coverage(), 8.0 / 20);
  for (std::int64_t start = 0; start <= 15; start += 5) rosa.resample(3, start);
  EXPECT_DOUBLE_EQ(rosa.coverage(), 1);
}

TEST(Rosa, ReportsTheWindowItTook) {
  auto w = test::randomMatrix(20, 30, 1);
  Rosa rosa(w, "layer", settingsOf(Form::Merged));
  EXPECT_EQ(rosa.cycle(), -1);
  const auto slice = rosa.resample(4, 11);
  EXPECT_EQ(slice.start, 11);
  EXPECT_EQ(slice.count, 5);
  EXPECT_EQ(slice.directions, 20);
  EXPECT_EQ(rosa.cycle(), 4);
}

TEST(Rosa, ABadWindowOrWeightThrowsWithTheLayersNameAndChangesNothing) {
  for (const auto form : {Form::Merged, Form::Branch}) {
    auto w = test::randomMatrix(20, 30, 1);
    Rosa rosa(w, "h.3.attn", settingsOf(form));
    rosa.resample(0, 1);
    const auto before = w.clone();
    try {
      rosa.resample(1, 16);
      FAIL() << "start 16 was accepted";
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find("h.3.attn"), std::string::npos) << error.what();
    }
    EXPECT_TRUE(at::equal(w, before));
    EXPECT_EQ(rosa.cycle(), 0);

    w[0][0] = std::numeric_limits<float>::quiet_NaN();
    try {
      rosa.resample(1, 2);
      FAIL() << "NaN was factorised";
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find("h.3.attn"), std::string::npos) << error.what();
    }
    EXPECT_EQ(rosa.cycle(), 0);
  }
}

TEST(Rosa, ARestoredLayerGoesOnBitForBit) {
  for (const auto form : {Form::Merged, Form::Branch}) {
    for (const auto trained : {TrainedFactors::Both, TrainedFactors::A, TrainedFactors::B}) {
      auto settings = settingsOf(form);
      settings.lowRank.trained = trained;
      auto w = test::randomMatrix(20, 30, 1);
      Rosa rosa(w, "layer", settings);
      rosa.resample(0, std::nullopt);
      test::moveFactors(rosa, 2, 1e-3);

      test::MemorySource stored;
      for (const auto& [name, tensor] : rosa.state()) stored.tensors["layer." + name] = tensor.clone();
      auto w2 = w.clone();
      Rosa resumed(w2, "layer", settings);
      ASSERT_TRUE(resumed.restoreState(stored, "layer.").hasValue());
      for (std::size_t i = 0; i < rosa.parameters().size(); ++i) {
        resumed.parameters()[i]->value.copy_(rosa.parameters()[i]->value);
      }
      resumed.restored(rosa.cycle(), rosa.slice());

      EXPECT_EQ(resumed.coverage(), rosa.coverage());
      test::moveFactors(rosa, 3, 1e-3);
      test::moveFactors(resumed, 3, 1e-3);
      rosa.resample(1, std::nullopt);
      resumed.resample(1, std::nullopt);
      EXPECT_TRUE(at::equal(w, w2));
      EXPECT_TRUE(at::equal(rosa.a(), resumed.a()));
      EXPECT_TRUE(at::equal(rosa.b(), resumed.b()));
      EXPECT_EQ(resumed.coverage(), rosa.coverage());
    }
  }
}

TEST(Rosa, AStoredBasisThatDoesNotFitIsAnError) {
  auto w = test::randomMatrix(20, 30, 1);
  Rosa rosa(w, "layer", settingsOf(Form::Merged));
  test::MemorySource stored;
  EXPECT_FALSE(rosa.restoreState(stored, "").hasValue());
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{{21, 20}, {3, 30}, {20}}) {
    stored.tensors["coverage"] = at::zeros(shape);
    EXPECT_FALSE(rosa.restoreState(stored, "").hasValue());
  }
}

}  // namespace
}  // namespace rosa::adapt
