// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/few_rows.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "adapt/frozen_weight.h"

namespace rosa::adapt {

namespace {

constexpr std::int64_t kMostRows = 24;      // beyond, a general product is faster
constexpr std::int64_t kMostWideRows = 15;  // of a W in fp32 that lies column by column
constexpr int kRowsAtOnce = 12;             // sums that fit into the registers
constexpr std::int64_t kDepth = 8;          // rows of W between loads and stores of the sums

struct Operands {
  const float* x;
  const void* matrix;
  const float* bias;  ///< or null
  float* y;
  std::int64_t in, out;
  std::int64_t stride;  ///< numbers from one column of W to the next, where it lies column by column
};

using Multiply = void (*)(const Operands&, std::int64_t, std::int64_t, std::int64_t);

struct Kernels {
  std::array<Multiply, kRowsAtOnce> ofRows;  ///< for one row, for two, ...
  std::int64_t lanes;
  int inWord;  ///< stored numbers in a word, in whose order the kernels take x
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
  const auto* matrix = static_cast<const float*>(operands.matrix);
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
          std::memcpy(&weights[v], matrix + (k + d) * out + n + v * kVectorLanes, sizeof(Vector));
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
        y[m * out + n] += x[m * in + k] * matrix[k * out + n];
      }
    }
  }
}

/// A number of W in half precision as it is stored.
struct Bf16 {
  std::uint16_t bits;
};
struct Fp16 {
  std::uint16_t bits;
};

/// A vector of fp32, and of the words of as many bits. GCC wants their sizes as plain numbers.
struct Lanes8 {
  using Floats = Vector8;
  using Words = std::uint32_t __attribute__((vector_size(32)));
  using Whole = std::int32_t __attribute__((vector_size(32)));
  static constexpr int kSums = 6;  // about half of the registers
};
struct Lanes16 {
  using Floats = Vector16;
  using Words = std::uint32_t __attribute__((vector_size(64)));
  using Whole = std::int32_t __attribute__((vector_size(64)));
  static constexpr int kSums = 12;
};
struct OneLane {
  using Floats = float;
  using Words = std::uint32_t;
  using Whole = std::int32_t;
};

template <typename Stored>
constexpr int kInWord = static_cast<int>(sizeof(std::uint32_t) / sizeof(Stored));

/// The kPlace-th stored number of each word, in fp32; of int8 without its scale. Vectors of a type are turned into
/// those of another as long by shifts alone: what GCC makes of numbers that change their length is many times as slow.
/// By reference: a vector that is returned has another place with AVX than without.
template <typename Lanes, typename Stored, int kPlace>
[[gnu::always_inline]] inline void widen(const typename Lanes::Words& words, typename Lanes::Floats& floats) {
  if constexpr (std::is_same_v<Stored, float>) {
    std::memcpy(&floats, &words, sizeof(floats));
  } else if constexpr (std::is_same_v<Stored, std::int8_t>) {
    const typename Lanes::Words moved = words << (24U - 8U * kPlace);
    typename Lanes::Whole whole;
    std::memcpy(&whole, &moved, sizeof(whole));
    whole >>= 24;
    if constexpr (std::is_same_v<Lanes, OneLane>) {
      floats = static_cast<float>(whole);
    } else {
      floats = __builtin_convertvector(whole, typename Lanes::Floats);
    }
  } else if constexpr (std::is_same_v<Stored, Bf16>) {
    const typename Lanes::Words bits = kPlace == 0 ? words << 16U : words & 0xFFFF0000U;
    std::memcpy(&floats, &bits, sizeof(floats));
  } else {
    // fp16's exponent, moved into fp32's place, is 112 too small; a product with a power of two is exact, also for the
    // numbers below fp16's normal ones. Inf and NaN would become finite.
    const typename Lanes::Words bits = kPlace == 0 ? words : words >> 16U;
    typename Lanes::Words moved = (bits & 0x7FFFU) << 13U;
    std::memcpy(&floats, &moved, sizeof(floats));
    floats *= 0x1p112F;
    std::memcpy(&moved, &floats, sizeof(floats));
    moved |= (bits & 0x8000U) << 16U;
    std::memcpy(&floats, &moved, sizeof(floats));
  }
}

template <typename Stored>
[[gnu::always_inline]] inline float wide(Stored number) {
  std::uint32_t word = 0;
  std::memcpy(&word, &number, sizeof(number));
  float widened = 0;
  widen<OneLane, Stored, 0>(word, widened);
  return widened;
}

template <typename Vector>
[[gnu::always_inline]] inline float sumOfLanes(const Vector& lanes) {
  constexpr std::size_t kVectorLanes = sizeof(Vector) / sizeof(float);
  std::array<float, kVectorLanes> all;
  std::memcpy(all.data(), &lanes, sizeof(Vector));
  for (auto half = kVectorLanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane) all[lane] += all[lane + half];
  }
  return all[0];
}

/// kRows rows of x times kOutputs columns of a W that lies column by column: their numbers are read once. x lies as
/// `inOrderOfWords` puts it.
template <typename Lanes, typename Stored, int kRows, int kOutputs>
[[gnu::always_inline]] inline void multiplyColumns(const Operands& operands, std::int64_t row, std::int64_t first) {
  using Vector = typename Lanes::Floats;
  constexpr std::int64_t kVectorLanes = sizeof(Vector) / sizeof(float);
  constexpr int kPlaces = kInWord<Stored>;
  constexpr std::int64_t kBlock = kVectorLanes * kPlaces;
  const auto in = operands.in;
  const auto whole = in / kBlock * kBlock;
  const auto* x = operands.x + row * in;
  const auto* matrix = static_cast<const Stored*>(operands.matrix) + first * operands.stride;
  Vector sums[kOutputs][kRows] = {};
  for (std::int64_t k = 0; k < whole; k += kBlock) {
    typename Lanes::Words words[kOutputs];
    for (int n = 0; n < kOutputs; ++n) std::memcpy(&words[n], matrix + n * operands.stride + k, sizeof(Vector));
    const auto addPlace = [&]<int kPlace>(std::integral_constant<int, kPlace> /*place*/)
        __attribute__((always_inline)) {
      Vector inputs[kRows];
      for (int m = 0; m < kRows; ++m) {
        std::memcpy(&inputs[m], x + m * in + k + kPlace * kVectorLanes, sizeof(Vector));
      }
      for (int n = 0; n < kOutputs; ++n) {
        Vector weights;
        widen<Lanes, Stored, kPlace>(words[n], weights);
        for (int m = 0; m < kRows; ++m) sums[n][m] += inputs[m] * weights;
      }
    };
    addPlace(std::integral_constant<int, 0>());
    if constexpr (kPlaces > 1) addPlace(std::integral_constant<int, 1>());
    if constexpr (kPlaces > 2) addPlace(std::integral_constant<int, 2>());
    if constexpr (kPlaces > 2) addPlace(std::integral_constant<int, 3>());
  }
  for (int n = 0; n < kOutputs; ++n) {
    const auto* column = matrix + n * operands.stride;
    float scale = 1;
    // The scale of an int8 column lies behind its numbers, at the end of the stride (adapt/frozen_weight.h).
    if constexpr (std::is_same_v<Stored, std::int8_t>) {
      std::memcpy(&scale, column + operands.stride - static_cast<std::int64_t>(sizeof(float)), sizeof(float));
    }
    for (int m = 0; m < kRows; ++m) {
      auto sum = sumOfLanes(sums[n][m]);
      for (auto k = whole; k < in; ++k) sum += x[m * in + k] * wide(column[k]);
      const auto bias = operands.bias != nullptr ? operands.bias[first + n] : 0.0F;
      operands.y[(row + m) * operands.out + first + n] = sum * scale + bias;
    }
  }
}

/// Columns begin..end, as many at a time as there are registers for.
template <typename Lanes, typename Stored, int kRows>
[[gnu::always_inline]] inline void multiplyByColumns(const Operands& operands, std::int64_t row, std::int64_t begin,
                                                     std::int64_t end) {
  constexpr int kOutputs = std::clamp(Lanes::kSums / kRows, 1, 8);
  auto column = begin;
  for (; column + kOutputs <= end; column += kOutputs) {
    multiplyColumns<Lanes, Stored, kRows, kOutputs>(operands, row, column);
  }
  for (; column < end; ++column) multiplyColumns<Lanes, Stored, kRows, 1>(operands, row, column);
}

/// How W lies: a type for each kernel.
struct ByRows {
  static constexpr int kInWord = 1;
};
template <typename Stored>
struct ByColumns {
  static constexpr int kInWord = adapt::kInWord<Stored>;
};

template <typename Lanes, int kRows, int kVectors>
[[gnu::always_inline]] inline void run(ByRows /*layout*/, const Operands& operands, std::int64_t row,
                                       std::int64_t begin, std::int64_t end) {
  multiply<typename Lanes::Floats, kRows, kVectors>(operands, row, begin, end);
}
template <typename Lanes, int kRows, int /*kVectors*/, typename Stored>
[[gnu::always_inline]] inline void run(ByColumns<Stored> /*layout*/, const Operands& operands, std::int64_t row,
                                       std::int64_t begin, std::int64_t end) {
  multiplyByColumns<Lanes, Stored, kRows>(operands, row, begin, end);
}

template <typename Layout, int kRows>
__attribute__((target("avx512f,fma"))) void multiplyAvx512(const Operands& operands, std::int64_t row,
                                                           std::int64_t begin, std::int64_t end) {
  run<Lanes16, kRows, kRows <= 8 ? 2 : 1>(Layout(), operands, row, begin, end);
}
template <typename Layout, int kRows>
__attribute__((target("avx2,fma"))) void multiplyAvx2(const Operands& operands, std::int64_t row, std::int64_t begin,
                                                      std::int64_t end) {
  run<Lanes8, kRows, kRows <= 4 ? 2 : 1>(Layout(), operands, row, begin, end);
}

template <typename Layout, int... kRows>
const Kernels* kernelsFor(std::integer_sequence<int, kRows...>) {
  static constexpr Kernels kAvx512 = {{&multiplyAvx512<Layout, kRows + 1>...}, 16, Layout::kInWord};
  static constexpr Kernels kAvx2 = {{&multiplyAvx2<Layout, kRows + 1>...}, 8, Layout::kInWord};
  if (__builtin_cpu_supports("avx512f")) return &kAvx512;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kAvx2 : nullptr;
}

template <typename Layout>
const Kernels* kernelsOf() {
  static const Kernels* const kKernels = kernelsFor<Layout>(std::make_integer_sequence<int, kRowsAtOnce>());
  return kKernels;
}

/// Null where nothing is written for the processor or for the way in which W lies.
const Kernels* kernelsFor(const at::Tensor& matrix) {
  if (matrix.is_contiguous() && matrix.scalar_type() == at::kFloat) return kernelsOf<ByRows>();
  if (matrix.stride(0) != 1 || matrix.stride(1) < matrix.size(0)) return nullptr;
  switch (matrix.scalar_type()) {
    case at::kFloat:
      return kernelsOf<ByColumns<float>>();
    case at::kBFloat16:
      return kernelsOf<ByColumns<Bf16>>();
    case at::kHalf:
      return kernelsOf<ByColumns<Fp16>>();
    case at::kChar:
      return kernelsOf<ByColumns<std::int8_t>>();
    default:
      return nullptr;
  }
}

#else

const Kernels* kernelsFor(const at::Tensor& /*matrix*/) {
  return nullptr;
}

#endif

/// x with the first numbers of a vector's words before their second ones, and so on; what fills no vectors stays.
at::Tensor inOrderOfWords(const at::Tensor& x, std::int64_t lanes, std::int64_t inWord) {
  if (inWord == 1) return x;
  const auto block = lanes * inWord;
  auto ordered = x.clone();
  const auto* from = x.const_data_ptr<float>();
  auto* to = ordered.mutable_data_ptr<float>();
  for (std::int64_t row = 0; row < x.size(0); ++row, from += x.size(1), to += x.size(1)) {
    for (std::int64_t k = 0; k + block <= x.size(1); k += block) {
      for (std::int64_t lane = 0; lane < lanes; ++lane) {
        for (std::int64_t place = 0; place < inWord; ++place) {
          to[k + place * lanes + lane] = from[k + lane * inWord + place];
        }
      }
    }
  }
  return ordered;
}

std::int64_t mostRows(const at::Tensor& matrix) {
  return matrix.is_contiguous() || isNarrow(matrix) ? kMostRows : kMostWideRows;
}

}  // namespace

bool hasFewRows(const at::Tensor& x, const at::Tensor& matrix) {
  return x.size(0) <= mostRows(matrix) && !c10::GradMode::is_enabled() && x.is_cpu() && x.scalar_type() == at::kFloat &&
         x.is_contiguous() && matrix.is_cpu() && kernelsFor(matrix) != nullptr;
}

at::Tensor fewRowsProduct(const at::Tensor& x, const at::Tensor& matrix, const at::Tensor& bias) {
  const auto& kernels = *kernelsFor(matrix);
  const auto ordered = inOrderOfWords(x, kernels.lanes, kernels.inWord);
  auto y = at::empty({x.size(0), matrix.size(1)}, x.options());
  Operands operands{};
  operands.x = ordered.const_data_ptr<float>();
  operands.matrix = matrix.const_data_ptr();
  if (bias.defined()) operands.bias = bias.const_data_ptr<float>();
  operands.y = y.data_ptr<float>();
  operands.in = matrix.size(0);
  operands.out = matrix.size(1);
  operands.stride = matrix.stride(1);
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
      kernels.ofRows[static_cast<std::size_t>(count - 1)](operands, from, first * kPiece, end);
    }
  });
  return y;
}

}  // namespace rosa::adapt
