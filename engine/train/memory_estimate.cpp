// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/memory_estimate.h"

#include <algorithm>
#include <cmath>

#include "adapt/coverage_choice.h"
#include "config/resolve.h"
#include "model/token_loss.h"
#include "train/session.h"

namespace rosa::train {

namespace {

constexpr std::int64_t kFloat = 4;

/// Whether slices are made of W's singular directions and not of random ones.
bool usesSpectrum(const RunConfig& config) {
  return config.basis != Basis::Fast &&
         (config.factorise == Factorise::SvdEqual || config.factorise == Factorise::SvdAdd ||
          config.factorise == Factorise::Additive);
}

/// Numbers that a layer's mixing of tokens leaves for backward, a token.
std::int64_t mixedNumbers(const model::ModelConfig& model, const model::LayerSpec& layer, std::int64_t longestTokens) {
  switch (layer.mixer) {
    case model::Mixer::Attention:
      break;
    case model::Mixer::ShortConvolution:  // the projection's three parts, and the convolution before, behind, gated
      return 6 * model.width;
    case model::Mixer::GatedDelta: {  // projections, the convolution and silu behind it; result, norm, gate, product
      const auto& delta = model.decoder.delta;
      return 3 * delta.mixed() + 5 * delta.values();
    }
  }
  const auto queries = layer.heads * layer.headDim, keys = layer.keyValueHeads * layer.headDim;
  auto numbers = 2 * queries + 2 * keys;  // q, k, v and the result
  if (model.isDecoder() && model.decoder.queryKeyNorm != model::QueryKeyNorm::None) numbers += queries + keys;
  if (model.isDecoder() && model.decoder.gatedQueries) numbers += 2 * queries;  // sigmoid of the gates, and the product
  if (model.attentionDropout > 0) numbers += layer.heads * longestTokens;       // its masks, for every pair
  return numbers;
}

/// Numbers that a block leaves for backward, a token.
std::int64_t blockNumbers(const model::ModelConfig& model, const model::LayerSpec& layer, std::int64_t longestTokens) {
  const bool gated = model.isDecoder() ? model.decoder.gatedMlp : model.encoder.gatedMlp;
  // The residual stream before and behind the attention. A norm before a layer is computed again, one behind a sum is
  // not.
  auto numbers = (model.isDecoder() ? 2 : 4) * model.width + mixedNumbers(model, layer, longestTokens);
  numbers += layer.feedForward * (gated ? 2 : 1);  // before the activation
  if (model.isDecoder() && !model.decoder.names->mlpOutNorm.empty()) numbers += 2 * model.width;
  if (model.hiddenDropout > 0) numbers += model.width;
  // The gate, its join, the result and its norm; in all layers the rows, projections, their norm and sum.
  if (model.decoder.layerInput > 0) numbers += 8 * model.decoder.layerInput + 3 * model.width;
  return numbers;
}

}  // namespace

MemoryParts estimateMemory(const model::ModelConfig& model, const MemoryFacts& facts) {
  MemoryParts parts;
  parts.weightsBytes = facts.weightBytes;
  parts.trainableBytes = (facts.trainableParameters + facts.ownParameters) * kFloat + facts.averageBytes;
  parts.momentsBytes = facts.momentBytes;
  const auto longest = facts.longestTokens > 0 ? facts.longestTokens : facts.tokensPerBatch;
  const auto layers = std::max<std::int64_t>(1, std::ssize(model.layerSpecs));
  std::int64_t blocks = facts.keptPerToken, widest = 0;
  for (const auto& layer : model.layerSpecs) {
    const auto numbers = blockNumbers(model, layer, longest);
    blocks += numbers;
    widest = std::max(widest, numbers);
  }
  const auto tokens = facts.tokensPerBatch;
  const bool predicts = model.isDecoder() || model.head == model::Head::MaskedLanguageModel;
  const auto rows = static_cast<std::int64_t>(std::ceil(facts.predicted * static_cast<double>(tokens)));
  const auto logits =
      predicts ? std::min(rows, model::mostLogitRows(model.vocabularySize, facts.halfTable)) * model.vocabularySize : 0;
  // The logits are gone when the first block goes backward. Blocks that are computed again keep their input, and one of
  // them at a time all the rest.
  const auto atOnce = std::max(logits, tokens * (facts.recomputes ? widest + facts.keptPerToken / layers : widest / 2));
  const auto kept = (facts.recomputes ? layers * model.width : blocks) + 2 * model.width;
  parts.activationsBytes = (tokens * kept + atOnce) * kFloat + facts.resampleBytes;
  parts.otherBytes = kProcessBytes;
  return parts;
}

std::int64_t memoryForTensors(const RunConfig& config) {
  return config.memory ? std::max<std::int64_t>(1, config.memory->bytes - kProcessBytes) : 0;
}

std::vector<LayerPlan> layersOf(const Session& session) {
  std::vector<LayerPlan> layers;
  for (const auto& layer : session.layers) {
    const auto weight = layer.slot->weight();
    layers.push_back({layer.name, weight.size(0), weight.size(1), 0, !layer.adaptation->resamples()});
  }
  return layers;
}

MemoryParts estimateMemory(const Session& session) {
  const auto longest = session.largestBatch();
  return estimateMemory(session, longest.tokens() + longest.sequences() * config::virtualTokens(session.config),
                        session.config.gradientCheckpointing == GradientCheckpointing::Yes);
}

MemoryParts estimateMemory(const Session& session, std::int64_t tokensPerBatch, bool recomputes) {
  MemoryFacts facts;
  facts.weightBytes = session.weightBytes;
  facts.trainableParameters = session.trainableParameters;
  facts.momentBytes = session.arena->bytes().moments;
  for (const auto* parameter : session.parameters) {
    if (parameter->segment == adapt::Segment::Adapter) facts.ownParameters += parameter->value.numel();
  }
  facts.tokensPerBatch = tokensPerBatch;
  facts.longestTokens = session.batcher->longest(1).tokens() + config::virtualTokens(session.config);
  facts.recomputes = recomputes;
  facts.keptPerToken = session.keptPerToken;
  facts.averageBytes = session.average ? session.average->bytes() : 0;
  facts.resampleBytes = resampleBytes(session.config, layersOf(session)) + session.coverageBytes;
  facts.halfTable = session.weights != at::kFloat;
  if (session.masking) facts.predicted = session.masking->rate;
  return estimateMemory(session.model->config(), facts);
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

}  // namespace rosa::train
