// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/few_rows.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace rosa::model {

namespace {

constexpr std::int64_t kMostRows = 24;  // beyond, a general product is faster
constexpr int kRowsAtOnce = 12;         // sums that fit into the registers
constexpr std::int64_t kDepth = 8;      // rows of W between loads and stores of the sums

struct Operands {
  const float* x;
  const float* matrix;
  const float* bias;  ///< or null
  float* y;
  std::int64_t in, out;
};

#if defined(__x86_64__) && defined(__GNUC__)

using Vector8 = float __attribute__((vector_size(32)));
using Vector16 = float __attribute__((vector_size(64)));

/// Columns begin..end of kRows rows from `row` on. Sums stand in registers while kDepth rows of W go by.
template <typename Vector, int kRows, int kVectors>
[[gnu::always_inline]] inline void multiply(const Operands& operands, std::int64_t row, std::int64_t begin,
                                            std::int64_t end) {
  constexpr std::int64_t kVectorLanes = sizeof(Vector) / sizeof(float);
  constexpr std::int64_t kColumns = kVectors * kVectorLanes;
  const auto in = operands.in;
  const auto out = operands.out;
  const auto* x = operands.x + row * in;
  auto* y = operands.y + row * out;
  for (int m = 0; m < kRows; ++m) {
    if (operands.bias != nullptr) {
      std::copy(operands.bias + begin, operands.bias + end, y + m * out + begin);
    } else {
      std::fill(y + m * out + begin, y + m * out + end, 0.0F);
    }
  }
  const auto whole = begin + (end - begin) / kColumns * kColumns;
  const auto depth = in / kDepth * kDepth;
  for (std::int64_t k = 0; k < depth; k += kDepth) {
    for (auto n = begin; n < whole; n += kColumns) {
      Vector sums[kRows][kVectors];
      for (int m = 0; m < kRows; ++m) {
        for (int v = 0; v < kVectors; ++v) std::memcpy(&sums[m][v], y + m * out + n + v * kVectorLanes, sizeof(Vector));
      }
      for (std::int64_t d = 0; d < kDepth; ++d) {
        Vector weights[kVectors];
        for (int v = 0; v < kVectors; ++v) {
          std::memcpy(&weights[v], operands.matrix + (k + d) * out + n + v * kVectorLanes, sizeof(Vector));
        }
        for (int m = 0; m < kRows; ++m) {
          for (int v = 0; v < kVectors; ++v) sums[m][v] += x[m * in + k + d] * weights[v];
        }
      }
      for (int m = 0; m < kRows; ++m) {
        for (int v = 0; v < kVectors; ++v) std::memcpy(y + m * out + n + v * kVectorLanes, &sums[m][v], sizeof(Vector));
      }
    }
  }
  // The edges: last columns, last rows of W.
  for (int m = 0; m < kRows; ++m) {
    for (std::int64_t k = 0; k < in; ++k) {
      for (auto n = k < depth ? whole : begin; n < end; ++n) {
        y[m * out + n] += x[m * in + k] * operands.matrix[k * out + n];
      }
    }
  }
}

template <int kRows>
__attribute__((target("avx512f,fma"))) void multiplyAvx512(const Operands& operands, std::int64_t row,
                                                           std::int64_t begin, std::int64_t end) {
  multiply<Vector16, kRows, kRows <= 8 ? 2 : 1>(operands, row, begin, end);
}
template <int kRows>
__attribute__((target("avx2,fma"))) void multiplyAvx2(const Operands& operands, std::int64_t row, std::int64_t begin,
                                                      std::int64_t end) {
  multiply<Vector8, kRows, kRows <= 4 ? 2 : 1>(operands, row, begin, end);
}

using Multiply = void (*)(const Operands&, std::int64_t, std::int64_t, std::int64_t);
using Table = std::array<Multiply, kRowsAtOnce>;

template <int... kRows>
const Table* tableFor(std::integer_sequence<int, kRows...>) {
  static constexpr Table kAvx512 = {&multiplyAvx512<kRows + 1>...};
  static constexpr Table kAvx2 = {&multiplyAvx2<kRows + 1>...};
  if (__builtin_cpu_supports("avx512f")) return &kAvx512;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kAvx2 : nullptr;
}

const Table* table() {
  static const Table* const kTable = tableFor(std::make_integer_sequence<int, kRowsAtOnce>());
  return kTable;
}

#else

using Table = std::array<void (*)(const Operands&, std::int64_t, std::int64_t, std::int64_t), kRowsAtOnce>;
const Table* table() {
  return nullptr;
}

#endif

}  // namespace

bool hasFewRows(const at::Tensor& x, const at::Tensor& matrix) {
  return x.size(0) <= kMostRows && !c10::GradMode::is_enabled() && x.is_cpu() && x.scalar_type() == at::kFloat &&
         x.is_contiguous() && matrix.scalar_type() == at::kFloat && matrix.is_contiguous() && table() != nullptr;
}

at::Tensor fewRowsProduct(const at::Tensor& x, const at::Tensor& matrix, const at::Tensor& bias) {
  auto y = at::empty({x.size(0), matrix.size(1)}, x.options());
  const Operands operands{x.const_data_ptr<float>(),
                          matrix.const_data_ptr<float>(),
                          bias.defined() ? bias.const_data_ptr<float>() : nullptr,
                          y.data_ptr<float>(),
                          matrix.size(0),
                          matrix.size(1)};
  const auto rows = x.size(0);
  const auto passes = (rows + kRowsAtOnce - 1) / kRowsAtOnce;
  // Threads share the columns, in pieces of whole cache lines; a fork and join costs what some ten thousand products
  // do.
  constexpr std::int64_t kPiece = 64;
  constexpr std::int64_t kLeastWork = 131072;
  const auto pieces = (operands.out + kPiece - 1) / kPiece;
  const auto grain = std::max<std::int64_t>(1, kLeastWork / std::max<std::int64_t>(1, kPiece * operands.in));
  at::parallel_for(0, pieces, grain, [&](std::int64_t first, std::int64_t last) {
    const auto end = std::min(last * kPiece, operands.out);
    for (std::int64_t pass = 0; pass < passes; ++pass) {
      const auto from = rows * pass / passes;
      const auto count = rows * (pass + 1) / passes - from;
      (*table())[static_cast<std::size_t>(count - 1)](operands, from, first * kPiece, end);
    }
  });
  return y;
}

}  // namespace rosa::model
