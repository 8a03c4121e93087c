// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/theorem.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "adapt/slice.h"
#include "experiment/one_thread.h"

namespace rosa::experiment {

namespace {

/// X = Q·R with Q's columns orthonormal: the loss of a change depends on Qᵀ(Y - X·W) alone, up to what no W can reach.
struct Inputs {
  at::Tensor q;
  at::Tensor r;
};

at::Tensor leadingRightVectors(const at::Tensor& matrix, std::int64_t count) {
  const auto vectors = std::get<2>(at::linalg_svd(matrix, false));
  return vectors.slice(0, 0, std::min(count, vectors.size(0))).t();
}

/// The best change of at most this rank to W_fixed, [in, out].
at::Tensor bestChange(const Inputs& inputs, const at::Tensor& residual, std::int64_t rank) {
  const auto fitted = inputs.q.t().mm(residual);
  const auto v = leadingRightVectors(fitted, rank);
  const auto least = at::linalg_solve_triangular(inputs.r, fitted, true);
  return least.mm(v).mm(v.t());
}

double meanSquare(const at::Tensor& residual) {
  return residual.square().mean().item<double>();
}

/// Takes slices of singular components out of a matrix, cycle after cycle.
class Remover {
 public:
  Remover(Removal removal, std::int64_t rank, std::uint64_t seed) : removal_(removal), rank_(rank), seed_(seed) {}

  /// W_fixed of this cycle, and in `removed` the rank that was taken.
  at::Tensor fixed(const at::Tensor& weight, std::int64_t cycle, std::int64_t& removed) {
    removed = rank_;
    if (removal_ == Removal::None) return weight;
    const bool onOut = weight.size(1) <= weight.size(0);
    const auto directions = std::min(weight.size(0), weight.size(1));
    if (removal_ != Removal::Sweep || swept_ >= directions || !basis_.defined()) {
      const auto [u, sigma, vt] = at::linalg_svd(weight, false);
      basis_ = onOut ? vt : u.t();
      swept_ = 0;
    }
    const auto [start, count] = range(cycle, directions);
    removed = count;
    const auto slice = basis_.slice(0, start, start + count);
    return onOut ? weight - weight.mm(slice.t()).mm(slice) : weight - slice.t().mm(slice.mm(weight));
  }

 private:
  std::pair<std::int64_t, std::int64_t> range(std::int64_t cycle, std::int64_t directions) {
    const auto count = std::min(rank_, directions);
    switch (removal_) {
      case Removal::Top:
        return {0, count};
      case Removal::Bottom:
        return {directions - count, count};
      case Removal::Sweep: {
        const auto start = swept_;
        swept_ = std::min(swept_ + count, directions);
        return {start, swept_ - start};
      }
      default:
        return {adapt::drawSlice(seed_, cycle, 0, count, directions).start, count};
    }
  }

  Removal removal_;
  std::int64_t rank_;
  std::uint64_t seed_;
  at::Tensor basis_;  ///< rows: singular vectors on W's smaller side, largest first
  std::int64_t swept_ = 0;
};

}  // namespace

LinearProblem drawProblem(const ProblemSize& size, std::uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const auto draw = [&](std::int64_t rows, std::int64_t columns) {
    return at::randn({rows, columns}, generator, at::TensorOptions().dtype(at::kDouble));
  };
  LinearProblem problem;
  problem.inputs = draw(size.rows, size.in);
  problem.start = draw(size.in, size.out) / std::sqrt(static_cast<double>(size.in));
  const auto change = draw(size.in, size.rank).mm(draw(size.rank, size.out));
  problem.targets = problem.inputs.mm(problem.start + change);
  return problem;
}

std::int64_t theoremCycles(const LinearProblem& problem, std::int64_t rank) {
  const auto residual = problem.inputs.mm(problem.start) - problem.targets;
  const auto sigma = at::linalg_svdvals(residual);
  // Far above rounding, far below any direction that was asked for.
  constexpr double kTolerance = 1e-10;
  const auto needed = (sigma > kTolerance * sigma[0]).sum().item<std::int64_t>();
  return (needed + rank - 1) / rank;
}

std::vector<double> solveCycles(const LinearProblem& problem, std::int64_t rank, Removal removal, std::int64_t cycles,
                                std::uint64_t seed) {
  const OneThread oneThread;
  const auto [q, r] = at::linalg_qr(problem.inputs);
  const Inputs inputs{q, r};
  Remover remover(removal, rank, seed);
  auto weight = problem.start;
  const auto residual = [&](const at::Tensor& of) { return problem.targets - problem.inputs.mm(of); };
  std::vector<double> losses = {meanSquare(residual(weight))};
  for (std::int64_t cycle = 0; cycle < cycles; ++cycle) {
    std::int64_t removed = 0;
    const auto fixed = remover.fixed(weight, cycle, removed);
    weight = fixed + bestChange(inputs, residual(fixed), removed);
    losses.push_back(meanSquare(residual(weight)));
  }
  return losses;
}

}  // namespace rosa::experiment
