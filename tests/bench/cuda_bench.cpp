// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <ATen/DeviceAccelerator.h>
#include <benchmark/benchmark.h>

#include <cstdint>

#include "device/cuda_kernels.h"
#include "device/device.h"

/// Our own CUDA kernels beside LibTorch's operations for the same sums:
///
///   cmake -S . -B build/bench -G Ninja -DROSA_BUILD_UI=OFF -DROSA_BUILD_BENCHMARKS=ON && ninja -C build/bench
///   cuda_bench build/bench/bin/cuda_bench
namespace rosa::device {
namespace {

const c10::Device kGpu(c10::DeviceType::CUDA, 0);
constexpr int kCalls = 50;  // a measured stretch, so that waiting for the device weighs little

at::Tensor random(std::int64_t rows, std::int64_t columns) {
  return at::randn({rows, columns}, at::TensorOptions(at::kFloat).device(kGpu));
}

MatrixView viewOf(const at::Tensor& matrix) {
  return {matrix.mutable_data_ptr<float>(), matrix.size(0), matrix.size(1), matrix.stride(0)};
}

template <typename Call>
void measure(benchmark::State& state, const Call& call) {
  if (!cudaState().usable) {
    state.SkipWithError(cudaState().explanation.c_str());
    return;
  }
  call();
  for ([[maybe_unused]] auto _ : state) {
    for (int i = 0; i < kCalls; ++i) call();
    at::accelerator::synchronizeDevice(0);
  }
  state.SetItemsProcessed(state.iterations() * kCalls);
}

/// W += A'·B' - A·B; arguments in, out, rank.
void WeightUpdate(benchmark::State& state, bool own) {
  if (!cudaState().usable) return state.SkipWithError(cudaState().explanation.c_str());
  const auto in = state.range(0), out = state.range(1), rank = state.range(2);
  const auto weight = random(in, out);
  const auto newLeft = random(rank, in), oldLeft = random(rank, in);
  const auto newB = random(rank, out), oldB = random(rank, out);
  const auto newA = newLeft.t(), oldA = oldLeft.t();
  const auto* kernels = cudaKernels();
  if (own && kernels == nullptr) return state.SkipWithError("no plug-in");
  measure(state, [&] {
    if (own) {
      benchmark::DoNotOptimize(
          kernels->updateWeight(viewOf(weight), viewOf(newLeft), viewOf(newB), viewOf(oldLeft), viewOf(oldB), 1e-6F));
    } else {
      weight.addmm_(at::cat({newA - oldA, oldA}, 1), at::cat({newB, newB - oldB}, 0), 1, 1e-6);
    }
  });
}

void weightShapes(benchmark::internal::Benchmark* bench) {
  for (const auto rank : {8, 32}) bench->Args({768, 2304, rank})->Args({384, 384, rank})->Args({4096, 4096, rank});
}
BENCHMARK_CAPTURE(WeightUpdate, own, true)->Apply(weightShapes);
BENCHMARK_CAPTURE(WeightUpdate, libtorch, false)->Apply(weightShapes);

}  // namespace
}  // namespace rosa::device

BENCHMARK_MAIN();
