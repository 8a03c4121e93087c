// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

/// The paper's theorem (arXiv 2407.07802): for a linear map, subspace cycles that are each solved exactly reach full
/// fine-tuning's optimum after T = ceil(rank(X·W0 - Y) / R) of them. All in fp64, without any training. Pure functions.
namespace rosa::experiment {

/// Least squares: W [in, out] with X·W near Y, from W0.
struct LinearProblem {
  at::Tensor inputs;   ///< X [rows, in], fp64
  at::Tensor targets;  ///< Y [rows, out]
  at::Tensor start;    ///< W0
};

struct ProblemSize {
  std::int64_t rows = 256;
  std::int64_t in = 48;
  std::int64_t out = 32;
  std::int64_t rank = 12;  ///< of the change W* - W0 that Y = X·W* asks for
};

/// Normal X and W0 (of deviation 1/sqrt(in)) and Y = X·(W0 + P·Q) with normal P [in, rank], Q [rank, out].
[[nodiscard]] LinearProblem drawProblem(const ProblemSize& size, std::uint64_t seed);

/// T of the theorem.
[[nodiscard]] std::int64_t theoremCycles(const LinearProblem& problem, std::int64_t rank);

/// What a cycle does before its rank-R change is solved for: nothing, or it takes a slice of R singular components out
/// of W, as equal split does. Removing costs rank: the change must first put back what was taken.
enum class Removal { None, Window, Sweep, Top, Bottom };

/// Mean square error before the first cycle and after each; `cycles` + 1 numbers. Every cycle is solved exactly: the
/// best change of rank R to X·(W_fixed + change) is the least-squares change projected on the R leading right singular
/// vectors of the fitted residual (reduced-rank regression, Izenman 1975). Windows are drawn as training draws them;
/// a sweep keeps the basis of its beginning until every direction was taken once.
[[nodiscard]] std::vector<double> solveCycles(const LinearProblem& problem, std::int64_t rank, Removal removal,
                                              std::int64_t cycles, std::uint64_t seed);

}  // namespace rosa::experiment
