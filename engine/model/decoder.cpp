// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/decoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "model/cached_attention.h"
#include "model/embedding_noise.h"
#include "model/sequence_loss.h"
#include "model/token_loss.h"

namespace rosa::model {

Decoder::Decoder(const ModelConfig& config, const at::TensorOptions& options) : config_(config), parts_(options) {
  if (config.family == Family::Gpt2) {
    addGpt2();
  } else {
    addLlama();
  }
  if (config.head == Head::LanguageModel && !config.tied) {
    languageHead_ = &parts_.addEmbedding("lm_head", config.vocabularySize, config.width);
  }
  if (config.head == Head::Classification || config.head == Head::Regression) {
    score_ = &parts_.addHead("score", config.width, config.labels, false);
  }
}

void Decoder::addGpt2() {
  using Layout = AdaptedLinear::Layout;
  const auto width = config_.width;
  tokens_ = &parts_.addEmbedding("transformer.wte", config_.vocabularySize, width);
  positions_ = &parts_.addEmbedding("transformer.wpe", config_.positions, width);
  for (std::int64_t i = 0; i < config_.layers; ++i) {
    const auto name = fmt::format("transformer.h.{}.", i);
    Block block{};
    block.attentionNorm = &parts_.addNorm(name + "ln_1", width, true, config_.normEpsilon);
    block.projections = &parts_.addLinear(Layout::InOut, width, {{name + "attn.c_attn", 3 * width}}, true, true);
    block.attentionOut = &parts_.addLinear(Layout::InOut, width, {{name + "attn.c_proj", width}}, true, true);
    block.mlpNorm = &parts_.addNorm(name + "ln_2", width, true, config_.normEpsilon);
    block.up = &parts_.addLinear(Layout::InOut, width, {{name + "mlp.c_fc", config_.feedForward}}, true, false);
    block.down = &parts_.addLinear(Layout::InOut, config_.feedForward, {{name + "mlp.c_proj", width}}, true, false);
    blocks_.push_back(block);
  }
  finalNorm_ = &parts_.addNorm("transformer.ln_f", width, true, config_.normEpsilon);
}

void Decoder::addLlama() {
  using Layout = AdaptedLinear::Layout;
  const auto width = config_.width;
  const auto queries = config_.heads * config_.headDim;
  const auto keys = config_.keyValueHeads * config_.headDim;
  tokens_ = &parts_.addEmbedding("model.embed_tokens", config_.vocabularySize, width, config_.padId.value_or(-1));
  for (std::int64_t i = 0; i < config_.layers; ++i) {
    const auto name = fmt::format("model.layers.{}.", i);
    Block block{};
    block.attentionNorm = &parts_.addNorm(name + "input_layernorm", width, false, config_.normEpsilon);
    block.projections = &parts_.addLinear(
        Layout::OutIn, width,
        {{name + "self_attn.q_proj", queries}, {name + "self_attn.k_proj", keys}, {name + "self_attn.v_proj", keys}},
        config_.attentionBias, true);
    block.attentionOut = &parts_.addLinear(Layout::OutIn, queries, {{name + "self_attn.o_proj", width}},
                                           config_.attentionOutputBias, true);
    block.mlpNorm = &parts_.addNorm(name + "post_attention_layernorm", width, false, config_.normEpsilon);
    block.up =
        &parts_.addLinear(Layout::OutIn, width,
                          {{name + "mlp.gate_proj", config_.feedForward}, {name + "mlp.up_proj", config_.feedForward}},
                          config_.mlpBias, false);
    block.down = &parts_.addLinear(Layout::OutIn, config_.feedForward, {{name + "mlp.down_proj", width}},
                                   config_.mlpBias, false);
    blocks_.push_back(block);
  }
  finalNorm_ = &parts_.addNorm("model.norm", width, false, config_.normEpsilon);
  rotary_.emplace(config_.rope, config_.headDim, parts_.options().device());
}

at::Tensor Decoder::hidden(const Batch& batch, const Pass& pass, KeyValueCache* cache, const VirtualPlaces& places) {
  const auto dropped = [&](const at::Tensor& x, double p, std::int64_t layer, DropoutPlace place) {
    return pass.training ? dropout(x, p, dropoutKey(pass, layer, place)) : x;
  };
  const AttentionShape shape{config_.heads, config_.keyValueHeads, config_.headDim, true};
  const bool gated = config_.family == Family::Llama;
  std::optional<Rotary::Table> table;
  const auto positionIds = places.positionIds(config_.firstPosition);
  if (rotary_) table = places.withPrefix(rotary_->table(positionIds));
  const auto* turn = table ? &*table : nullptr;
  const auto sequences =
      cache == nullptr ? sequencesOf(places.attentionOffsets(), batch.tokenIds.device()) : Sequences{};

  auto x = places.withPrompt(withEmbeddingNoise(
      embed(tokens_->table, batch.tokenIds, tokens_->parameter.get(), parts_.anchor(), tokens_->paddingId), batch,
      pass));
  if (positions_ != nullptr) {
    x = x + embed(positions_->table, positionIds, positions_->parameter.get(), parts_.anchor(), -1);
  }
  x = dropped(x, config_.embeddingDropout, -1, DropoutPlace::Embedding);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const auto& block = blocks_[i];
    const auto layer = static_cast<std::int64_t>(i);
    const auto qkv = places.withPrefix(block.projections->forward(block.attentionNorm->forward(x)), layer);
    const auto attended = cache != nullptr
                              ? cachedAttention(qkv, shape, turn, cache->parts(), cache->layer(i))
                              : attention(qkv, sequences, shape, turn, pass.training ? config_.attentionDropout : 0,
                                          dropoutKey(pass, layer, DropoutPlace::Attention));
    x = x + dropped(block.attentionOut->forward(places.withoutPrefix(attended)), config_.hiddenDropout, layer,
                    DropoutPlace::AttentionOutput);
    const auto pre = block.up->forward(block.mlpNorm->forward(x));
    x = x + dropped(block.down->forwardActivated(pre, config_.activation, gated), config_.hiddenDropout, layer,
                    DropoutPlace::MlpOutput);
  }
  return finalNorm_->forward(places.withoutPrompt(x));
}

const at::Tensor& Decoder::headWeight() const {
  return languageHead_ != nullptr ? languageHead_->table : tokens_->table;
}

at::Tensor Decoder::scores(const Batch& batch, const Pass& pass) {
  return score_->forward(lastRows(hidden(batch, pass), batch.offsets));
}

at::Tensor Decoder::logits(const Batch& batch, const at::Tensor& rows) {
  const at::NoGradGuard noGrad;
  if (score_ != nullptr) return scores(batch, Pass{});
  auto states = hidden(batch, Pass{});
  if (rows.defined()) states = states.index_select(0, rows);
  return at::mm(states, headWeight().t());
}

at::Tensor Decoder::nextLogits(const Batch& batch, KeyValueCache& cache, const std::vector<std::int64_t>& sequences) {
  const at::NoGradGuard noGrad;
  std::vector<bool> begins;
  for (const auto sequence : sequences) begins.push_back(cache.length(sequence) == 0);
  const VirtualPlaces places(parts_.virtualTokens(), batch, std::move(begins));
  cache.begin(sequences, places.attentionOffsets(), {config_.layers, config_.keyValueHeads, config_.headDim},
              parts_.options());
  auto states = hidden(batch, Pass{}, &cache, places);
  cache.commit();
  if (batch.offsets.back() > std::ssize(sequences)) states = lastRows(states, batch.offsets);
  return at::mm(states, headWeight().t());
}

at::Tensor Decoder::loss(const Batch& batch, const Pass& pass, double divisor) {
  if (score_ != nullptr) {
    return sequenceLoss(scores(batch, pass), batch.targets, config_.head, divisor, pass.labelSmoothing);
  }
  auto* head = languageHead_ != nullptr ? languageHead_ : tokens_;
  return tokenLoss(hidden(batch, pass), head->table, batch.targets, divisor, head->parameter.get(), parts_.anchor(),
                   pass.labelSmoothing);
}

std::vector<std::string> Decoder::headTensors() const {
  return score_ != nullptr ? std::vector<std::string>{"score.weight"} : std::vector<std::string>{};
}

}  // namespace rosa::model
