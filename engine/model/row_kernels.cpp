// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/row_kernels.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace rosa::model {

namespace {

using Floats8 = float __attribute__((vector_size(32)));
using Floats16 = float __attribute__((vector_size(64)));
using Ints8 = std::int32_t __attribute__((vector_size(32)));
using Ints16 = std::int32_t __attribute__((vector_size(64)));

template <typename Floats>
struct Lanes;
template <>
struct Lanes<Floats8> {
  using Ints = Ints8;
};
template <>
struct Lanes<Floats16> {
  using Ints = Ints16;
};

template <typename Floats>
constexpr std::int64_t kLanes = sizeof(Floats) / sizeof(float);

// Vectors go by reference: by value they would change how a function is called, from processor to processor.

/// What is left of a row may be less than a vector.
template <typename Floats>
[[gnu::always_inline]] inline void load(Floats& into, const float* from, std::int64_t count) {
  if (count >= kLanes<Floats>) {
    std::memcpy(&into, from, sizeof(Floats));
  } else {
    into = Floats{};
    std::memcpy(&into, from, static_cast<std::size_t>(count) * sizeof(float));
  }
}

template <typename Floats>
[[gnu::always_inline]] inline void store(float* into, const Floats& from, std::int64_t count) {
  std::memcpy(into, &from, static_cast<std::size_t>(std::min(count, kLanes<Floats>)) * sizeof(float));
}

template <typename Floats>
[[gnu::always_inline]] inline float total(const Floats& x) {
  float sum = 0;
  for (std::int64_t i = 0; i < kLanes<Floats>; ++i) sum += x[i];
  return sum;
}

/// x becomes eˣ: 2ⁿ times a polynomial of what is left of x / log 2 (the coefficients of Cephes' expf, 2 ulp).
template <typename Floats>
[[gnu::always_inline]] inline void exponentiate(Floats& x) {
  using Ints = typename Lanes<Floats>::Ints;
  constexpr float kLeast = -87, kMost = 88;
  constexpr float kShift = 12582912;  // 1.5·2²³: what is added to it loses its fraction
  const Floats least = Floats{} + kLeast, most = Floats{} + kMost;
  x = x < least ? least : x;
  x = x > most ? most : x;
  const Floats whole = (x * 1.44269504F + kShift) - kShift;
  x -= whole * 0.693359375F;
  x -= whole * -2.12194440e-4F;
  Floats y = x * 1.9875691500e-4F + 1.3981999507e-3F;
  y = y * x + 8.3334519073e-3F;
  y = y * x + 4.1665795894e-2F;
  y = y * x + 1.6666665459e-1F;
  y = y * x + 5.0000001201e-1F;
  y = y * x * x + x + 1.0F;
  const Ints power = (__builtin_convertvector(whole, Ints) + 127) << 23;
  x = y * __builtin_bit_cast(Floats, power);
}

constexpr float kTanhFactor = 0.7978845608F;  // sqrt(2 / pi)
constexpr float kTanhCube = 0.044715F;

/// act(x), and its derivative.
template <Activation kind, typename Floats>
[[gnu::always_inline]] inline void activated(const Floats& x, Floats& value, Floats& slope) {
  if constexpr (kind == Activation::Silu) {
    Floats power = -x;
    exponentiate(power);
    const Floats sigmoid = 1.0F / (power + 1.0F);
    value = x * sigmoid;
    slope = sigmoid + value * (1.0F - sigmoid);
  } else {
    const Floats square = x * x;
    Floats power = 2 * kTanhFactor * x * (square * kTanhCube + 1.0F);
    exponentiate(power);
    const Floats rest = 1.0F / (power + 1.0F);  // (1 - tanh) / 2, which keeps its digits where tanh nears 1
    const Floats share = 1.0F - rest;
    value = x * share;
    slope = share + x * (rest * share) * (2 * kTanhFactor) * (square * (3 * kTanhCube) + 1.0F);
  }
}

struct ActivationRows {
  const float* pre;
  const float* gradient;  ///< null going forward
  float* result;          ///< going back, `pre` itself
  std::int64_t width;
  bool gated;

  template <Activation kind, typename Floats>
  [[gnu::always_inline]] inline void forward(std::int64_t row) const {
    const auto* gate = pre + row * (gated ? 2 : 1) * width;
    auto* into = result + row * width;
    for (std::int64_t i = 0; i < width; i += kLanes<Floats>) {
      Floats x, value, slope;
      load(x, gate + i, width - i);
      activated<kind>(x, value, slope);
      if (gated) {
        load(x, gate + width + i, width - i);
        value *= x;
      }
      store(into + i, value, width - i);
    }
  }

  template <Activation kind, typename Floats>
  [[gnu::always_inline]] inline void backward(std::int64_t row) const {
    const auto* gate = pre + row * (gated ? 2 : 1) * width;
    const auto* from = gradient + row * width;
    auto* into = result + row * (gated ? 2 : 1) * width;
    for (std::int64_t i = 0; i < width; i += kLanes<Floats>) {
      Floats x, value, slope, dy;
      load(x, gate + i, width - i);
      load(dy, from + i, width - i);
      activated<kind>(x, value, slope);
      if (gated) {  // what is written may lie where it was read
        load(x, gate + width + i, width - i);
        slope *= x;
        store(into + width + i, dy * value, width - i);
      }
      store(into + i, dy * slope, width - i);
    }
  }

  template <Activation kind, typename Floats>
  [[gnu::always_inline]] inline void of(std::int64_t row) const {
    if (gradient == nullptr) {
      forward<kind, Floats>(row);
    } else {
      backward<kind, Floats>(row);
    }
  }
};

struct SiluRows : ActivationRows {
  template <typename Floats>
  [[gnu::always_inline]] inline void run(std::int64_t row) const {
    of<Activation::Silu, Floats>(row);
  }
};

struct GeluTanhRows : ActivationRows {
  template <typename Floats>
  [[gnu::always_inline]] inline void run(std::int64_t row) const {
    of<Activation::GeluTanh, Floats>(row);
  }
};

struct RmsRows {
  const float* x;
  const float* factors;
  float* y;
  float* inverse;
  std::int64_t width;
  float epsilon;

  template <typename Floats>
  [[gnu::always_inline]] inline void run(std::int64_t row) const {
    const auto* from = x + row * width;
    auto* into = y + row * width;
    Floats value, factor, sum{};
    for (std::int64_t i = 0; i < width; i += kLanes<Floats>) {
      load(value, from + i, width - i);
      sum += value * value;
    }
    const float scale = 1 / std::sqrt(total(sum) / static_cast<float>(width) + epsilon);
    inverse[row] = scale;
    for (std::int64_t i = 0; i < width; i += kLanes<Floats>) {
      load(value, from + i, width - i);
      load(factor, factors + i, width - i);
      store(into + i, value * scale * factor, width - i);
    }
  }
};

struct RmsBackwardRows {
  const float* gradient;
  const float* x;
  const float* factors;
  const float* inverse;
  float* result;
  std::int64_t width;

  template <typename Floats>
  [[gnu::always_inline]] inline void run(std::int64_t row) const {
    const auto* dy = gradient + row * width;
    const auto* from = x + row * width;
    auto* into = result + row * width;
    const auto scale = inverse[row];
    Floats value, factor, slope, sum{};
    for (std::int64_t i = 0; i < width; i += kLanes<Floats>) {
      load(value, from + i, width - i);
      load(factor, factors + i, width - i);
      load(slope, dy + i, width - i);
      sum += slope * factor * value;
    }
    const float along = total(sum) / static_cast<float>(width) * scale * scale;
    for (std::int64_t i = 0; i < width; i += kLanes<Floats>) {
      load(value, from + i, width - i);
      load(factor, factors + i, width - i);
      load(slope, dy + i, width - i);
      store(into + i, (slope * factor - value * along) * scale, width - i);
    }
  }
};

/// A row is a token: all of its heads.
struct TurnRows {
  float* x;
  const float* cosine;
  const float* sine;
  std::int64_t heads, pairs, tokenStride, headStride;
  float direction;

  template <typename Floats>
  [[gnu::always_inline]] inline void run(std::int64_t row) const {
    for (std::int64_t i = 0; i < pairs; i += kLanes<Floats>) {
      Floats c, s, first, second;
      load(c, cosine + row * pairs + i, pairs - i);
      load(s, sine + row * pairs + i, pairs - i);
      s *= direction;
      for (std::int64_t head = 0; head < heads; ++head) {
        auto* at = x + row * tokenStride + head * headStride + i;
        load(first, at, pairs - i);
        load(second, at + pairs, pairs - i);
        store(at, first * c - second * s, pairs - i);
        store(at + pairs, second * c + first * s, pairs - i);
      }
    }
  }
};

/// The keys first..last-1 that a row of a tile sees.
struct Seen {
  std::int64_t first, last;
};
Seen seenBy(const TileRows& tile, std::int64_t row) {
  const auto query = static_cast<std::size_t>(row / tile.groups) % tile.first.size();
  return {tile.first[query], tile.last[query]};
}
void clearUnseen(float* values, const Seen& seen, std::int64_t keys) {
  std::fill(values, values + seen.first, 0.0F);
  std::fill(values + seen.last, values + keys, 0.0F);
}

/// A row of a tile of scores.
struct SoftmaxRows {
  float* scores;
  float* logSumExp;
  float* inverse;
  std::int64_t keys;
  const TileRows& tile;

  template <typename Floats>
  [[gnu::always_inline]] inline void run(std::int64_t row) const {
    const auto seen = seenBy(tile, row);
    const auto first = seen.first, last = seen.last;
    auto* from = scores + row * keys;
    clearUnseen(from, seen, keys);
    float largest = from[first];
    Floats value, most = Floats{} + largest;
    const auto whole = first + (last - first) / kLanes<Floats> * kLanes<Floats>;
    for (auto i = first; i < whole; i += kLanes<Floats>) {
      load(value, from + i, last - i);
      most = value > most ? value : most;
    }
    for (std::int64_t i = 0; i < kLanes<Floats>; ++i) largest = std::max<float>(largest, most[i]);
    for (auto i = whole; i < last; ++i) largest = std::max(largest, from[i]);
    Floats sums{};
    for (auto i = first; i < whole; i += kLanes<Floats>) {
      load(value, from + i, last - i);
      value -= largest;
      exponentiate(value);
      sums += value;
      store(from + i, value, last - i);
    }
    float sum = total(sums);
    if (whole < last) {
      load(value, from + whole, last - whole);
      value -= largest;
      exponentiate(value);
      store(from + whole, value, last - whole);
      for (auto i = whole; i < last; ++i) sum += from[i];
    }
    logSumExp[row] = largest + std::log(sum);
    inverse[row] = 1 / sum;
  }
};

struct SoftmaxBackwardRows {
  float* scores;
  float* gradient;
  const float* logSumExp;
  const float* along;
  std::int64_t keys;
  const TileRows& tile;

  template <typename Floats>
  [[gnu::always_inline]] inline void run(std::int64_t row) const {
    const auto seen = seenBy(tile, row);
    const auto first = seen.first, last = seen.last;
    auto* from = scores + row * keys;
    auto* slopes = gradient + row * keys;
    for (auto* values : {from, slopes}) clearUnseen(values, seen, keys);
    for (auto i = first; i < last; i += kLanes<Floats>) {
      Floats value, slope;
      load(value, from + i, last - i);
      load(slope, slopes + i, last - i);
      value -= logSumExp[row];
      exponentiate(value);
      store(from + i, value, last - i);
      store(slopes + i, value * (slope - along[row]), last - i);
    }
  }
};

template <typename Rows, typename Floats>
[[gnu::always_inline]] inline void runPart(const Rows& rows, std::int64_t begin, std::int64_t end) {
  for (auto row = begin; row < end; ++row) rows.template run<Floats>(row);
}

#if defined(__x86_64__)
template <typename Rows>
__attribute__((target("avx512f,fma"))) void runAvx512(const Rows& rows, std::int64_t begin, std::int64_t end) {
  runPart<Rows, Floats16>(rows, begin, end);
}
template <typename Rows>
__attribute__((target("avx2,fma"))) void runAvx2(const Rows& rows, std::int64_t begin, std::int64_t end) {
  runPart<Rows, Floats8>(rows, begin, end);
}
template <typename Rows>
void runHere(const Rows& rows, std::int64_t begin, std::int64_t end) {
  static const bool kHasAvx512 = __builtin_cpu_supports("avx512f");
  kHasAvx512 ? runAvx512(rows, begin, end) : runAvx2(rows, begin, end);
}
bool isWrittenFor() {
  static const bool kIs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return kIs;
}
#else
template <typename Rows>
void runHere(const Rows& rows, std::int64_t begin, std::int64_t end) {
  runPart<Rows, Floats8>(rows, begin, end);
}
bool isWrittenFor() {
  return true;
}
#endif

template <typename Rows>
void runRows(const Rows& rows, std::int64_t count, std::int64_t width) {
  constexpr std::int64_t kLeastNumbers = 16384;  // worth a thread
  at::parallel_for(0, count, std::max<std::int64_t>(1, kLeastNumbers / std::max<std::int64_t>(1, width)),
                   [&](std::int64_t begin, std::int64_t end) { runHere(rows, begin, end); });
}

void runActivation(const ActivationRows& rows, Activation activation, std::int64_t count) {
  if (activation == Activation::Silu) {
    runRows(SiluRows{rows}, count, rows.width);
  } else {
    runRows(GeluTanhRows{rows}, count, rows.width);
  }
}

}  // namespace

bool takesRowKernel(const at::Tensor& tensor) {
  return !tensor.defined() ||
         (tensor.is_cpu() && tensor.scalar_type() == at::kFloat && tensor.is_contiguous() && isWrittenFor());
}

at::Tensor activateRows(const at::Tensor& pre, Activation activation, bool gated) {
  const auto width = gated ? pre.size(1) / 2 : pre.size(1);
  auto y = at::empty({pre.size(0), width}, pre.options());
  runActivation({pre.const_data_ptr<float>(), nullptr, y.mutable_data_ptr<float>(), width, gated}, activation,
                pre.size(0));
  return y;
}

void activateRowsBackward(const at::Tensor& gradient, const at::Tensor& pre, Activation activation, bool gated) {
  const auto width = gated ? pre.size(1) / 2 : pre.size(1);
  auto* const both = pre.mutable_data_ptr<float>();
  runActivation({both, gradient.const_data_ptr<float>(), both, width, gated}, activation, pre.size(0));
}

at::Tensor rmsRows(const at::Tensor& x, const at::Tensor& factors, double epsilon, at::Tensor& inverse) {
  auto y = at::empty_like(x);
  auto sizes = x.sizes().vec();
  sizes.back() = 1;
  inverse = at::empty(sizes, x.options());
  const auto width = x.size(-1);
  runRows(RmsRows{x.const_data_ptr<float>(), factors.const_data_ptr<float>(), y.mutable_data_ptr<float>(),
                  inverse.mutable_data_ptr<float>(), width, static_cast<float>(epsilon)},
          inverse.numel(), width);
  return y;
}

at::Tensor rmsRowsBackward(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& factors,
                           const at::Tensor& inverse) {
  auto result = at::empty_like(x);
  const auto width = x.size(-1);
  runRows(RmsBackwardRows{gradient.const_data_ptr<float>(), x.const_data_ptr<float>(), factors.const_data_ptr<float>(),
                          inverse.const_data_ptr<float>(), result.mutable_data_ptr<float>(), width},
          inverse.numel(), width);
  return result;
}

void turnRows(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine, bool back) {
  const auto pairs = cosine.size(2);
  runRows(TurnRows{x.mutable_data_ptr<float>(), cosine.const_data_ptr<float>(), sine.const_data_ptr<float>(), x.size(1),
                   pairs, x.stride(0), x.stride(1), back ? -1.0F : 1.0F},
          x.size(0), x.size(1) * x.size(2));
}

TileSums softmaxTile(const at::Tensor& scores, const TileRows& rows) {
  const auto count = scores.size(0) * scores.size(1);
  TileSums sums{at::empty({scores.size(0), scores.size(1)}, scores.options()),
                at::empty({scores.size(0), scores.size(1)}, scores.options())};
  runRows(SoftmaxRows{scores.mutable_data_ptr<float>(), sums.logSumExp.mutable_data_ptr<float>(),
                      sums.inverse.mutable_data_ptr<float>(), scores.size(2), rows},
          count, scores.size(2));
  return sums;
}

void softmaxTileBackward(const at::Tensor& scores, const at::Tensor& gradient, const at::Tensor& logSumExp,
                         const at::Tensor& along, const TileRows& rows) {
  runRows(SoftmaxBackwardRows{scores.mutable_data_ptr<float>(), gradient.mutable_data_ptr<float>(),
                              logSumExp.const_data_ptr<float>(), along.const_data_ptr<float>(), scores.size(2), rows},
          scores.size(0) * scores.size(1), scores.size(2));
}

}  // namespace rosa::model
