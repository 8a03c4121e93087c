// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "adapt/directions.h"
#include "adapt/rosa.h"
#include "engine/adapt/matrices.h"
#include "engine/adapt/memory_source.h"
#include "engine/adapt/rosa_layer.h"

/// ROSA in all its modes: what a resample makes of W, which slice it takes, how the directions are computed.
namespace rosa::adapt {
namespace {

constexpr std::int64_t kModeRank = 5;

struct ModeShape {
  std::int64_t in, out;
};

struct Mode {
  const char* name;
  Factorise factorise = Factorise::SvdEqual;
  SliceRule slice = SliceRule::Window;
  Basis basis = Basis::Exact;
};

const std::vector<Mode> kFunctionKeeping = {
    {"window"},
    {"uniform", Factorise::SvdEqual, SliceRule::Uniform},
    {"sweep", Factorise::SvdEqual, SliceRule::Sweep},
    {"top", Factorise::SvdEqual, SliceRule::Top},
    {"bottom", Factorise::SvdEqual, SliceRule::Bottom},
    {"sigma", Factorise::SvdEqual, SliceRule::Sigma},
    {"gradient", Factorise::SvdEqual, SliceRule::Gradient},
    {"reference", Factorise::SvdEqual, SliceRule::Window, Basis::Reference},
    {"fast", Factorise::SvdEqual, SliceRule::Window, Basis::Fast},
    {"additive", Factorise::Additive},
    {"additive_sweep", Factorise::Additive, SliceRule::Sweep},
    {"additive_fast", Factorise::Additive, SliceRule::Window, Basis::Fast},
    {"random_add", Factorise::RandomAdd},
    {"random_projection", Factorise::RandomProjection},
    {"random_orthogonal", Factorise::RandomOrthogonal},
};

Rosa::Settings settingsOf(const Mode& mode, Form form, double scale = 1) {
  Rosa::Settings settings;
  settings.lowRank.rank = kModeRank;
  settings.lowRank.form = form;
  settings.lowRank.scale = scale;
  settings.seed = 17;
  settings.factorise = mode.factorise;
  settings.slice = mode.slice;
  settings.basis = mode.basis;
  return settings;
}

/// A resample as the training loop makes it; the gradient is one of chance.
Slice resampled(Rosa& rosa, std::int64_t cycle, const ModeShape& shape) {
  if (rosa.wantsGradient()) {
    rosa.gatherGradient(true);
    for (auto* parameter : rosa.parameters()) parameter->gradient = at::zeros_like(parameter->value);
    const auto seed = 40 + 2 * static_cast<std::uint64_t>(cycle);
    at::Tensor none;
    rosa.backward(test::randomMatrix(9, shape.in, seed), {}, test::randomMatrix(9, shape.out, seed + 1), none);
  }
  const auto slice = rosa.resample(cycle, std::nullopt);
  rosa.gatherGradient(false);
  return slice;
}

class RosaModes : public testing::TestWithParam<std::tuple<Mode, ModeShape>> {
 protected:
  const Mode mode = std::get<0>(GetParam());
  const ModeShape shape = std::get<1>(GetParam());
  [[nodiscard]] at::Tensor startWeight() const { return test::randomMatrix(shape.in, shape.out, 1, 0.05); }
};

TEST_P(RosaModes, MergedFormResamplesWithoutTouchingW) {
  auto w = startWeight();
  Rosa rosa(w, "layer", settingsOf(mode, Form::Merged, 2));
  for (std::int64_t cycle = 0; cycle < 6; ++cycle) {
    const auto before = w.clone();
    resampled(rosa, cycle, shape);
    EXPECT_TRUE(at::equal(w, before));
    test::moveFactors(rosa, static_cast<std::uint64_t>(cycle), 1e-3);
    EXPECT_FALSE(at::equal(w, before)) << "nothing trains";
  }
}

TEST_P(RosaModes, BranchFormKeepsTheFunctionWithinRounding) {
  auto w = startWeight();
  Rosa rosa(w, "layer", settingsOf(mode, Form::Branch));
  for (std::int64_t cycle = 0; cycle < 6; ++cycle) {
    const auto before = test::mergedOf(rosa, w);
    resampled(rosa, cycle, shape);
    EXPECT_LE(test::distance(test::mergedOf(rosa, w), before), 2e-7 * test::largest(before)) << "cycle " << cycle;
    test::moveFactors(rosa, static_cast<std::uint64_t>(cycle), 1e-3);
    EXPECT_GT(test::distance(test::mergedOf(rosa, w), before), 1e-4) << "nothing trains";
  }
}

TEST_P(RosaModes, FiftyCyclesWithoutTrainingDriftByLessThanAMillionth) {
  auto w = startWeight();
  const auto original = w.clone();
  Rosa rosa(w, "layer", settingsOf(mode, Form::Branch));
  for (std::int64_t cycle = 0; cycle < 50; ++cycle) resampled(rosa, cycle, shape);
  EXPECT_LE(test::distance(test::mergedOf(rosa, w), original), 1e-6 * test::largest(original));
}

TEST_P(RosaModes, ARestoredLayerGoesOnBitForBit) {
  for (const auto form : {Form::Merged, Form::Branch}) {
    const auto settings = settingsOf(mode, form);
    auto w = startWeight();
    Rosa rosa(w, "layer", settings);
    for (std::int64_t cycle = 0; cycle < 2; ++cycle) {  // in the middle of a sweep
      resampled(rosa, cycle, shape);
      test::moveFactors(rosa, static_cast<std::uint64_t>(cycle), 1e-2);
    }
    test::MemorySource stored;
    for (const auto& [name, tensor] : rosa.state()) stored.tensors["layer." + name] = tensor.clone();
    auto w2 = w.clone();
    Rosa other(w2, "layer", settings);
    ASSERT_TRUE(other.restoreState(stored, "layer.").hasValue());
    for (std::size_t i = 0; i < rosa.parameters().size(); ++i) {
      other.parameters()[i]->value.copy_(rosa.parameters()[i]->value);
    }
    other.restored(rosa.cycle(), rosa.slice());

    for (std::int64_t cycle = 2; cycle < 8; ++cycle) {  // past the end of a sweep
      const auto slice = resampled(rosa, cycle, shape);
      EXPECT_EQ(indicesOf(resampled(other, cycle, shape)), indicesOf(slice));
      EXPECT_TRUE(at::equal(w, w2));
      EXPECT_TRUE(at::equal(rosa.a(), other.a()));
      EXPECT_TRUE(at::equal(rosa.b(), other.b()));
      EXPECT_EQ(other.coverage(), rosa.coverage());
      test::moveFactors(rosa, static_cast<std::uint64_t>(cycle), 1e-2);
      test::moveFactors(other, static_cast<std::uint64_t>(cycle), 1e-2);
    }
  }
}

/// The directions that one draw trains are all new; the whole space is never left.
TEST_P(RosaModes, CoverageIsTheSpanOfAllThatTrained) {
  auto w = startWeight();
  Rosa rosa(w, "layer", settingsOf(mode, Form::Merged));
  EXPECT_EQ(rosa.coverage(), 0);
  const double side = static_cast<double>(std::min(shape.in, shape.out));
  double before = 0;
  for (std::int64_t cycle = 0; cycle < 8; ++cycle) {
    resampled(rosa, cycle, shape);
    EXPECT_GE(rosa.coverage(), before);
    EXPECT_LE(rosa.coverage(), std::min(1.0, static_cast<double>((cycle + 1) * kModeRank) / side) + 1e-12);
    if (cycle == 0) {
      EXPECT_DOUBLE_EQ(rosa.coverage(), kModeRank / side);
    }
    before = rosa.coverage();
  }
}

INSTANTIATE_TEST_SUITE_P(All, RosaModes,
                         testing::Combine(testing::ValuesIn(kFunctionKeeping),
                                          testing::Values(ModeShape{23, 23}, ModeShape{23, 52}, ModeShape{52, 23})),
                         [](const auto& test) {
                           const auto& shape = std::get<1>(test.param);
                           return std::string(std::get<0>(test.param).name) + "_" + std::to_string(shape.in) + "x" +
                                  std::to_string(shape.out);
                         });

const std::vector<ModeShape> kShapes = {{23, 23}, {23, 52}, {52, 23}};

TEST(RosaSvdAdd, CountsTheSliceTwiceSoThatTheFunctionJumps) {
  for (const auto& shape : kShapes) {
    for (const auto form : {Form::Merged, Form::Branch}) {
      auto w = test::randomMatrix(shape.in, shape.out, 1, 0.05);
      Rosa rosa(w, "layer", settingsOf({"svd_add", Factorise::SvdAdd}, form));
      for (std::int64_t cycle = 0; cycle < 3; ++cycle) {
        const auto before = test::mergedOf(rosa, w);
        rosa.resample(cycle, 4);
        const auto slice = test::sliceBySvd(before, 4, kModeRank);
        EXPECT_LE(test::distance(at::mm(rosa.a(), rosa.b()), slice), 1e-6);
        EXPECT_LE(test::distance(test::mergedOf(rosa, w), before.to(at::kDouble) + slice), 1e-6);
        test::moveFactors(rosa, static_cast<std::uint64_t>(cycle), 1e-3);
      }
    }
  }
}

TEST(RosaAdditive, KeepsWWholeAndTakesTheSlicesDirections) {
  for (const auto& shape : kShapes) {
    auto w = test::randomMatrix(shape.in, shape.out, 1, 0.05);
    const auto original = w.clone();
    Rosa rosa(w, "layer", settingsOf({"additive", Factorise::Additive}, Form::Branch));
    rosa.resample(0, 4);
    EXPECT_TRUE(at::equal(w, original));
    EXPECT_EQ(test::largest(rosa.a()), 0);
    const auto right = std::get<2>(at::linalg_svd(original.to(at::kDouble), false)).narrow(0, 4, kModeRank);
    const auto b = rosa.b().to(at::kDouble);
    EXPECT_LE(test::distance(at::mm(b.t(), b), at::mm(right.t(), right)), 1e-5);
  }
}

TEST(RosaSweep, TrainsEveryDirectionOfTheBasisItBeganWith) {
  for (const auto& shape : kShapes) {
    auto w = test::randomMatrix(shape.in, shape.out, 1, 0.05);
    Rosa rosa(w, "layer", settingsOf({"sweep", Factorise::SvdEqual, SliceRule::Sweep}, Form::Merged));
    const auto length = sweepLength(kModeRank, 23);
    const auto basis = spectrumOf(w, Basis::Exact, 0, 23)->directions.to(at::kFloat);
    std::set<std::int64_t> drawn;
    for (std::int64_t cycle = 0; cycle < length; ++cycle) {
      const auto indices = indicesOf(rosa.resample(cycle, std::nullopt));
      drawn.insert(indices.begin(), indices.end());
      // What trains are the directions of the old basis, although W has another one by now.
      const auto rows = basis.index_select(0, at::tensor(indices, at::kLong));
      const auto trained = shape.in < shape.out ? rosa.a().t() : rosa.b();
      const auto outside = trained - at::mm(at::mm(trained, rows.t()), rows);
      EXPECT_LE(test::largest(outside), 1e-5) << "cycle " << cycle;
      test::moveFactors(rosa, static_cast<std::uint64_t>(cycle), 0.1);
    }
    EXPECT_EQ(drawn.size(), 23U);
    EXPECT_DOUBLE_EQ(rosa.coverage(), 1);
  }
}

TEST(RosaSlices, TopAndBottomAreTheEndsOfTheSpectrum) {
  auto w = test::randomMatrix(20, 30, 1);
  Rosa top(w, "layer", settingsOf({"top", Factorise::SvdEqual, SliceRule::Top}, Form::Merged));
  EXPECT_EQ(top.resample(3, std::nullopt).start, 0);
  EXPECT_LE(test::distance(at::mm(top.a(), top.b()), test::sliceBySvd(w, 0, kModeRank)), 1e-5);
  Rosa bottom(w, "layer", settingsOf({"bottom", Factorise::SvdEqual, SliceRule::Bottom}, Form::Merged));
  EXPECT_EQ(bottom.resample(3, std::nullopt).start, 15);
  EXPECT_LE(test::distance(at::mm(bottom.a(), bottom.b()), test::sliceBySvd(w, 15, kModeRank)), 1e-5);
}

TEST(RosaSlices, ASetIsTheSumOfItsSingularComponents) {
  for (const auto rule : {SliceRule::Uniform, SliceRule::Sigma}) {
    auto w = test::randomMatrix(20, 30, 1);
    Rosa rosa(w, "layer", settingsOf({"set", Factorise::SvdEqual, rule}, Form::Merged));
    const auto indices = indicesOf(rosa.resample(1, std::nullopt));
    auto expected = at::zeros({20, 30}, at::kDouble);
    for (const auto index : indices) expected += test::sliceBySvd(w, index, 1);
    EXPECT_LE(test::distance(at::mm(rosa.a(), rosa.b()), expected), 1e-5);
  }
}

TEST(RosaSlices, SigmaPrefersLargeSingularValues) {
  // Singular values 1 for the first ten of forty directions and 0.01 for the others.
  const auto u = std::get<0>(at::linalg_qr(test::randomMatrix(40, 40, 3)));
  const auto v = std::get<0>(at::linalg_qr(test::randomMatrix(40, 40, 4)));
  auto values = at::full({40}, 0.01);
  values.narrow(0, 0, 10).fill_(1);
  auto w = at::mm(u * values, v.t());
  Rosa rosa(w, "layer", settingsOf({"sigma", Factorise::SvdEqual, SliceRule::Sigma}, Form::Merged));
  std::int64_t large = 0;
  for (std::int64_t cycle = 0; cycle < 40; ++cycle) {
    for (const auto index : indicesOf(rosa.resample(cycle, std::nullopt))) large += index < 10 ? 1 : 0;
  }
  EXPECT_GT(large, 40 * kModeRank * 8 / 10);
}

TEST(RosaSlices, GradientTakesTheDirectionsItMovesMost) {
  for (const auto& shape : kShapes) {
    auto w = test::randomMatrix(shape.in, shape.out, 1, 0.05);
    for (const auto trained : {TrainedFactors::Both, TrainedFactors::A, TrainedFactors::B}) {
      auto settings = settingsOf({"gradient", Factorise::SvdEqual, SliceRule::Gradient}, Form::Merged);
      settings.lowRank.trained = trained;
      Rosa rosa(w, "layer", settings);
      for (auto* parameter : rosa.parameters()) parameter->gradient = at::zeros_like(parameter->value);
      rosa.gatherGradient(true);
      EXPECT_TRUE(rosa.needsInput());
      // Two micro-batches whose gradients lie along five singular directions.
      const auto [u, s, vh] = at::linalg_svd(w, false);
      const std::vector<std::int64_t> wanted = {2, 3, 9, 14, 21};
      at::Tensor none;
      for (const auto index : wanted) {
        rosa.backward(u.narrow(1, index, 1).t(), {}, vh.narrow(0, index, 1), none);
      }
      EXPECT_EQ(indicesOf(rosa.resample(1, std::nullopt)), wanted);
      rosa.gatherGradient(false);
      EXPECT_EQ(rosa.needsInput(), trained != TrainedFactors::B);
    }
  }
}

TEST(RosaSlices, WithoutAGradientAWindowIsDrawn) {
  auto w = test::randomMatrix(20, 30, 1);
  Rosa rosa(w, "layer", settingsOf({"gradient", Factorise::SvdEqual, SliceRule::Gradient}, Form::Merged));
  EXPECT_EQ(rosa.resample(2, std::nullopt).start, drawSlice(17, 2, 0, kModeRank, 20).start);
}

TEST(RosaSlices, RandomDirectionsHaveNoIndex) {
  auto w = test::randomMatrix(20, 30, 1);
  for (const Mode& mode :
       {Mode{"fast", Factorise::SvdEqual, SliceRule::Window, Basis::Fast}, Mode{"random_add", Factorise::RandomAdd}}) {
    Rosa rosa(w, "layer", settingsOf(mode, Form::Merged));
    const auto slice = rosa.resample(0, std::nullopt);
    EXPECT_EQ(slice.count, kModeRank);
    EXPECT_TRUE(windowsOf(slice).empty());
  }
}

TEST(RosaCoverage, RandomDrawsAddTheirRankUntilAllIsSeen) {
  for (const auto& shape : kShapes) {
    for (const Mode& mode :
         {Mode{"fast", Factorise::SvdEqual, SliceRule::Window, Basis::Fast}, Mode{"random_add", Factorise::RandomAdd},
          Mode{"random_projection", Factorise::RandomProjection},
          Mode{"random_orthogonal", Factorise::RandomOrthogonal}}) {
      auto w = test::randomMatrix(shape.in, shape.out, 1, 0.05);
      Rosa rosa(w, "layer", settingsOf(mode, Form::Merged));
      for (std::int64_t cycle = 0; cycle < 5; ++cycle) {
        rosa.resample(cycle, std::nullopt);
        EXPECT_DOUBLE_EQ(rosa.coverage(), std::min(23.0, 5.0 * static_cast<double>(cycle + 1)) / 23) << mode.name;
      }
    }
  }
}

}  // namespace
}  // namespace rosa::adapt
