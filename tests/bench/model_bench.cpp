// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "device/gemm.h"
#include "engine/adapt/matrices.h"
#include "model/activation.h"
#include "model/row_kernels.h"
#include "model/tiled_attention.h"

/// Our forms of a block's parts beside LibTorch's, on the shapes of Qwen2.5 0.5B: the figures behind gemm.h,
/// row_kernels.h and tiled_attention.h. Machines are shared, so the least of several repetitions counts:
///
///   cmake -S . -B build/bench -G Ninja -DROSA_BUILD_UI=OFF -DROSA_BUILD_BENCHMARKS=ON && ninja -C build/bench
///   build/bench/bin/model_bench
namespace rosa::model {
namespace {

double least(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

/// x·Wᵀ of a stored W [out, in], or dy·W going back, by one of LibTorch's two libraries.
void Product(benchmark::State& state, bool oneDnn, bool back) {
  const auto rows = state.range(0), in = state.range(1), out = state.range(2);
  const auto stored = test::randomMatrix(out, in, 1);
  const auto weight = back ? stored : stored.t();
  const auto x = test::randomMatrix(rows, weight.size(0), 2);
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(oneDnn ? device::fastProduct(x, weight) : at::mm(x, weight));
  }
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * static_cast<double>(rows * in * out), benchmark::Counter::kIsIterationInvariantRate);
}

void Products(benchmark::internal::Benchmark* bench) {
  for (const std::int64_t rows : {16, 64, 512}) {
    bench->Args({rows, 896, 9728})->Args({rows, 4864, 896})->Args({rows, 896, 896});
  }
  bench->Args({64, 896, 151936})->Repetitions(3)->ComputeStatistics("least", least)->ReportAggregatesOnly();
  bench->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK_CAPTURE(Product, mkl, false, false)->Apply(Products);
BENCHMARK_CAPTURE(Product, onednn, true, false)->Apply(Products);
BENCHMARK_CAPTURE(Product, mkl_back, false, true)->Apply(Products);
BENCHMARK_CAPTURE(Product, onednn_back, true, true)->Apply(Products);

/// Forward and backward of one causal sequence.
void Attention(benchmark::State& state, bool tiled) {
  const auto tokens = state.range(0), heads = state.range(1), keyHeads = state.range(2);
  const AttentionShape shape{heads, keyHeads, 64, true};
  const auto query = test::randomMatrix(tokens, heads * 64, 1).unflatten(1, {heads, 64});
  const auto key = test::randomMatrix(tokens, keyHeads * 64, 2).unflatten(1, {keyHeads, 64});
  const auto value = test::randomMatrix(tokens, keyHeads * 64, 3).unflatten(1, {keyHeads, 64});
  const auto first = [](const at::Tensor& x) { return x.transpose(0, 1).unsqueeze(0); };
  auto out = at::empty_like(query), dQuery = at::empty_like(query);
  auto dKey = at::empty_like(key), dValue = at::empty_like(value);
  for ([[maybe_unused]] auto _ : state) {
    if (tiled) {
      const auto sums = tiledAttention(query, key, value, shape, out);
      tiledAttentionBackward(query, key, value, out, sums, query, shape, {dQuery, dKey, dValue});
      continue;
    }
    const auto k = first(key).repeat_interleave(heads / keyHeads, 1);
    const auto v = first(value).repeat_interleave(heads / keyHeads, 1);
    const auto [y, sums] = at::_scaled_dot_product_flash_attention_for_cpu(first(query), k, v, 0.0, true);
    benchmark::DoNotOptimize(
        at::_scaled_dot_product_flash_attention_for_cpu_backward(first(query), first(query), k, v, y, sums, 0.0, true));
  }
}

void Lengths(benchmark::internal::Benchmark* bench) {
  for (const std::int64_t tokens : {64, 128, 512, 2048}) bench->Args({tokens, 14, 2})->Args({tokens, 12, 12});
  bench->Repetitions(3)->ComputeStatistics("least", least)->ReportAggregatesOnly();
  bench->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK_CAPTURE(Attention, flash, false)->Apply(Lengths);
BENCHMARK_CAPTURE(Attention, tiled, true)->Apply(Lengths);

/// act(gate)·up and its gradient, 512 x 4864.
void GatedActivation(benchmark::State& state, bool kernel) {
  const auto pre = test::randomMatrix(512, 9728, 1);
  const auto gradient = test::randomMatrix(512, 4864, 2);
  const auto gate = pre.narrow(1, 0, 4864), up = pre.narrow(1, 4864, 4864);
  for ([[maybe_unused]] auto _ : state) {
    if (kernel) {
      benchmark::DoNotOptimize(activateRows(pre, Activation::Silu, true));
      activateRowsBackward(gradient, pre, Activation::Silu, true);
    } else {
      benchmark::DoNotOptimize(at::silu(gate).mul_(up));
      auto result = at::empty_like(pre);
      result.narrow(1, 0, 4864).copy_(at::silu_backward(gradient * up, gate));
      auto ofUp = result.narrow(1, 4864, 4864);
      at::mul_out(ofUp, gradient, at::silu(gate));
      benchmark::DoNotOptimize(result);
    }
  }
}
BENCHMARK_CAPTURE(GatedActivation, aten, false)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(GatedActivation, kernel, true)->Unit(benchmark::kMillisecond)->UseRealTime();

/// A root mean square norm of 512 x 896 and its gradient.
void RmsNorm(benchmark::State& state, bool kernel) {
  const auto x = test::randomMatrix(512, 896, 1), gradient = test::randomMatrix(512, 896, 2);
  const auto weight = test::randomMatrix(1, 896, 3).squeeze(0);
  for ([[maybe_unused]] auto _ : state) {
    at::Tensor inverse;
    if (kernel) {
      benchmark::DoNotOptimize(rmsRows(x, weight, 1e-6, inverse));
      benchmark::DoNotOptimize(rmsRowsBackward(gradient, x, weight, inverse));
    } else {
      inverse = x.square().mean(-1, true).add_(1e-6).rsqrt_();
      benchmark::DoNotOptimize((x * inverse).mul_(weight));
      const auto normalised = x * inverse;
      auto dx = gradient * weight;
      const auto along = (dx * normalised).mean(-1, true);
      benchmark::DoNotOptimize(dx.sub_(normalised * along).mul_(inverse));
    }
  }
}
BENCHMARK_CAPTURE(RmsNorm, aten, false)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(RmsNorm, kernel, true)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace rosa::model

int main(int count, char** arguments) {
  const at::NoGradGuard noGrad;
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
