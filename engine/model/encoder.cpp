// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/encoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "model/activation.h"
#include "model/embedding_noise.h"
#include "model/sequence_loss.h"
#include "model/token_loss.h"

namespace rosa::model {

struct Encoder::Stream {
  const Batch& batch;
  const Pass& pass;
  const VirtualPlaces& places;
  Sequences sequences;  ///< of what the attention sees

  [[nodiscard]] at::Tensor dropped(const at::Tensor& x, double p, std::int64_t layer, DropoutPlace place) const {
    return pass.training ? dropout(x, p, dropoutKey(pass, layer, place)) : x;
  }
};

Encoder::Encoder(const ModelConfig& config, const at::TensorOptions& options) : config_(config), parts_(options) {
  const auto& spec = config.encoder;
  addEmbeddings();
  const auto groups = spec.sharedGroups > 0 ? spec.sharedGroups : config.layers;
  const double layersPerGroup = static_cast<double>(config.layers) / static_cast<double>(groups);
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const auto group = std::min(static_cast<std::int64_t>(static_cast<double>(i) / layersPerGroup), groups - 1);
    blockOfLayer_.push_back(static_cast<std::size_t>(group));
    if (group < std::ssize(blocks_)) continue;
    addBlock(fmt::format("{}{}.{}", spec.names->layer, group, spec.names->inLayer),
             config.layerSpecs[static_cast<std::size_t>(i)]);
  }
  addHead();
}

Norm* Encoder::addNorm(const std::string& block, std::string_view name, std::int64_t width) {
  if (name.empty()) return nullptr;
  return &parts_.addNorm(block + std::string(name), width, NormKind::Layer, config_.normEpsilon);
}

void Encoder::addEmbeddings() {
  const auto& spec = config_.encoder;
  const auto& names = *spec.names;
  const auto width = spec.embeddingSize;
  const auto padding = config_.padId.value_or(spec.paddingId);
  tokens_ = &parts_.addEmbedding(std::string(names.tokens), config_.vocabularySize, width, padding);
  if (!names.positions.empty()) {
    positions_ = &parts_.addEmbedding(std::string(names.positions), config_.positions, width,
                                      spec.positionsBehindPadding ? padding : -1);
  }
  if (!names.types.empty()) {
    types_ = &parts_.addEmbedding(std::string(names.types), config_.typeVocabulary, width);
  }
  embeddingNorm_ = addNorm("", names.embeddingNorm, width);
  if (!names.projection.empty()) {
    projection_ = &parts_.addLinear(AdaptedLinear::Layout::OutIn, width,
                                    {{std::string(names.projection), config_.width}}, true, false);
  }
}

void Encoder::addBlock(const std::string& prefix, const LayerSpec& layer) {
  const auto& names = *config_.encoder.names;
  const auto layout = AdaptedLinear::Layout::OutIn;
  const auto width = config_.width;
  const auto inner = layer.heads * layer.headDim;
  const auto named = [&](std::string_view name) { return prefix + std::string(name); };

  Block block;
  block.projections = &parts_.addLinear(
      layout, width, {{named(names.query), inner}, {named(names.key), inner}, {named(names.value), inner}},
      config_.attentionBias, true);
  block.attentionOut =
      &parts_.addLinear(layout, inner, {{named(names.attentionOut), width}}, config_.attentionOutputBias, true);
  block.attentionSumNorm = addNorm(prefix, names.attentionSumNorm, width);
  block.up = &parts_.addLinear(layout, width, {{named(names.up), layer.feedForward}}, config_.mlpBias, false);
  block.down = &parts_.addLinear(layout, layer.feedForward, {{named(names.down), width}}, config_.mlpBias, false);
  block.mlpSumNorm = addNorm(prefix, names.mlpSumNorm, width);
  blocks_.push_back(block);
}

HeadLinear* Encoder::addHeadLayer(std::string_view name, std::int64_t out, bool bias) {
  headTensors_.push_back(fmt::format("{}.weight", name));
  if (bias) headTensors_.push_back(fmt::format("{}.bias", name));
  return &parts_.addHead(std::string(name), config_.width, out, bias);
}

void Encoder::addHead() {
  const auto& names = *config_.encoder.names;
  // A pooler is the model's own: it is there without a head too, and stays as it is unless everything trains.
  if (!names.pooler.empty()) inner_ = &parts_.addHead(std::string(names.pooler), config_.width, config_.width, true);
  if (config_.head == Head::None) return;
  if (!names.headDense.empty()) inner_ = addHeadLayer(names.headDense, config_.width, true);
  outer_ = addHeadLayer(names.headOut, config_.labels, true);
}

at::Tensor Encoder::embedded(const Stream& stream) {
  const auto& places = stream.places;
  const auto& batch = stream.batch;
  auto x = places.withPrompt(withEmbeddingNoise(
      embed(tokens_->table, batch.tokenIds, tokens_->parameter.get(), parts_.anchor(), tokens_->paddingId), batch,
      stream.pass));
  if (positions_ != nullptr) {
    x = x + embed(positions_->table, places.positionIds(config_.firstPosition), positions_->parameter.get(),
                  parts_.anchor(), positions_->paddingId);
  }
  if (types_ != nullptr) {
    const auto types =
        places.withPromptIds(batch.segmentIds.defined() ? batch.segmentIds : at::zeros_like(batch.tokenIds));
    x = x + embed(types_->table, types, types_->parameter.get(), parts_.anchor(), -1);
  }
  x = stream.dropped(embeddingNorm_->forward(x), config_.embeddingDropout, -1, DropoutPlace::Embedding);
  return projection_ != nullptr ? projection_->forward(x) : x;
}

at::Tensor Encoder::attended(const at::Tensor& x, std::size_t layer, const Stream& stream) {
  const auto& block = blocks_[blockOfLayer_[layer]];
  const auto& spec = config_.layerSpecs[layer];
  const AttentionShape shape{spec.heads, spec.heads, spec.headDim, false};
  const auto index = static_cast<std::int64_t>(layer);
  const auto& pass = stream.pass;
  const auto qkv = stream.places.withPrefix(block.projections->forward(x), index);
  const auto result = attention(qkv, stream.sequences, shape, nullptr, pass.training ? config_.attentionDropout : 0,
                                dropoutKey(pass, index, DropoutPlace::Attention));
  const auto out = block.attentionOut->forward(stream.places.withoutPrefix(result));
  const auto p = config_.encoder.dropsAttentionOut ? config_.hiddenDropout : 0;
  return stream.dropped(out, p, index, DropoutPlace::AttentionOutput);
}

at::Tensor Encoder::transformed(const at::Tensor& x, std::size_t layer, const Stream& stream) {
  const auto& block = blocks_[blockOfLayer_[layer]];
  const auto out = block.down->forwardActivated(block.up->forward(x), config_.activation, false);
  const auto p = config_.encoder.dropsMlpOut ? config_.hiddenDropout : 0;
  return stream.dropped(out, p, static_cast<std::int64_t>(layer), DropoutPlace::MlpOutput);
}

at::Tensor Encoder::hidden(const Batch& batch, const Pass& pass, const VirtualPlaces& places) {
  const Stream stream{batch, pass, places, sequencesOf(places.attentionOffsets(), batch.tokenIds.device())};
  auto x = embedded(stream);
  for (std::size_t i = 0; i < blockOfLayer_.size(); ++i) {
    const auto& block = blocks_[blockOfLayer_[i]];
    x = block.attentionSumNorm->forward(x + attended(x, i, stream));
    x = block.mlpSumNorm->forward(x + transformed(x, i, stream));
  }
  return x;
}

at::Tensor Encoder::scores(const Batch& batch, const Pass& pass) {
  TORCH_CHECK(outer_ != nullptr, "the model was built without a head");
  const auto& spec = config_.encoder;
  const auto dropped = [&](const at::Tensor& x, DropoutPlace place) {
    return pass.training ? dropout(x, config_.classifierDropout, dropoutKey(pass, -1, place)) : x;
  };
  const VirtualPlaces places(parts_.virtualTokens(), batch);
  auto pooled = firstRows(hidden(batch, pass, places), places.rowOffsets());
  if (spec.dropsBeforeHead) pooled = dropped(pooled, DropoutPlace::ClassifierInner);
  const auto inner = activate(inner_->forward(pooled), spec.headActivation, false);
  return outer_->forward(dropped(inner, DropoutPlace::Classifier));
}

at::Tensor Encoder::logits(const Batch& batch, const at::Tensor& /*rows*/) {
  const at::NoGradGuard noGrad;
  return scores(batch, Pass{});
}

at::Tensor Encoder::nextLogits(const Batch& /*batch*/, KeyValueCache& /*cache*/,
                               const std::vector<std::int64_t>& /*sequences*/) {
  TORCH_CHECK(false, "an encoder continues no text");
}

at::Tensor Encoder::loss(const Batch& batch, const Pass& pass, double divisor) {
  return sequenceLoss(scores(batch, pass), batch.targets, config_.head, divisor, pass.labelSmoothing);
}

}  // namespace rosa::model
