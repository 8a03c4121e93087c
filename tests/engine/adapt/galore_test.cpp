// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/galore.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "engine/adapt/matrices.h"
#include "optim/arena.h"
#include "optim/optimizer.h"

/// Algorithm 2 of the paper (arXiv 2403.03507) by hand, against the adaptation with the engine's own AdamW.
namespace rosa::adapt {
namespace {

constexpr std::int64_t kGaloreTokens = 64, kGaloreRank = 3;
constexpr double kScale = 0.25, kRate = 0.01;

struct Batch {
  at::Tensor x, dy;
  [[nodiscard]] at::Tensor gradient() const { return at::mm(x.t(), dy); }
};

Batch batchOf(std::int64_t in, std::int64_t out, std::uint64_t seed) {
  return {test::randomMatrix(kGaloreTokens, in, seed), test::randomMatrix(kGaloreTokens, out, seed + 1)};
}

void backward(Galore& galore, const Batch& batch) {
  SavedForBackward saved;
  at::Tensor none;
  galore.backward(batch.x, saved, batch.dy, none);
}

void project(Galore& galore, const Batch& batch, std::int64_t cycle) {
  galore.gatherGradient(true);
  backward(galore, batch);
  galore.resample(cycle, {});
  galore.gatherGradient(false);
}

/// P·Pᵀ·G or G·P·Pᵀ without a sign to choose: the update that carries moments needs P itself, up to sign.
struct Reference {
  at::Tensor w, p, first, second;
  bool left;
  int steps = 0;

  void project(const at::Tensor& gradient) {
    const auto [u, s, vh] = at::linalg_svd(gradient.to(at::kDouble), false);
    p = left ? u.narrow(1, 0, kGaloreRank) : vh.narrow(0, 0, kGaloreRank);
  }
  void step(const at::Tensor& gradient, const RunConfig& config) {
    const auto g = gradient.to(at::kDouble);
    const auto r = left ? at::mm(p.t(), g) : at::mm(g, p.t());
    if (!first.defined()) first = at::zeros_like(r), second = at::zeros_like(r);
    ++steps;
    first = config.beta1 * first + (1 - config.beta1) * r;
    second = config.beta2 * second + (1 - config.beta2) * r.square();
    const auto n = (first / (1 - std::pow(config.beta1, steps))) /
                   ((second / (1 - std::pow(config.beta2, steps))).sqrt() + config.epsilon);
    w = (1 - kRate * config.weightDecay) * w - kRate * kScale * (left ? at::mm(p, n) : at::mm(n, p));
  }
};

TEST(Galore, FollowsThePapersUpdateThroughTwoProjections) {
  for (const auto& [in, out] : {std::pair<std::int64_t, std::int64_t>{8, 12}, {12, 8}}) {
    auto w = test::randomMatrix(in, out, 1);
    Reference reference{w.to(at::kDouble), {}, {}, {}, in < out};
    Galore galore(w, "layer", {kGaloreRank, kScale});
    RunConfig config;
    config.weightDecay = 0.1;  // of W, not of the projected numbers
    optim::Arena arena(galore.parameters(), optim::momentsNeeded(config));
    const auto optimizer = optim::makeOptimizer(config, arena);
    for (int step = 0; step < 6; ++step) {
      const auto batch = batchOf(in, out, static_cast<std::uint64_t>(10 + step));
      arena.zeroGradients();
      if (step % 3 == 0) {
        project(galore, batch, step / 3);
        reference.project(batch.gradient());
        // The sign of each direction is free; the moments that are carried over feel it.
        const auto own = (in < out ? galore.a().t() : galore.b()).to(at::kDouble);
        const auto signs = (own * (in < out ? reference.p.t() : reference.p)).sum(1).sign();
        reference.p = in < out ? reference.p * signs : reference.p * signs.unsqueeze(1);
        arena.zeroGradients();
      }
      backward(galore, batch);
      galore.decay(kRate * config.weightDecay);
      galore.beforeStep();
      optimizer->step(kRate);
      galore.afterStep();
      reference.step(batch.gradient(), config);
      EXPECT_LT(test::distance(w, reference.w), 2e-5) << in << " x " << out << " step " << step;
    }
    EXPECT_GT(test::distance(w, test::randomMatrix(in, out, 1)), 1e-3);
  }
}

TEST(Galore, AProjectionLeavesTheWeightAndKeepsTheMoments) {
  auto w = test::randomMatrix(8, 12, 1);
  const auto before = w.clone();
  Galore galore(w, "layer", {kGaloreRank, kScale});
  EXPECT_TRUE(galore.keepsMoments());
  for (auto* parameter : galore.parameters()) parameter->gradient = at::zeros_like(parameter->value);
  project(galore, batchOf(8, 12, 5), 0);
  EXPECT_TRUE(at::equal(w, before));
  auto merged = at::empty_like(w);
  galore.writeMerged(merged);
  EXPECT_TRUE(at::equal(merged, before));
}

TEST(Galore, TrainsTheRankTimesTheLongerSide) {
  Galore wide(test::randomMatrix(8, 12, 1), "layer", {kGaloreRank, kScale});
  Galore tall(test::randomMatrix(12, 8, 1), "layer", {kGaloreRank, kScale});
  ASSERT_EQ(wide.parameters().size(), 1U);
  EXPECT_EQ(wide.parameters()[0]->value.numel(), kGaloreRank * 12);
  EXPECT_EQ(tall.parameters()[0]->value.numel(), kGaloreRank * 12);
}

TEST(Galore, WithoutAGradientThereIsNothingToProjectOn) {
  Galore galore(test::randomMatrix(8, 12, 1), "layer", {kGaloreRank, kScale});
  EXPECT_THROW(galore.resample(0, {}), std::logic_error);
}

}  // namespace
}  // namespace rosa::adapt
