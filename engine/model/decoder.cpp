// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/decoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "model/attention_heads.h"
#include "model/cached_attention.h"
#include "model/embedding_noise.h"
#include "model/key_value_cache.h"
#include "model/sequence_loss.h"
#include "model/token_loss.h"

namespace rosa::model {

namespace {

/// A fused projection [tokens, ..] whose query heads each bring a gate behind them, as one without gates, and the gates
/// [tokens, heads·headDim].
std::pair<at::Tensor, at::Tensor> withoutGates(const at::Tensor& projected, const AttentionShape& shape) {
  const auto both = 2 * shape.heads * shape.headDim;
  const auto heads = projected.narrow(1, 0, both).unflatten(1, {shape.heads, 2, shape.headDim}).unbind(2);
  const auto keysAndValues = projected.narrow(1, both, projected.size(1) - both);
  return {at::cat({heads[0].flatten(1), keysAndValues}, 1), heads[1].flatten(1)};
}

}  // namespace

struct Decoder::Stream {
  const Batch& batch;
  const Pass& pass;
  KeyValueCache* cache;
  const VirtualPlaces& places;
  Sequences sequences;                        ///< of what the attention sees, where it is not cached
  std::vector<Rotary::Table> turns;           ///< one a rope, for the rows that the layers see
  std::vector<Rotary::Table> attentionTurns;  ///< and for those that the attention sees
  at::Tensor queryFactors;                    ///< [rows, 1, 1], undefined = none
  StateStream states;                         ///< for layers that are no attention

  [[nodiscard]] at::Tensor dropped(const at::Tensor& x, double p, std::size_t layer, DropoutPlace place) const {
    return pass.training ? dropout(x, p, dropoutKey(pass, static_cast<std::int64_t>(layer), place)) : x;
  }
};

Decoder::Decoder(const ModelConfig& config, const at::TensorOptions& options) : config_(config), parts_(options) {
  const auto& spec = config.decoder;
  const auto padding = spec.fixedPaddingRow ? config.padId.value_or(-1) : -1;
  tokens_ = &parts_.addEmbedding(std::string(spec.names->tokens), config.vocabularySize, config.width, padding);
  if (!spec.names->positions.empty()) {
    positions_ = &parts_.addEmbedding(std::string(spec.names->positions), config.positions, config.width);
  }
  for (std::size_t i = 0; i < config.layerSpecs.size(); ++i) addBlock(i);
  finalNorm_ = addNorm("", spec.names->finalNorm, config.width);
  if (config.head == Head::LanguageModel && !config.tied) {
    languageHead_ = &parts_.addEmbedding("lm_head", config.vocabularySize, config.width);
  }
  if (config.head == Head::Classification || config.head == Head::Regression) {
    score_ = &parts_.addHead("score", config.width, config.labels, false);
  }
  for (const auto& rope : config.ropes) ropes_.emplace_back(rope, config.headDim, parts_.options().device());
}

Norm* Decoder::addNorm(const std::string& block, std::string_view name, std::int64_t width) {
  if (name.empty()) return nullptr;
  return &parts_.addNorm(block + std::string(name), width, config_.decoder.norm, config_.normEpsilon);
}

void Decoder::addAttention(Block& block, const LayerSpec& layer, const std::string& prefix) {
  const auto& spec = config_.decoder;
  const auto& names = *spec.names;
  const auto layout = names.inOut ? AdaptedLinear::Layout::InOut : AdaptedLinear::Layout::OutIn;
  const auto width = config_.width;
  const auto queries = layer.heads * layer.headDim;
  const auto queriesAndGates = spec.gatedQueries ? 2 * queries : queries;
  const auto keys = layer.keyValueHeads * layer.headDim;
  const auto named = [&](std::string_view name) { return prefix + std::string(name); };
  using Parts = std::vector<AdaptedLinear::Part>;

  block.shape = {layer.heads,  layer.keyValueHeads, layer.headDim,    true,
                 layer.window, spec.attentionScale, spec.attentionCap};
  block.rope = layer.rope;
  const auto projections =
      names.projections.empty()
          ? Parts{{named(names.query), queriesAndGates}, {named(names.key), keys}, {named(names.value), keys}}
          : Parts{{named(names.projections), queries + 2 * keys}};
  block.projections = &parts_.addLinear(layout, width, projections, config_.attentionBias, true);
  const bool whole = spec.queryKeyNorm == QueryKeyNorm::WholeBeforeRope;
  block.queryNorm = addNorm(prefix, names.queryNorm, whole ? queries : layer.headDim);
  block.keyNorm = addNorm(prefix, names.keyNorm, whole ? keys : layer.headDim);
  block.attentionOut =
      &parts_.addLinear(layout, queries, {{named(names.attentionOut), width}}, config_.attentionOutputBias, true);
}

void Decoder::addBlock(std::size_t index) {
  const auto& names = *config_.decoder.names;
  const auto& layer = config_.layerSpecs[index];
  const auto layout = names.inOut ? AdaptedLinear::Layout::InOut : AdaptedLinear::Layout::OutIn;
  const auto width = config_.width;
  const auto prefix = fmt::format("{}{}.", names.layer, index);
  const auto named = [&](std::string_view name) { return prefix + std::string(name); };
  using Parts = std::vector<AdaptedLinear::Part>;

  Block block;
  block.attentionNorm = addNorm(prefix, names.attentionNorm, width);
  block.mixer = makeStateMixer(parts_, config_, index, prefix);
  if (block.mixer == nullptr) addAttention(block, layer, prefix);
  block.attentionOutNorm = addNorm(prefix, names.attentionOutNorm, width);
  block.mlpNorm = addNorm(prefix, names.mlpNorm, width);
  auto up = names.gateUp.empty() ? Parts{{named(names.up), layer.feedForward}}
                                 : Parts{{named(names.gateUp), 2 * layer.feedForward}};
  if (!names.gate.empty()) up.insert(up.begin(), {named(names.gate), layer.feedForward});
  block.up = &parts_.addLinear(layout, width, up, config_.mlpBias, false);
  block.down = &parts_.addLinear(layout, layer.feedForward, {{named(names.down), width}}, config_.mlpBias, false);
  block.mlpOutNorm = addNorm(prefix, names.mlpOutNorm, width);
  blocks_.push_back(std::move(block));
}

at::Tensor Decoder::embedded(const Batch& batch, const Pass& pass, const VirtualPlaces& places,
                             const at::Tensor& positionIds) {
  const auto scale = config_.decoder.embeddingScale;
  auto x = embed(tokens_->table, batch.tokenIds, tokens_->parameter.get(), parts_.anchor(), tokens_->paddingId);
  if (scale != 1) x = x * scale;
  x = places.withPrompt(withEmbeddingNoise(x, batch, pass));
  if (positions_ == nullptr) return x;
  return x + embed(positions_->table, positionIds, positions_->parameter.get(), parts_.anchor(), -1);
}

at::Tensor Decoder::prepared(at::Tensor qkv, const Block& block, const Stream& stream,
                             const Rotary::Table*& turn) const {
  const auto rope = static_cast<std::size_t>(block.rope);
  turn = block.rope < 0 ? nullptr : &stream.attentionTurns[rope];
  if (block.queryNorm == nullptr && !stream.queryFactors.defined()) return qkv;
  auto [query, key, value] = headsOf(qkv, block.shape);
  switch (config_.decoder.queryKeyNorm) {
    case QueryKeyNorm::None:
      break;
    case QueryKeyNorm::HeadBeforeRope:
      query = block.queryNorm->forward(query);
      key = block.keyNorm->forward(key);
      break;
    case QueryKeyNorm::WholeBeforeRope:
      query = block.queryNorm->forward(query.flatten(1)).view_as(query);
      key = block.keyNorm->forward(key.flatten(1)).view_as(key);
      break;
    case QueryKeyNorm::HeadAfterRope:
      query = block.queryNorm->forward(turn != nullptr ? rotated(query, stream.turns[rope]) : query);
      key = block.keyNorm->forward(turn != nullptr ? rotated(key, stream.turns[rope]) : key);
      turn = nullptr;
      break;
  }
  if (stream.queryFactors.defined()) query = query * stream.queryFactors;  // a factor of a token, so a turn may follow
  return at::cat({query.flatten(1), key.flatten(1), value.flatten(1)}, 1);
}

at::Tensor Decoder::attended(const at::Tensor& x, std::size_t layer, const Stream& stream) {
  const auto& block = blocks_[layer];
  const auto index = static_cast<std::int64_t>(layer);
  const Rotary::Table* turn = nullptr;
  auto projected = block.projections->forward(x);
  at::Tensor gates;
  if (config_.decoder.gatedQueries) std::tie(projected, gates) = withoutGates(projected, block.shape);
  const auto qkv = stream.places.withPrefix(prepared(projected, block, stream, turn), index);
  const auto& pass = stream.pass;
  auto result = stream.cache != nullptr
                    ? cachedAttention(qkv, block.shape, turn, stream.cache->parts(), stream.cache->layer(layer))
                    : attention(qkv, stream.sequences, block.shape, turn, pass.training ? config_.attentionDropout : 0,
                                dropoutKey(pass, index, DropoutPlace::Attention));
  result = stream.places.withoutPrefix(result);
  if (gates.defined()) result = result * at::sigmoid(gates);
  return block.attentionOut->forward(result);
}

at::Tensor Decoder::mixed(const at::Tensor& x, std::size_t layer, const Stream& stream) {
  const auto& block = blocks_[layer];
  auto out = block.mixer != nullptr ? block.mixer->forward(x, stream.states) : attended(x, layer, stream);
  if (block.attentionOutNorm != nullptr) out = block.attentionOutNorm->forward(out);
  return stream.dropped(out, config_.hiddenDropout, layer, DropoutPlace::AttentionOutput);
}

at::Tensor Decoder::transformed(const at::Tensor& x, std::size_t layer, const Stream& stream) {
  const auto& block = blocks_[layer];
  auto out = block.down->forwardActivated(block.up->forward(x), config_.activation, config_.decoder.gatedMlp);
  if (block.mlpOutNorm != nullptr) out = block.mlpOutNorm->forward(out);
  return stream.dropped(out, config_.hiddenDropout, layer, DropoutPlace::MlpOutput);
}

at::Tensor Decoder::hidden(const Batch& batch, const Pass& pass, KeyValueCache* cache, const VirtualPlaces& places) {
  const auto& spec = config_.decoder;
  const auto positionIds = places.positionIds(config_.firstPosition);
  Stream stream{batch, pass, cache, places, {}, {}, {}, {}, {}};
  std::vector<std::int64_t> before;
  if (cache == nullptr) {
    stream.sequences = sequencesOf(places.attentionOffsets(), batch.tokenIds.device());
  } else {
    for (const auto& part : cache->parts()) before.push_back(part.length);
    stream.states.parts = &cache->parts();
  }
  if (config_.keepsStates()) {
    const auto device = batch.tokenIds.device();
    stream.states.rows = historyRows(places.rowOffsets(), spec.convolutionKernel, device);
    stream.states.chunks = deltaChunks(places.rowOffsets(), device);
  }
  for (const auto& rope : ropes_) {
    stream.turns.push_back(rope.table(positionIds, places.rowOffsets(), before));
    stream.attentionTurns.push_back(places.withPrefix(stream.turns.back()));
  }
  if (spec.queryGrowth > 0) {
    const auto lengths = (positionIds / spec.queryGrowthLength).floor_();
    stream.queryFactors = lengths.log1p_().mul_(spec.queryGrowth).add_(1).to(parts_.options()).view({-1, 1, 1});
  }

  auto x = embedded(batch, pass, places, positionIds);
  if (pass.training) x = dropout(x, config_.embeddingDropout, dropoutKey(pass, -1, DropoutPlace::Embedding));
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const auto& block = blocks_[i];
    const auto normed = block.attentionNorm != nullptr ? block.attentionNorm->forward(x) : x;
    const auto afterAttention = at::add(x, mixed(normed, i, stream), spec.residualScale);
    const bool parallel = spec.form == BlockForm::Parallel;
    const auto forMlp = parallel                   ? normed
                        : block.mlpNorm != nullptr ? block.mlpNorm->forward(afterAttention)
                                                   : afterAttention;
    x = at::add(afterAttention, transformed(forMlp, i, stream), spec.residualScale);
  }
  return finalNorm_->forward(places.withoutPrompt(x));
}

const at::Tensor& Decoder::headWeight() const {
  return languageHead_ != nullptr ? languageHead_->table : tokens_->table;
}

at::Tensor Decoder::scaledForHead(const at::Tensor& states) const {
  const auto scale = config_.decoder.logitScale;
  return scale == 1 ? states : states * scale;
}

at::Tensor Decoder::languageLogits(const at::Tensor& states) const {
  auto logits = at::mm(scaledForHead(states), headWeight().t());
  const auto cap = config_.decoder.logitCap;
  return cap > 0 ? logits.div_(cap).tanh_().mul_(cap) : logits;
}

at::Tensor Decoder::scores(const Batch& batch, const Pass& pass) {
  return score_->forward(lastRealRows(hidden(batch, pass), batch, config_.padId));
}

at::Tensor Decoder::logits(const Batch& batch, const at::Tensor& rows) {
  const at::NoGradGuard noGrad;
  if (score_ != nullptr) return scores(batch, Pass{});
  auto states = hidden(batch, Pass{});
  if (rows.defined()) states = states.index_select(0, rows);
  return languageLogits(states);
}

at::Tensor Decoder::nextLogits(const Batch& batch, KeyValueCache& cache, const std::vector<std::int64_t>& sequences) {
  const at::NoGradGuard noGrad;
  const bool anew =
      std::ranges::any_of(config_.ropes, [](const auto& rope) { return rope.type == RopeConfig::Type::LongRope; });
  const auto whole = anew ? withTurnedAnew(batch, cache, sequences) : batch;
  std::vector<bool> begins;
  for (const auto sequence : sequences) begins.push_back(cache.length(sequence) == 0);
  const VirtualPlaces places(parts_.virtualTokens(), whole, std::move(begins));
  std::vector<KeyValueCache::Shape> shapes;
  for (const auto& layer : config_.layerSpecs) {
    shapes.push_back({layer.mixer == Mixer::Attention ? layer.keyValueHeads : 0, layer.headDim});
  }
  cache.begin(sequences, places.attentionOffsets(), shapes, parts_.options());
  auto states = hidden(whole, Pass{}, &cache, places);
  cache.commit();
  if (whole.offsets.back() > std::ssize(sequences)) states = lastRows(states, whole.offsets);
  return languageLogits(states);
}

Batch Decoder::withTurnedAnew(const Batch& batch, KeyValueCache& cache,
                              const std::vector<std::int64_t>& sequences) const {
  const auto virtualTokens = config_.virtualTokens;
  std::vector<at::Tensor> ids, positions;
  Batch whole;
  whole.offsets = {0};
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const auto sequence = sequences[i];
    const auto added = batch.offsets[i + 1] - batch.offsets[i];
    auto own = batch.tokenIds.narrow(0, batch.offsets[i], added);
    auto places = batch.positionIds.narrow(0, batch.offsets[i], added);
    const auto before = cache.length(sequence);
    cache.remember(sequence, own);
    const auto length = before + added + (before == 0 ? virtualTokens : 0);
    if (std::ranges::any_of(ropes_, [&](const auto& rope) { return rope.changesAt(before, length); })) {
      own = cache.remembered(sequence);
      places = at::arange(config_.firstPosition, config_.firstPosition + own.size(0), places.options());
      cache.clear(sequence);
    }
    whole.offsets.push_back(whole.offsets.back() + own.size(0));
    ids.push_back(own);
    positions.push_back(places);
  }
  whole.tokenIds = at::cat(ids);
  whole.positionIds = at::cat(positions);
  return whole;
}

at::Tensor Decoder::loss(const Batch& batch, const Pass& pass, double divisor) {
  if (score_ != nullptr) {
    return sequenceLoss(scores(batch, pass), batch.targets, config_.head, divisor, pass.labelSmoothing);
  }
  auto* head = languageHead_ != nullptr ? languageHead_ : tokens_;
  return tokenLoss(scaledForHead(hidden(batch, pass)), head->table, batch.targets, divisor, head->parameter.get(),
                   parts_.anchor(), pass.labelSmoothing, config_.decoder.logitCap);
}

std::vector<std::string> Decoder::headTensors() const {
  return score_ != nullptr ? std::vector<std::string>{"score.weight"} : std::vector<std::string>{};
}

}  // namespace rosa::model
