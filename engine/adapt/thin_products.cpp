// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/thin_products.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace rosa::adapt {
namespace {

constexpr std::int64_t kMostRanks = 32;
/// That one pass of the products which sum over something long takes.
constexpr std::int64_t kRanks = 8;

/// Rows of a matrix, each of numbers side by side.
struct ThinRows {
  float* at = nullptr;
  std::int64_t stride = 0;

  [[nodiscard]] float* row(std::int64_t index) const { return at + index * stride; }
};

/// What a kernel works on; `ranks` is at most kRanks, of addProduct kMostRanks.
struct ThinOperands {
  ThinRows wide;    ///< [tokens, width]
  ThinRows thin;    ///< [tokens, ranks]
  ThinRows factor;  ///< thinProduct: [width, kRanks], else [ranks, width]
  std::int64_t tokens = 0, width = 0, ranks = 0;
  float scale = 1;
};

using ThinKernel = void (*)(const ThinOperands&, std::int64_t, std::int64_t);

struct ThinKernels {
  ThinKernel product;     ///< tokens begin..end of thin = wide·factor
  ThinKernel outer;       ///< columns begin..end of factor += scale·thinᵀ·wide
  ThinKernel addProduct;  ///< tokens begin..end of wide += scale·thin·factor
};

#if defined(__x86_64__) && defined(__GNUC__)

using Thin8 = float __attribute__((vector_size(32)));
using Thin16 = float __attribute__((vector_size(64)));

/// kTokens rows of x times [width, 8].
template <int kTokens>
[[gnu::always_inline]] inline void projectTokens(const ThinOperands& operands, std::int64_t token) {
  Thin8 sums[kTokens] = {};
  const float* rows[kTokens];
  for (int m = 0; m < kTokens; ++m) rows[m] = operands.wide.row(token + m);
  const float* factor = operands.factor.at;
  for (std::int64_t k = 0; k < operands.width; ++k) {
    Thin8 weights;
    std::memcpy(&weights, factor + k * kRanks, sizeof(weights));
    for (int m = 0; m < kTokens; ++m) sums[m] += rows[m][k] * weights;
  }
  for (int m = 0; m < kTokens; ++m) {
    std::memcpy(operands.thin.row(token + m), &sums[m], static_cast<std::size_t>(operands.ranks) * sizeof(float));
  }
}

[[gnu::always_inline]] inline void project(const ThinOperands& operands, std::int64_t begin, std::int64_t end) {
  constexpr int kTokens = 8;
  auto token = begin;
  for (; token + kTokens <= end; token += kTokens) projectTokens<kTokens>(operands, token);
  for (; token < end; ++token) projectTokens<1>(operands, token);
}

/// kVectors vectors of columns from `column` on, of tokens first..last.
template <typename Floats, int kVectors>
[[gnu::always_inline]] inline void outerColumns(const ThinOperands& operands, std::int64_t column, std::int64_t first,
                                                std::int64_t last) {
  constexpr std::int64_t kLanes = sizeof(Floats) / sizeof(float);
  Floats sums[kRanks][kVectors] = {};
  for (auto token = first; token < last; ++token) {
    const float* p = operands.thin.row(token);
    Floats x[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      std::memcpy(&x[v], operands.wide.row(token) + column + v * kLanes, sizeof(Floats));
    }
    for (int r = 0; r < kRanks; ++r) {
      for (int v = 0; v < kVectors; ++v) sums[r][v] += p[r] * x[v];
    }
  }
  for (std::int64_t r = 0; r < operands.ranks; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      auto* to = operands.factor.row(r) + column + v * kLanes;
      Floats sum;
      std::memcpy(&sum, to, sizeof(sum));
      sum += operands.scale * sums[r][v];
      std::memcpy(to, &sum, sizeof(sum));
    }
  }
}

/// Tokens go by in blocks whose part of x stays in the cache while the columns are gone through.
template <typename Floats, int kVectors>
[[gnu::always_inline]] inline void outer(const ThinOperands& operands, std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t kLanes = sizeof(Floats) / sizeof(float);
  constexpr std::int64_t kBlock = 128;
  for (std::int64_t first = 0; first < operands.tokens; first += kBlock) {
    const auto last = std::min(operands.tokens, first + kBlock);
    auto column = begin;
    for (; column + kVectors * kLanes <= end; column += kVectors * kLanes) {
      outerColumns<Floats, kVectors>(operands, column, first, last);
    }
    for (; column + kLanes <= end; column += kLanes) outerColumns<Floats, 1>(operands, column, first, last);
    for (; column < end; ++column) {
      for (std::int64_t r = 0; r < operands.ranks; ++r) {
        float sum = 0;
        for (auto token = first; token < last; ++token) {
          sum += operands.thin.row(token)[r] * operands.wide.row(token)[column];
        }
        operands.factor.row(r)[column] += operands.scale * sum;
      }
    }
  }
}

template <typename Floats, int kTokens>
[[gnu::always_inline]] inline void spreadTokens(const ThinOperands& operands, std::int64_t token) {
  constexpr std::int64_t kLanes = sizeof(Floats) / sizeof(float);
  float scaled[kTokens][kMostRanks];
  for (int m = 0; m < kTokens; ++m) {
    for (std::int64_t r = 0; r < operands.ranks; ++r) {
      scaled[m][r] = operands.scale * operands.thin.row(token + m)[r];
    }
  }
  std::int64_t column = 0;
  for (; column + kLanes <= operands.width; column += kLanes) {
    Floats sums[kTokens];
    for (int m = 0; m < kTokens; ++m) std::memcpy(&sums[m], operands.wide.row(token + m) + column, sizeof(Floats));
    for (std::int64_t r = 0; r < operands.ranks; ++r) {
      Floats weights;
      std::memcpy(&weights, operands.factor.row(r) + column, sizeof(weights));
      for (int m = 0; m < kTokens; ++m) sums[m] += scaled[m][r] * weights;
    }
    for (int m = 0; m < kTokens; ++m) std::memcpy(operands.wide.row(token + m) + column, &sums[m], sizeof(Floats));
  }
  for (; column < operands.width; ++column) {
    for (int m = 0; m < kTokens; ++m) {
      float sum = 0;
      for (std::int64_t r = 0; r < operands.ranks; ++r) sum += scaled[m][r] * operands.factor.row(r)[column];
      operands.wide.row(token + m)[column] += sum;
    }
  }
}

template <typename Floats>
[[gnu::always_inline]] inline void spread(const ThinOperands& operands, std::int64_t begin, std::int64_t end) {
  constexpr int kTokens = 4;
  auto token = begin;
  for (; token + kTokens <= end; token += kTokens) spreadTokens<Floats, kTokens>(operands, token);
  for (; token < end; ++token) spreadTokens<Floats, 1>(operands, token);
}

#define ROSA_THIN_KERNELS(SUFFIX, TARGET, FLOATS, VECTORS)                                                   \
  __attribute__((target(TARGET))) void projectThin##SUFFIX(const ThinOperands& operands, std::int64_t begin, \
                                                           std::int64_t end) {                               \
    project(operands, begin, end);                                                                           \
  }                                                                                                          \
  __attribute__((target(TARGET))) void outerThin##SUFFIX(const ThinOperands& operands, std::int64_t begin,   \
                                                         std::int64_t end) {                                 \
    outer<FLOATS, VECTORS>(operands, begin, end);                                                            \
  }                                                                                                          \
  __attribute__((target(TARGET))) void spreadThin##SUFFIX(const ThinOperands& operands, std::int64_t begin,  \
                                                          std::int64_t end) {                                \
    spread<FLOATS>(operands, begin, end);                                                                    \
  }
ROSA_THIN_KERNELS(Avx512, "avx512f,avx512vl,fma", Thin16, 3)
ROSA_THIN_KERNELS(Avx2, "avx2,fma", Thin8, 1)
#undef ROSA_THIN_KERNELS

const ThinKernels* thinKernels() {
  static constexpr ThinKernels kAvx512 = {&projectThinAvx512, &outerThinAvx512, &spreadThinAvx512};
  static constexpr ThinKernels kAvx2 = {&projectThinAvx2, &outerThinAvx2, &spreadThinAvx2};
  if (__builtin_cpu_supports("avx512vl")) return &kAvx512;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kAvx2 : nullptr;
}

#else

const ThinKernels* thinKernels() {
  return nullptr;
}

#endif

bool liesInRows(const at::Tensor& matrix) {
  return matrix.is_cpu() && matrix.scalar_type() == at::kFloat && matrix.dim() == 2 && matrix.stride(1) == 1;
}

/// Null where ATen is to do it.
const ThinKernels* kernelsForThin(std::int64_t rank, const at::Tensor& wide) {
  if (rank < 1 || rank > kMostRanks || !liesInRows(wide) || c10::GradMode::is_enabled()) return nullptr;
  return thinKernels();
}

ThinRows rowsOf(const at::Tensor& matrix) {
  return {matrix.data_ptr<float>(), matrix.stride(0)};
}

/// A fork and join costs what some ten thousand products do.
std::int64_t grainOf(std::int64_t products) {
  constexpr std::int64_t kLeastWork = 65536;
  return std::max<std::int64_t>(1, kLeastWork / std::max<std::int64_t>(1, products));
}

/// [tokens, 8 times as many as needed] with zeros behind each row, so that a kernel may read eight numbers of it.
at::Tensor paddedRanks(const at::Tensor& thin) {
  const auto rank = thin.size(1);
  if (rank % kRanks == 0 && thin.stride(1) == 1) return thin;
  auto padded = at::zeros({thin.size(0), (rank + kRanks - 1) / kRanks * kRanks}, thin.options());
  padded.narrow(1, 0, rank).copy_(thin);
  return padded;
}

}  // namespace

at::Tensor thinProduct(const at::Tensor& x, const at::Tensor& a) {
  const auto rank = a.size(1);
  const auto* kernels = kernelsForThin(rank, x);
  if (kernels == nullptr || !a.is_cpu() || a.scalar_type() != at::kFloat) return at::mm(x, a);
  auto thin = at::empty({x.size(0), rank}, x.options());
  ThinOperands operands;
  operands.wide = rowsOf(x);
  operands.tokens = x.size(0);
  operands.width = x.size(1);
  for (std::int64_t first = 0; first < rank; first += kRanks) {
    operands.ranks = std::min(kRanks, rank - first);
    const auto factor = paddedRanks(a.narrow(1, first, operands.ranks)).contiguous();
    operands.factor = rowsOf(factor);
    operands.thin = {thin.data_ptr<float>() + first, rank};
    at::parallel_for(0, operands.tokens, grainOf(operands.width * kRanks),
                     [&](std::int64_t begin, std::int64_t end) { kernels->product(operands, begin, end); });
  }
  return thin;
}

void addThinOuter(at::Tensor sum, const at::Tensor& p, const at::Tensor& x, double scale) {
  const auto rank = p.size(1);
  const auto* kernels = kernelsForThin(rank, x);
  if (kernels == nullptr || !liesInRows(sum) || !liesInRows(p)) {
    sum.addmm_(p.t(), x, 1, scale);
    return;
  }
  const auto padded = paddedRanks(p);
  ThinOperands operands;
  operands.wide = rowsOf(x);
  operands.tokens = x.size(0);
  operands.width = x.size(1);
  operands.scale = static_cast<float>(scale);
  // Threads share the columns, in pieces of whole cache lines.
  constexpr std::int64_t kPiece = 48;
  const auto pieces = (operands.width + kPiece - 1) / kPiece;
  for (std::int64_t first = 0; first < rank; first += kRanks) {
    operands.ranks = std::min(kRanks, rank - first);
    operands.thin = {padded.data_ptr<float>() + first, padded.stride(0)};
    operands.factor = {sum.data_ptr<float>() + first * sum.stride(0), sum.stride(0)};
    at::parallel_for(0, pieces, grainOf(operands.tokens * kPiece * kRanks), [&](std::int64_t begin, std::int64_t end) {
      kernels->outer(operands, begin * kPiece, std::min(end * kPiece, operands.width));
    });
  }
}

void addThinProduct(at::Tensor y, const at::Tensor& p, const at::Tensor& b, double scale) {
  const auto rank = p.size(1);
  const auto* kernels = kernelsForThin(rank, y);
  if (kernels == nullptr || !liesInRows(p) || !liesInRows(b)) {
    y.addmm_(p, b, 1, scale);
    return;
  }
  ThinOperands operands;
  operands.wide = rowsOf(y);
  operands.tokens = y.size(0);
  operands.width = y.size(1);
  operands.scale = static_cast<float>(scale);
  operands.ranks = rank;
  operands.thin = rowsOf(p);
  operands.factor = rowsOf(b);
  at::parallel_for(0, operands.tokens, grainOf(operands.width * rank),
                   [&](std::int64_t begin, std::int64_t end) { kernels->addProduct(operands, begin, end); });
}

}  // namespace rosa::adapt
