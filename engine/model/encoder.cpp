// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/encoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "adapt/frozen_weight.h"
#include "model/activation.h"
#include "model/block_gradients.h"
#include "model/disentangled_attention.h"
#include "model/embedding_noise.h"
#include "model/recompute.h"
#include "model/sequence_loss.h"
#include "model/text_convolution.h"
#include "model/token_loss.h"

namespace rosa::model {

namespace {

at::Tensor normed(const Norm* norm, const at::Tensor& x) {
  return norm != nullptr ? norm->forward(x) : x;
}

}  // namespace

struct Encoder::Stream {
  Batch batch;
  Pass pass;
  VirtualPlaces places;
  at::Tensor positionIds;            ///< of the rows that the layers see
  Sequences sequences;               ///< of what the attention sees
  std::vector<Rotary::Table> turns;  ///< one a rope, for the rows that the attention sees
  RelativeRows relativeRows;
  at::Tensor relative;  ///< [relativeRows.count, width], undefined = none

  [[nodiscard]] at::Tensor dropped(const at::Tensor& x, double p, std::int64_t layer, DropoutPlace place) const {
    return pass.training ? dropout(x, p, dropoutKey(pass, layer, place)) : x;
  }
};

Encoder::Encoder(const ModelConfig& config, const at::TensorOptions& options, at::ScalarType weights)
    : config_(config), parts_(options, weights) {
  const auto& spec = config.encoder;
  addEmbeddings();
  addRelativePositions();
  addConvolution();
  const auto groups = spec.sharedGroups > 0 ? spec.sharedGroups : config.layers;
  const double layersPerGroup = static_cast<double>(config.layers) / static_cast<double>(groups);
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const auto group = std::min(static_cast<std::int64_t>(static_cast<double>(i) / layersPerGroup), groups - 1);
    blockOfLayer_.push_back(static_cast<std::size_t>(group));
    if (group < std::ssize(blocks_)) continue;
    addBlock(fmt::format("{}{}.{}", spec.names.layer, group, spec.names.inLayer),
             config.layerSpecs[static_cast<std::size_t>(i)], i == 0);
  }
  finalNorm_ = addNorm("", spec.names.finalNorm, config.width);
  for (const auto& rope : config.ropes) ropes_.emplace_back(rope, config.headDim, parts_.options().device());
  addHead();
}

Norm* Encoder::addNorm(const std::string& block, std::string_view name, std::int64_t width) {
  if (name.empty()) return nullptr;
  return &parts_.addNorm(block + std::string(name), width, config_.encoder.norm, config_.normEpsilon);
}

void Encoder::addEmbeddings() {
  const auto& spec = config_.encoder;
  const auto& names = spec.names;
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

void Encoder::addRelativePositions() {
  const auto& names = config_.encoder.names;
  if (config_.encoder.relative.span == 0) return;
  relativePositions_ =
      &parts_.addEmbedding(std::string(names.relativePositions), 2 * config_.encoder.relative.span, config_.width);
  relativeNorm_ = addNorm("", names.relativeNorm, config_.width);
}

void Encoder::addConvolution() {
  const auto& names = config_.encoder.names;
  if (config_.encoder.convolutionKernel == 0) return;
  const auto width = config_.width;
  const auto named = [&](const char* part) { return fmt::format("{}.{}", names.convolution, part); };
  convolutionWeight_ =
      parts_.addTensor(named("weight"), {width, width, config_.encoder.convolutionKernel}, Role::Convolution);
  convolutionBias_ = parts_.addTensor(named("bias"), {width}, Role::Norm);
  convolutionNorm_ = addNorm("", names.convolutionNorm, width);
}

void Encoder::addProjections(Block& block, const std::string& prefix, const LayerSpec& layer) {
  const auto& names = config_.encoder.names;
  const auto layout = AdaptedLinear::Layout::OutIn;
  const auto inner = layer.heads * layer.headDim;
  std::vector<AdaptedLinear::Part> contents, positions;
  const auto add = [&](std::vector<AdaptedLinear::Part>& parts, std::string_view name, std::int64_t out) {
    if (!name.empty()) parts.push_back({prefix + std::string(name), out});
  };
  add(contents, names.projections, 3 * inner);
  for (const auto name : {names.query, names.key, names.value}) add(contents, name, inner);
  block.projections = &parts_.addLinear(layout, config_.width, contents, config_.attentionBias, true);
  const auto& relative = config_.encoder.relative;
  if (relative.span == 0 || relative.shared) return;
  if (relative.contentToPosition) add(positions, names.positionKey, inner);
  if (relative.positionToContent) add(positions, names.positionQuery, inner);
  if (positions.empty()) return;
  block.positionProjections = &parts_.addLinear(layout, config_.width, positions, config_.attentionBias, true);
}

void Encoder::addBlock(const std::string& prefix, const LayerSpec& layer, bool first) {
  const auto& spec = config_.encoder;
  const auto& names = spec.names;
  const auto layout = AdaptedLinear::Layout::OutIn;
  const auto width = config_.width;
  const auto inner = layer.heads * layer.headDim;
  const auto named = [&](std::string_view name) { return prefix + std::string(name); };

  Block block;
  block.prefix = prefix;
  if (!first || !spec.embeddingsAreNormed) block.attentionNorm = addNorm(prefix, names.attentionNorm, width);
  addProjections(block, prefix, layer);
  block.attentionOut =
      &parts_.addLinear(layout, inner, {{named(names.attentionOut), width}}, config_.attentionOutputBias, true);
  block.attentionSumNorm = addNorm(prefix, names.attentionSumNorm, width);
  block.mlpNorm = addNorm(prefix, names.mlpNorm, width);
  const AdaptedLinear::Part up = spec.gatedMlp ? AdaptedLinear::Part{named(names.gateUp), 2 * layer.feedForward}
                                               : AdaptedLinear::Part{named(names.up), layer.feedForward};
  block.up = &parts_.addLinear(layout, width, {up}, config_.mlpBias, false);
  block.down = &parts_.addLinear(layout, layer.feedForward, {{named(names.down), width}}, config_.mlpBias, false);
  block.mlpSumNorm = addNorm(prefix, names.mlpSumNorm, width);
  blocks_.push_back(block);
}

HeadLinear* Encoder::addHeadLayer(std::string_view name, std::int64_t out, bool bias) {
  headTensors_.push_back(fmt::format("{}.weight", name));
  if (bias) headTensors_.push_back(fmt::format("{}.bias", name));
  return &parts_.addHead(std::string(name), config_.width, out, bias);
}

void Encoder::addInnerHead() {
  const auto& spec = config_.encoder;
  const auto& names = spec.names;
  if (!names.headDense.empty()) inner_ = addHeadLayer(names.headDense, config_.width, spec.headBias);
  if (!names.headNorm.empty()) {
    const std::string name(names.headNorm);
    headNorm_ = &parts_.addNorm(name, config_.width, spec.norm, config_.normEpsilon, Role::HeadNorm);
    headTensors_.push_back(name + ".weight");
    if (headNorm_->bias.defined()) headTensors_.push_back(name + ".bias");
  }
}

/// Without what gathers a text into one row: no pooler, and the classes' layer alone where a head's own dense layer
/// stands in the pooler's place.
void Encoder::addTokenHead() {
  const auto& spec = config_.encoder;
  if (spec.tokenHeadIsWhole) addInnerHead();
  outer_ = addHeadLayer(spec.names.tokenHeadOut, config_.labels, true);
}

/// Its output layer is the token table. Pretrained, so that it trains only where everything does.
void Encoder::addMaskHead() {
  const auto& spec = config_.encoder;
  const auto& names = spec.names;
  inner_ = &parts_.addHead(std::string(names.maskDense), config_.width, spec.embeddingSize, spec.maskDenseBias);
  headNorm_ =
      &parts_.addNorm(std::string(names.maskNorm), spec.embeddingSize, spec.norm, config_.normEpsilon, Role::HeadNorm);
  if (spec.maskOutBias) {
    maskBias_ = parts_.addTensor(std::string(names.maskBias), {config_.vocabularySize}, Role::HeadBias);
  }
}

void Encoder::addHead() {
  const auto& names = config_.encoder.names;
  if (config_.head == Head::MaskedLanguageModel) return addMaskHead();
  if (config_.head == Head::TokenClassification) return addTokenHead();
  // A pooler is the model's own: it is there without a head too, and stays as it is unless everything trains.
  if (!names.pooler.empty()) inner_ = &parts_.addHead(std::string(names.pooler), config_.width, config_.width, true);
  if (config_.head == Head::None) return;
  addInnerHead();
  outer_ = addHeadLayer(names.headOut, config_.labels, true);
}

Encoder::Stream Encoder::streamOf(const Batch& batch, const Pass& pass, const VirtualPlaces& places) {
  const auto device = batch.tokenIds.device();
  Stream stream{
      batch, pass, places, places.positionIds(config_.firstPosition), sequencesOf(places.attentionOffsets(), device),
      {},    {},   {}};
  for (const auto& rope : ropes_) {
    stream.turns.push_back(places.withPrefix(rope.table(stream.positionIds, places.rowOffsets())));
  }
  if (relativePositions_ != nullptr) {
    auto& rows = stream.relativeRows;
    rows = relativeRows(config_.encoder.relative, stream.sequences.longest, device);
    const auto ids = at::arange(rows.first, rows.first + rows.count, batch.tokenIds.options());
    stream.relative = normed(
        relativeNorm_, embed(relativePositions_->table, ids, relativePositions_->parameter.get(), parts_.anchor(), -1));
  }
  return stream;
}

at::Tensor Encoder::embedded(const Stream& stream) {
  const auto& places = stream.places;
  const auto& batch = stream.batch;
  auto x = places.withPrompt(withEmbeddingNoise(
      embed(tokens_->table, batch.tokenIds, tokens_->parameter.get(), parts_.anchor(), tokens_->paddingId), batch,
      stream.pass));
  if (positions_ != nullptr) {
    x = x + embed(positions_->table, stream.positionIds, positions_->parameter.get(), parts_.anchor(),
                  positions_->paddingId);
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
  AttentionShape shape{spec.heads, spec.heads, spec.headDim, false};
  shape.window = spec.window;
  shape.ownScale = config_.encoder.attentionScale;
  const auto index = static_cast<std::int64_t>(layer);
  const auto& pass = stream.pass;
  const auto qkv = stream.places.withPrefix(block.projections->forward(x), index);
  const auto* turn = spec.rope < 0 ? nullptr : &stream.turns[static_cast<std::size_t>(spec.rope)];
  const auto result = stream.relative.defined()
                          ? disentangled(qkv, layer, shape, stream)
                          : attention(qkv, stream.sequences, shape, turn, pass.training ? config_.attentionDropout : 0,
                                      dropoutKey(pass, index, DropoutPlace::Attention));
  const auto out = block.attentionOut->forward(stream.places.withoutPrefix(result));
  const auto p = config_.encoder.dropsAttentionOut ? config_.hiddenDropout : 0;
  return stream.dropped(out, p, index, DropoutPlace::AttentionOutput);
}

at::Tensor Encoder::disentangled(const at::Tensor& qkv, std::size_t layer, const AttentionShape& shape,
                                 const Stream& stream) {
  const auto& block = blocks_[blockOfLayer_[layer]];
  const auto& relative = config_.encoder.relative;
  const auto index = static_cast<std::int64_t>(layer);
  const auto& pass = stream.pass;
  const auto inner = shape.heads * shape.headDim;
  const auto table = stream.dropped(stream.relative, config_.hiddenDropout, index, DropoutPlace::RelativePositions);
  at::Tensor keys, queries;
  if (relative.shared) {
    const auto projected = block.projections->forward(table);
    if (relative.positionToContent) queries = projected.narrow(1, 0, inner);
    if (relative.contentToPosition) keys = projected.narrow(1, inner, inner);
  } else if (block.positionProjections != nullptr) {
    const auto projected = block.positionProjections->forward(table);
    if (relative.contentToPosition) keys = projected.narrow(1, 0, inner);
    if (relative.positionToContent) queries = projected.narrow(1, relative.contentToPosition ? inner : 0, inner);
  }
  return disentangledAttention(qkv, keys, queries, stream.relativeRows, stream.sequences, shape,
                               pass.training ? config_.attentionDropout : 0,
                               dropoutKey(pass, index, DropoutPlace::Attention));
}

at::Tensor Encoder::transformed(const at::Tensor& x, std::size_t layer, const Stream& stream) {
  const auto& block = blocks_[blockOfLayer_[layer]];
  const auto& spec = config_.encoder;
  const auto out = block.down->forwardActivated(block.up->forward(x), config_.activation, spec.gatedMlp);
  const auto p = spec.dropsMlpOut ? config_.hiddenDropout : 0;
  return stream.dropped(out, p, static_cast<std::int64_t>(layer), DropoutPlace::MlpOutput);
}

at::Tensor Encoder::withConvolution(const at::Tensor& x, const at::Tensor& embeddings, const Stream& stream) {
  const auto filtered = textConvolution(embeddings, convolutionWeight_, convolutionBias_, stream.places.rowOffsets());
  const auto dropped = stream.dropped(filtered, config_.hiddenDropout, 0, DropoutPlace::Convolution);
  return normed(convolutionNorm_, x + activate(dropped, config_.encoder.convolutionActivation, false));
}

at::Tensor Encoder::hidden(const Batch& batch, const Pass& pass, const VirtualPlaces& places) {
  const auto stream = std::make_shared<const Stream>(streamOf(batch, pass, places));
  auto x = embedded(*stream);
  for (std::size_t i = 0; i < blockOfLayer_.size(); ++i) {
    tellWhenDone(x, i, pass);
    const bool trains = x.requires_grad() || (stream->relative.defined() && stream->relative.requires_grad()) ||
                        parts_.trainsWithin(blocks_[blockOfLayer_[i]].prefix);
    const bool recomputes = pass.recomputes && at::GradMode::is_enabled() && trains;
    if (!recomputes) {
      x = passed(x, i, *stream);
    } else {
      const auto layers = [this, i, stream](const std::vector<at::Tensor>& inputs) {
        auto own = *stream;
        own.relative = inputs[1];
        return passed(inputs[0], i, own);
      };
      x = recomputed(layers, {x, stream->relative});
    }
  }
  return normed(finalNorm_, x);
}

at::Tensor Encoder::passed(const at::Tensor& x, std::size_t layer, const Stream& stream) {
  const auto& block = blocks_[blockOfLayer_[layer]];
  const auto between = normed(block.attentionSumNorm, x + attended(normed(block.attentionNorm, x), layer, stream));
  const auto result = normed(block.mlpSumNorm, between + transformed(normed(block.mlpNorm, between), layer, stream));
  return layer == 0 && convolutionWeight_.defined() ? withConvolution(result, x, stream) : result;
}

at::Tensor Encoder::scores(const Batch& batch, const Pass& pass) {
  TORCH_CHECK(outer_ != nullptr, "the model was built without a head");
  if (config_.head != Head::TokenClassification) return scoresOfSequences(batch, pass);
  const auto& spec = config_.encoder;
  auto states = hidden(batch, pass);
  if (inner_ != nullptr) states = normed(headNorm_, activate(inner_->forward(states), spec.headActivation, false));
  if (pass.training) {
    auto key = dropoutKey(pass, -1, DropoutPlace::Classifier);
    key.firstRow = pass.firstToken + pass.promptTokens * pass.firstSequence;
    states = dropout(states, config_.tokenDropout, key);
  }
  return outer_->forward(states);
}

at::Tensor Encoder::scoresOfSequences(const Batch& batch, const Pass& pass) {
  const auto& spec = config_.encoder;
  const auto dropped = [&](const at::Tensor& x, double p, DropoutPlace place) {
    return pass.training ? dropout(x, p, dropoutKey(pass, -1, place)) : x;
  };
  const VirtualPlaces places(parts_.virtualTokens(), batch);
  const auto states = hidden(batch, pass, places);
  auto pooled =
      spec.pooling == Pooling::Mean ? meanRows(states, places.rowOffsets()) : firstRows(states, places.rowOffsets());
  if (spec.dropsBeforeHead) pooled = dropped(pooled, config_.poolerDropout, DropoutPlace::ClassifierInner);
  const auto inner = normed(headNorm_, activate(inner_->forward(pooled), spec.headActivation, false));
  return outer_->forward(dropped(inner, config_.classifierDropout, DropoutPlace::Classifier));
}

at::Tensor Encoder::predicting(const at::Tensor& states) {
  return normed(headNorm_, activate(inner_->forward(states), config_.encoder.maskActivation, false));
}

at::Tensor Encoder::logits(const Batch& batch, const at::Tensor& rows) {
  const at::NoGradGuard noGrad;
  if (config_.head == Head::MaskedLanguageModel) {
    const auto states = hidden(batch, Pass{});
    auto logits =
        adapt::product(predicting(rows.defined() ? states.index_select(0, rows) : states), tokens_->table.t());
    return maskBias_.defined() ? logits.add_(maskBias_) : logits;
  }
  const auto all = scores(batch, Pass{});
  return config_.head == Head::TokenClassification && rows.defined() ? all.index_select(0, rows) : all;
}

at::Tensor Encoder::nextLogits(const Batch& /*batch*/, KeyValueCache& /*cache*/,
                               const std::vector<std::int64_t>& /*sequences*/) {
  TORCH_CHECK(false, "an encoder continues no text");
}

at::Tensor Encoder::loss(const Batch& batch, const Pass& pass, double divisor) {
  if (config_.head == Head::MaskedLanguageModel) {
    // Most tokens are seen and not predicted: they do not pass through the head.
    const auto rows = (batch.targets != -100).nonzero().squeeze(1);
    return tokenLoss(predicting(hidden(batch, pass).index_select(0, rows)), tokens_->table,
                     batch.targets.index_select(0, rows), divisor, tokens_->parameter.get(), parts_.anchor(),
                     pass.labelSmoothing, 0, maskBias_);
  }
  return sequenceLoss(scores(batch, pass), batch.targets, config_.head, divisor, pass.labelSmoothing);
}

}  // namespace rosa::model
