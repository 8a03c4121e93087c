// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "adapt/factorise.h"
#include "adapt/method.h"
#include "engine/adapt/matrices.h"

/// What a step and a resample cost an adapted layer; the figures behind form_rule.cpp. Machines are shared, so the
/// least of several repetitions counts:
///
///   cmake -S . -B build/bench -G Ninja -DROSA_BUILD_UI=OFF -DROSA_BUILD_BENCHMARKS=ON && ninja -C build/bench
///   adapt_bench build/bench/bin/adapt_bench --benchmark_filter=Step
namespace rosa::adapt {
namespace {

struct Shape {
  std::int64_t in, out;
};
/// The matrices of a block of GPT-2 small: c_attn, attention's c_proj, c_fc, the MLP's c_proj.
constexpr std::array<Shape, 4> kBlock = {{{768, 2304}, {768, 768}, {768, 3072}, {3072, 768}}};
constexpr std::int64_t kBlocks = 12;
constexpr std::int64_t kRank = 8;

double least(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

struct Layer {
  at::Tensor weight;
  std::unique_ptr<Adaptation> adaptation;

  Layer(Shape shape, Form form, std::int64_t index)
      : weight(test::randomMatrix(shape.in, shape.out, static_cast<std::uint64_t>(index), 0.02)) {
    MethodSettings settings;
    settings.rank = Rank{kRank};
    settings.form = form;
    adaptation = *makeAdaptation(settings, weight, "layer", index);
    for (auto* parameter : adaptation->parameters()) parameter->gradient = at::zeros_like(parameter->value);
  }
};

/// Everything a form adds to x·W and dy·Wᵀ in one step of one matrix.
void Step(benchmark::State& state, Form form) {
  const auto shape = kBlock.at(static_cast<std::size_t>(state.range(0)));
  const std::int64_t tokens = state.range(1);
  Layer layer(shape, form, 0);
  layer.adaptation->resample(0, 100);
  const auto x = test::randomMatrix(tokens, shape.in, 1);
  const auto dy = test::randomMatrix(tokens, shape.out, 2);
  auto y = at::zeros({tokens, shape.out});
  auto dx = at::zeros({tokens, shape.in});
  for ([[maybe_unused]] auto _ : state) {
    SavedForBackward saved;
    layer.adaptation->forward(x, y, saved);
    layer.adaptation->backward(x, saved, dy, dx);
    layer.adaptation->beforeStep();
    layer.adaptation->afterStep();
  }
}

void stepSizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"matrix", "tokens"})->Unit(benchmark::kMillisecond)->UseRealTime();
  benchmark->Repetitions(9)->ReportAggregatesOnly()->ComputeStatistics("least", least);
  for (std::int64_t matrix = 0; matrix < 4; ++matrix) {
    for (const std::int64_t tokens : {128, 256, 530, 1024, 2048, 4096}) benchmark->Args({matrix, tokens});
  }
}

BENCHMARK_CAPTURE(Step, merged, Form::Merged)->Apply(stepSizes)->MinTime(0.05);
BENCHMARK_CAPTURE(Step, branch, Form::Branch)->Apply(stepSizes)->MinTime(0.05);

void FactoriseOne(benchmark::State& state) {
  const auto weight = test::randomMatrix(state.range(0), state.range(1), 1, 0.02);
  const std::int64_t side = std::min(state.range(0), state.range(1));
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(factorise(weight, {side / 3, kRank, side}));
  }
}
BENCHMARK(FactoriseOne)
    ->Args({768, 768})
    ->Args({768, 2304})
    ->Args({768, 3072})
    ->Args({3072, 768})
    ->Args({1024, 4096})
    ->Args({2048, 2048})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Repetitions(5)
    ->ReportAggregatesOnly()
    ->ComputeStatistics("least", least);

/// All 48 matrices of GPT-2 small, on LibTorch's threads.
void ResampleGpt2Small(benchmark::State& state, Form form) {
  std::vector<Layer> layers;
  for (std::int64_t block = 0; block < kBlocks; ++block) {
    for (const auto& shape : kBlock) layers.emplace_back(shape, form, static_cast<std::int64_t>(layers.size()));
  }
  std::vector<Adaptation*> adaptations;
  for (auto& layer : layers) adaptations.push_back(layer.adaptation.get());
  std::int64_t cycle = 0;
  for ([[maybe_unused]] auto _ : state) resampleAll(adaptations, cycle++);
}
BENCHMARK_CAPTURE(ResampleGpt2Small, merged, Form::Merged)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1)
    ->Repetitions(4)
    ->ReportAggregatesOnly()
    ->ComputeStatistics("least", least);

}  // namespace
}  // namespace rosa::adapt

BENCHMARK_MAIN();
