// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/encoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "model/embedding_noise.h"
#include "model/sequence_loss.h"
#include "model/token_loss.h"

namespace rosa::model {

Encoder::Encoder(const ModelConfig& config, const at::TensorOptions& options) : config_(config), parts_(options) {
  using Layout = AdaptedLinear::Layout;
  const auto& spec = config.encoder;
  const std::string prefix(spec.prefix);
  const auto width = config.width;
  const auto padding = config.padId.value_or(spec.paddingId);
  tokens_ = &parts_.addEmbedding(prefix + "embeddings.word_embeddings", config.vocabularySize, width, padding);
  positions_ = &parts_.addEmbedding(prefix + "embeddings.position_embeddings", config.positions, width,
                                    spec.positionsBehindPadding ? padding : -1);
  types_ = &parts_.addEmbedding(prefix + "embeddings.token_type_embeddings", config.typeVocabulary, width);
  embeddingNorm_ = &parts_.addNorm(prefix + "embeddings.LayerNorm", width, NormKind::Layer, config.normEpsilon);
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const auto name = fmt::format("{}encoder.layer.{}.", prefix, i);
    Block block{};
    block.projections = &parts_.addLinear(Layout::OutIn, width,
                                          {{name + "attention.self.query", width},
                                           {name + "attention.self.key", width},
                                           {name + "attention.self.value", width}},
                                          true, true);
    block.attentionOut =
        &parts_.addLinear(Layout::OutIn, width, {{name + "attention.output.dense", width}}, true, true);
    block.attentionNorm =
        &parts_.addNorm(name + "attention.output.LayerNorm", width, NormKind::Layer, config.normEpsilon);
    block.up =
        &parts_.addLinear(Layout::OutIn, width, {{name + "intermediate.dense", config.feedForward}}, true, false);
    block.down = &parts_.addLinear(Layout::OutIn, config.feedForward, {{name + "output.dense", width}}, true, false);
    block.mlpNorm = &parts_.addNorm(name + "output.LayerNorm", width, NormKind::Layer, config.normEpsilon);
    blocks_.push_back(block);
  }
  if (!spec.pooler.empty()) inner_ = &parts_.addHead(std::string(spec.pooler), width, width, true);
  if (config.head == Head::None) return;
  if (!spec.headDense.empty()) inner_ = &parts_.addHead(std::string(spec.headDense), width, width, true);
  outer_ = &parts_.addHead(std::string(spec.headOut), width, config.labels, true);
}

at::Tensor Encoder::hidden(const Batch& batch, const Pass& pass, const VirtualPlaces& places) {
  const auto dropped = [&](const at::Tensor& x, double p, std::int64_t layer, DropoutPlace place) {
    return pass.training ? dropout(x, p, dropoutKey(pass, layer, place)) : x;
  };
  const AttentionShape shape{config_.heads, config_.heads, config_.headDim, false};
  const auto sequences = sequencesOf(places.attentionOffsets(), batch.tokenIds.device());
  const auto types =
      places.withPromptIds(batch.segmentIds.defined() ? batch.segmentIds : at::zeros_like(batch.tokenIds));
  auto x = places.withPrompt(withEmbeddingNoise(
               embed(tokens_->table, batch.tokenIds, tokens_->parameter.get(), parts_.anchor(), tokens_->paddingId),
               batch, pass)) +
           embed(positions_->table, places.positionIds(config_.firstPosition), positions_->parameter.get(),
                 parts_.anchor(), positions_->paddingId) +
           embed(types_->table, types, types_->parameter.get(), parts_.anchor(), -1);
  x = dropped(embeddingNorm_->forward(x), config_.embeddingDropout, -1, DropoutPlace::Embedding);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const auto& block = blocks_[i];
    const auto layer = static_cast<std::int64_t>(i);
    const auto attended = places.withoutPrefix(
        attention(places.withPrefix(block.projections->forward(x), layer), sequences, shape, nullptr,
                  pass.training ? config_.attentionDropout : 0, dropoutKey(pass, layer, DropoutPlace::Attention)));
    x = block.attentionNorm->forward(x + dropped(block.attentionOut->forward(attended), config_.hiddenDropout, layer,
                                                 DropoutPlace::AttentionOutput));
    const auto pre = block.up->forward(x);
    x = block.mlpNorm->forward(x + dropped(block.down->forwardActivated(pre, config_.activation, false),
                                           config_.hiddenDropout, layer, DropoutPlace::MlpOutput));
  }
  return x;
}

at::Tensor Encoder::scores(const Batch& batch, const Pass& pass) {
  TORCH_CHECK(outer_ != nullptr, "the model was built without a head");
  const auto dropped = [&](const at::Tensor& x, DropoutPlace place) {
    return pass.training ? dropout(x, config_.classifierDropout, dropoutKey(pass, -1, place)) : x;
  };
  const VirtualPlaces places(parts_.virtualTokens(), batch);
  auto first = firstRows(hidden(batch, pass, places), places.rowOffsets());
  if (config_.encoder.dropsBeforeHead) first = dropped(first, DropoutPlace::ClassifierInner);
  const auto inner = at::tanh(inner_->forward(first));
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

std::vector<std::string> Encoder::headTensors() const {
  if (config_.head == Head::None) return {};
  std::vector<std::string> names;
  for (const auto layer : {config_.encoder.headDense, config_.encoder.headOut}) {
    if (layer.empty()) continue;
    names.push_back(fmt::format("{}.weight", layer));
    names.push_back(fmt::format("{}.bias", layer));
  }
  return names;
}

}  // namespace rosa::model
