// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/memory_estimate.h"

#include <algorithm>

#include "adapt/coverage_choice.h"

namespace rosa::service {

namespace {

constexpr std::int64_t kFloat = 4;

/// Whether slices are made of W's singular directions and not of random ones.
bool usesSpectrum(const RunConfig& config) {
  return config.basis != Basis::Fast &&
         (config.factorise == Factorise::SvdEqual || config.factorise == Factorise::SvdAdd ||
          config.factorise == Factorise::Additive);
}

/// Numbers that a layer's mixing of tokens leaves for backward, a token.
std::int64_t mixedNumbers(const model::ModelConfig& model, const model::LayerSpec& layer) {
  switch (layer.mixer) {
    case model::Mixer::Attention:  // q, k, v and the result
      break;
    case model::Mixer::ShortConvolution:  // the projection's three parts, and the convolution before, behind, gated
      return 6 * model.width;
    case model::Mixer::GatedDelta: {  // projections, the convolution and silu behind it; result, norm, gate, product
      const auto& delta = model.decoder.delta;
      return 3 * delta.mixed() + 5 * delta.values();
    }
  }
  return 2 * (layer.heads + layer.keyValueHeads) * layer.headDim;
}

}  // namespace

MemoryParts estimateMemory(const model::ModelConfig& model, const MemoryFacts& facts) {
  constexpr std::int64_t kLogitRows = 128;        // the head's loss runs in chunks of about this many rows
  constexpr std::int64_t kProcess = 350'000'000;  // LibTorch's libraries, the program, its text
  MemoryParts parts;
  parts.weightsBytes = facts.totalParameters * kFloat;
  parts.trainableBytes = (facts.trainableParameters + facts.ownParameters) * kFloat + facts.averageBytes;
  parts.momentsBytes = facts.momentBytes;
  // Per token and block: two norms' input and output, residual sums, what mixes tokens, and of the MLP its input to and
  // output of the activation (gated ones twice).
  std::int64_t blocks = 0;
  for (const auto& layer : model.layerSpecs) {
    const auto mlp = layer.feedForward * (model.isDecoder() && model.decoder.gatedMlp ? 3 : 2);
    blocks += 6 * model.width + mixedNumbers(model, layer) + mlp;
  }
  const auto perToken = blocks + 4 * model.width + facts.keptPerToken;
  const auto logits = std::min(facts.tokensPerBatch, kLogitRows) * model.vocabularySize * (model.isDecoder() ? 2 : 0);
  parts.activationsBytes = (facts.tokensPerBatch * perToken + logits) * kFloat + facts.resampleBytes;
  parts.otherBytes = kProcess;
  return parts;
}

std::int64_t coverageBytes(const RunConfig& config, const std::vector<LayerPlan>& layers, std::int64_t draws) {
  if (config.method != Method::Rosa) return 0;
  std::vector<adapt::CoveredLayer> covered;
  for (const auto& layer : layers) covered.push_back({layer.inFeatures, layer.outFeatures, layer.rank, layer.dense});
  return adapt::chooseCoverage(covered, config.factorise, draws).bytes;
}

std::int64_t storedResampleBytes(const RunConfig& config, const std::vector<LayerPlan>& layers) {
  if (config.method != Method::Rosa || config.slice != SliceRule::Sweep || !usesSpectrum(config)) return 0;
  std::int64_t numbers = 0;
  for (const auto& layer : layers) {
    const auto side = std::min(layer.inFeatures, layer.outFeatures);
    if (!layer.dense) numbers += side * side;
  }
  return numbers * kFloat;
}

std::int64_t resampleBytes(const RunConfig& config, const std::vector<LayerPlan>& layers) {
  if (config.method != Method::Rosa || config.slice != SliceRule::Gradient) {
    return storedResampleBytes(config, layers);
  }
  std::int64_t numbers = 0;
  for (const auto& layer : layers) {
    if (!layer.dense) numbers += layer.inFeatures * layer.outFeatures;
  }
  return numbers * kFloat;
}

}  // namespace rosa::service
