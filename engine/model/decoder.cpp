// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/decoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "adapt/frozen_weight.h"
#include "model/attention_heads.h"
#include "model/block_gradients.h"
#include "model/cached_attention.h"
#include "model/embedding_noise.h"
#include "model/key_value_cache.h"
#include "model/norm.h"
#include "model/recompute.h"
#include "model/sequence_loss.h"
#include "model/token_loss.h"

namespace rosa::model {

namespace {

/// What a layer's projection holds, [tokens, heads, headDim] each: all three, without values where the keys serve as
/// them, or queries alone where keys and values are `lent`.
AttentionHeads projectedHeads(const at::Tensor& x, const AttentionShape& shape, bool valueIsKey,
                              const AttentionHeads* lent) {
  const auto view = [&](std::int64_t from, std::int64_t heads) {
    return x.narrow(1, from * shape.headDim, heads * shape.headDim).unflatten(1, {heads, shape.headDim});
  };
  auto query = view(0, shape.heads);
  if (lent != nullptr) return {query, lent->key, lent->value};
  auto key = view(shape.heads, shape.keyValueHeads);
  return {query, key, valueIsKey ? key : view(shape.heads + shape.keyValueHeads, shape.keyValueHeads)};
}

/// Of the layers that turn by this rope; they all have heads of one size.
std::int64_t headDimOf(const ModelConfig& config, std::size_t rope) {
  const auto found = std::ranges::find(config.layerSpecs, static_cast<int>(rope), &LayerSpec::rope);
  return found == config.layerSpecs.end() ? config.headDim : found->headDim;
}

/// A fused projection [tokens, ..] whose query heads each bring a gate behind them, as one without gates, and the gates
/// [tokens, heads·headDim].
std::pair<at::Tensor, at::Tensor> withoutGates(const at::Tensor& projected, const AttentionShape& shape) {
  const auto both = 2 * shape.heads * shape.headDim;
  const auto heads = projected.narrow(1, 0, both).unflatten(1, {shape.heads, 2, shape.headDim}).unbind(2);
  const auto keysAndValues = projected.narrow(1, both, projected.size(1) - both);
  return {at::cat({heads[0].flatten(1), keysAndValues}, 1), heads[1].flatten(1)};
}

at::Tensor forwardBehind(const Norm* norm, AdaptedLinear& layer, const at::Tensor& x) {
  return norm != nullptr ? layer.forwardNormed(x, *norm) : layer.forward(x);
}

}  // namespace

struct Decoder::Stream {
  Pass pass;
  KeyValueCache* cache;
  VirtualPlaces places;
  Sequences sequences;                        ///< of what the attention sees, where it is not cached
  std::vector<Rotary::Table> turns;           ///< one a rope, for the rows that the layers see
  std::vector<Rotary::Table> attentionTurns;  ///< and for those that the attention sees
  at::Tensor queryFactors;                    ///< [rows, 1, 1], undefined = none
  std::vector<at::Tensor> layerInputs;        ///< [rows, size] a layer; empty = none
  std::vector<AttentionHeads> lent;           ///< keys, turned, and values by layer, where a later one uses them
  StateStream states;                         ///< for layers that are no attention

  [[nodiscard]] at::Tensor dropped(const at::Tensor& x, double p, std::size_t layer, DropoutPlace place) const {
    return pass.training ? dropout(x, p, dropoutKey(pass, static_cast<std::int64_t>(layer), place)) : x;
  }
};

Decoder::Decoder(const ModelConfig& config, const at::TensorOptions& options, at::ScalarType weights)
    : config_(config), parts_(options, weights) {
  const auto& spec = config.decoder;
  const auto padding = spec.fixedPaddingRow ? config.padId.value_or(-1) : -1;
  tokens_ = &parts_.addEmbedding(spec.placed(spec.names->tokens), config.vocabularySize, config.width, padding);
  if (!spec.names->positions.empty()) {
    positions_ = &parts_.addEmbedding(spec.placed(spec.names->positions), config.positions, config.width);
  }
  if (spec.layerInput > 0) layerInputs_.emplace(parts_, config_);
  for (std::size_t i = 0; i < config.layerSpecs.size(); ++i) addBlock(i);
  finalNorm_ = addNorm("", spec.placed(spec.names->finalNorm), config.width);
  if (config.head == Head::LanguageModel && !config.tied) {
    languageHead_ = &parts_.addEmbedding("lm_head", config.vocabularySize, config.width);
  }
  if (config.head == Head::Classification || config.head == Head::Regression) {
    score_ = &parts_.addHead("score", config.width, config.labels, false);
  }
  for (std::size_t i = 0; i < config.ropes.size(); ++i) {
    ropes_.emplace_back(config.ropes[i], headDimOf(config, i), parts_.options().device());
  }
}

Norm* Decoder::addNorm(const std::string& block, std::string_view name, std::int64_t width) {
  if (name.empty()) return nullptr;
  return &parts_.addNorm(block + std::string(name), width, config_.decoder.norm, config_.normEpsilon);
}

std::string Decoder::layerPrefix(std::size_t layer) const {
  const auto& spec = config_.decoder;
  return fmt::format("{}{}.", spec.placed(spec.names->layer), layer);
}

void Decoder::addAttention(Block& block, const LayerSpec& layer, const std::string& prefix) {
  const auto& spec = config_.decoder;
  const auto& names = *spec.names;
  const auto layout = names.inOut ? AdaptedLinear::Layout::InOut : AdaptedLinear::Layout::OutIn;
  const auto queries = layer.heads * layer.headDim;
  const auto queriesAndGates = spec.gatedQueries ? 2 * queries : queries;
  const auto keys = layer.keyValueHeads * layer.headDim;
  const auto named = [&](std::string_view name) { return prefix + std::string(name); };

  block.shape = {layer.heads,  layer.keyValueHeads, layer.headDim,    true,
                 layer.window, spec.attentionScale, spec.attentionCap};
  block.rope = layer.rope;
  block.valueIsKey = layer.valueIsKey;
  block.keysOf = layer.keysOf;
  const bool own = layer.keysOf < 0;
  if (!own) blocks_[static_cast<std::size_t>(layer.keysOf)].lends = true;
  std::vector<AdaptedLinear::Part> projections;
  if (!names.projections.empty()) {
    projections = {{named(names.projections), queries + 2 * keys}};
  } else {
    projections = {{named(names.query), queriesAndGates}};
    if (own) projections.push_back({named(names.key), keys});
    if (own && !layer.valueIsKey) projections.push_back({named(names.value), keys});
  }
  block.projections = &parts_.addLinear(layout, config_.width, projections, config_.attentionBias, true);
  const bool whole = spec.queryKeyNorm == QueryKeyNorm::WholeBeforeRope;
  block.queryNorm = addNorm(prefix, names.queryNorm, whole ? queries : layer.headDim);
  if (own) block.keyNorm = addNorm(prefix, names.keyNorm, whole ? keys : layer.headDim);
  block.attentionOut = &parts_.addLinear(layout, queries, {{named(names.attentionOut), config_.width}},
                                         config_.attentionOutputBias, true);
}

void Decoder::addMlp(Block& block, const LayerSpec& layer, const std::string& prefix) {
  const auto& names = *config_.decoder.names;
  const auto layout = names.inOut ? AdaptedLinear::Layout::InOut : AdaptedLinear::Layout::OutIn;
  const auto width = config_.width;
  const auto named = [&](std::string_view name) { return prefix + std::string(name); };
  using Parts = std::vector<AdaptedLinear::Part>;
  auto up = names.gateUp.empty() ? Parts{{named(names.up), layer.feedForward}}
                                 : Parts{{named(names.gateUp), 2 * layer.feedForward}};
  if (!names.gate.empty()) up.insert(up.begin(), {named(names.gate), layer.feedForward});
  block.up = &parts_.addLinear(layout, width, up, config_.mlpBias, false);
  block.down = &parts_.addLinear(layout, layer.feedForward, {{named(names.down), width}}, config_.mlpBias, false);
}

void Decoder::addBlock(std::size_t index) {
  const auto& spec = config_.decoder;
  const auto& names = *spec.names;
  const auto& layer = config_.layerSpecs[index];
  const auto prefix = layerPrefix(index);
  Block block;
  block.attentionNorm = addNorm(prefix, names.attentionNorm, config_.width);
  block.mixer = makeStateMixer(parts_, config_, index, prefix);
  if (block.mixer == nullptr) addAttention(block, layer, prefix);
  block.attentionOutNorm = addNorm(prefix, names.attentionOutNorm, config_.width);
  block.mlpNorm = addNorm(prefix, names.mlpNorm, config_.width);
  addMlp(block, layer, prefix);
  block.mlpOutNorm = addNorm(prefix, names.mlpOutNorm, config_.width);
  if (spec.layerInput > 0) block.inputBranch.emplace(parts_, config_, prefix);
  if (!names.layerScale.empty()) {
    block.scale = parts_.addTensor(prefix + std::string(names.layerScale), {1}, Role::Buffer, 1);
  }
  blocks_.push_back(std::move(block));
}

at::Tensor Decoder::embedded(const Batch& batch, const Pass& pass, const VirtualPlaces& places,
                             const at::Tensor& positionIds) {
  const auto scale = config_.decoder.embeddingScale;
  auto x = embed(tokens_->table, batch.tokenIds, tokens_->parameter.get(), parts_.anchor(), tokens_->paddingId,
                 tokens_->rows.get());
  if (scale != 1) x = x * scale;
  x = places.withPrompt(withEmbeddingNoise(x, batch, pass));
  if (positions_ == nullptr) return x;
  return x + embed(positions_->table, positionIds, positions_->parameter.get(), parts_.anchor(), -1);
}

at::Tensor Decoder::prepared(at::Tensor projected, std::size_t layer, Stream& stream,
                             const Rotary::Table*& turn) const {
  const auto& block = blocks_[layer];
  const auto& spec = config_.decoder;
  const auto rope = static_cast<std::size_t>(block.rope);
  const bool borrows = block.keysOf >= 0;
  turn = block.rope < 0 ? nullptr : &stream.attentionTurns[rope];
  const bool plain = !borrows && !block.lends && !block.valueIsKey && block.queryNorm == nullptr && !spec.valueNorm;
  if (plain && !stream.queryFactors.defined()) return projected;
  auto [query, key, value] = projectedHeads(projected, block.shape, block.valueIsKey,
                                            borrows ? &stream.lent[static_cast<std::size_t>(block.keysOf)] : nullptr);
  const auto turnNow = [&, &query = query, &key = key] {
    if (turn == nullptr) return;
    query = rotated(query, stream.turns[rope]);
    if (!borrows) key = rotated(key, stream.turns[rope]);
    turn = nullptr;
  };
  const auto normalise = [&, &query = query, &key = key](bool whole) {
    const auto by = [&](const Norm* norm, const at::Tensor& x) {
      return whole ? norm->forward(x.flatten(1)).view_as(x) : norm->forward(x);
    };
    query = by(block.queryNorm, query);
    if (!borrows) key = by(block.keyNorm, key);
  };
  switch (spec.queryKeyNorm) {
    case QueryKeyNorm::None:
      break;
    case QueryKeyNorm::HeadBeforeRope:
      normalise(false);
      break;
    case QueryKeyNorm::WholeBeforeRope:
      normalise(true);
      break;
    case QueryKeyNorm::HeadAfterRope:
      turnNow();
      normalise(false);
      break;
  }
  if (spec.valueNorm && !borrows) value = rmsNorm(value, config_.normEpsilon);
  if (borrows || block.lends) turnNow();  // keys are lent as they enter the scores
  if (block.lends) stream.lent[layer] = {{}, key, value};
  if (stream.queryFactors.defined()) query = query * stream.queryFactors;  // a factor of a token, so a turn may follow
  return at::cat({query.flatten(1), key.flatten(1), value.flatten(1)}, 1);
}

at::Tensor Decoder::attended(const at::Tensor& x, const Norm* norm, std::size_t layer, Stream& stream) {
  const auto& block = blocks_[layer];
  // Whose keys and values these are, in prefix and cache too: a borrower finds and stores there what the lender did.
  const auto owner = block.keysOf >= 0 ? static_cast<std::size_t>(block.keysOf) : layer;
  const Rotary::Table* turn = nullptr;
  auto projected = forwardBehind(norm, *block.projections, x);
  at::Tensor gates;
  if (config_.decoder.gatedQueries) std::tie(projected, gates) = withoutGates(projected, block.shape);
  const auto qkv = stream.places.withPrefix(prepared(projected, layer, stream, turn), static_cast<std::int64_t>(owner));
  const auto& pass = stream.pass;
  auto result = stream.cache != nullptr
                    ? cachedAttention(qkv, block.shape, turn, stream.cache->parts(), stream.cache->layer(owner))
                    : attention(qkv, stream.sequences, block.shape, turn, pass.training ? config_.attentionDropout : 0,
                                dropoutKey(pass, static_cast<std::int64_t>(layer), DropoutPlace::Attention));
  result = stream.places.withoutPrefix(result);
  if (gates.defined()) result = result * at::sigmoid(gates);
  return block.attentionOut->forward(result);
}

at::Tensor Decoder::mixed(const at::Tensor& x, const Norm* norm, std::size_t layer, Stream& stream) {
  const auto& block = blocks_[layer];
  auto out = block.mixer == nullptr ? attended(x, norm, layer, stream)
                                    : block.mixer->forward(norm != nullptr ? norm->forward(x) : x, stream.states);
  if (block.attentionOutNorm != nullptr) out = block.attentionOutNorm->forward(out);
  return stream.dropped(out, config_.hiddenDropout, layer, DropoutPlace::AttentionOutput);
}

at::Tensor Decoder::transformed(const at::Tensor& x, const Norm* norm, std::size_t layer, const Stream& stream) {
  const auto& block = blocks_[layer];
  auto out =
      block.down->forwardActivated(forwardBehind(norm, *block.up, x), config_.activation, config_.decoder.gatedMlp);
  if (block.mlpOutNorm != nullptr) out = block.mlpOutNorm->forward(out);
  return stream.dropped(out, config_.hiddenDropout, layer, DropoutPlace::MlpOutput);
}

at::Tensor Decoder::hidden(const Batch& batch, const Pass& pass, KeyValueCache* cache, const VirtualPlaces& places) {
  const auto& spec = config_.decoder;
  const auto positionIds = places.positionIds(config_.firstPosition);
  const auto shared = std::make_shared<Stream>(
      Stream{pass, cache, places, {}, {}, {}, {}, {}, std::vector<AttentionHeads>(blocks_.size()), {}});
  auto& stream = *shared;
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
  // Virtual tokens are no token of the table: they read the row of token 0, which pads.
  if (layerInputs_) stream.layerInputs = layerInputs_->of(places.withPromptIds(batch.tokenIds), x).unbind(1);
  if (pass.training) x = dropout(x, config_.embeddingDropout, dropoutKey(pass, -1, DropoutPlace::Embedding));
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    tellWhenDone(x, i, pass);
    x = recomputes(i, x, stream) ? passedTwice(x, i, shared) : passed(x, i, stream);
  }
  return finalNorm_->forward(places.withoutPrompt(x));
}

at::Tensor Decoder::passed(const at::Tensor& x, std::size_t layer, Stream& stream) {
  const auto& block = blocks_[layer];
  const auto& spec = config_.decoder;
  // Parallel branches share a norm; otherwise each has its own and keeps nothing of it.
  const bool parallel = spec.form == BlockForm::Parallel;
  const auto shared = parallel && block.attentionNorm != nullptr ? block.attentionNorm->forward(x) : x;
  const auto* attentionNorm = parallel ? nullptr : block.attentionNorm;
  const auto afterAttention = at::add(x, mixed(shared, attentionNorm, layer, stream), spec.residualScale);
  const auto ofMlp = parallel ? transformed(shared, nullptr, layer, stream)
                              : transformed(afterAttention, block.mlpNorm, layer, stream);
  auto result = at::add(afterAttention, ofMlp, spec.residualScale);
  if (block.inputBranch) result = result + block.inputBranch->forward(result, stream.layerInputs[layer]);
  return block.scale.defined() ? result * block.scale : result;
}

bool Decoder::recomputes(std::size_t layer, const at::Tensor& x, const Stream& stream) const {
  if (!stream.pass.recomputes || !at::GradMode::is_enabled()) return false;
  // What a block lends to later ones hangs on the graph of its own pass.
  return !blocks_[layer].lends && (x.requires_grad() || parts_.trainsWithin(layerPrefix(layer)));
}

at::Tensor Decoder::passedTwice(const at::Tensor& x, std::size_t layer, const std::shared_ptr<const Stream>& stream) {
  const auto lender = blocks_[layer].keysOf;
  std::vector<at::Tensor> inputs{x, stream->layerInputs.empty() ? at::Tensor() : stream->layerInputs[layer]};
  if (lender >= 0) {
    const auto& lent = stream->lent[static_cast<std::size_t>(lender)];
    inputs.insert(inputs.end(), {lent.key, lent.value});
  }
  const auto layers = [this, layer, lender, stream](const std::vector<at::Tensor>& given) {
    auto own = *stream;
    if (given[1].defined()) own.layerInputs[layer] = given[1];
    if (lender >= 0) own.lent[static_cast<std::size_t>(lender)] = {{}, given[2], given[3]};
    return passed(given[0], layer, own);
  };
  return recomputed(layers, inputs);
}

at::Tensor Decoder::scaledForHead(const at::Tensor& states) const {
  const auto scale = config_.decoder.logitScale;
  return scale == 1 ? states : states * scale;
}

at::Tensor Decoder::languageLogits(const at::Tensor& states) const {
  const auto& head = headTable();
  const auto scaled = scaledForHead(states);
  auto logits = adapt::product(scaled, head.table.t());
  if (head.rows) head.rows->putInto(logits, scaled);
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
    const bool own = layer.mixer == Mixer::Attention && layer.keysOf < 0;
    shapes.push_back({own ? layer.keyValueHeads : 0, layer.headDim});
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
  const auto& head = headTable();
  return tokenLoss(scaledForHead(hidden(batch, pass)), head.table, batch.targets, divisor, head.parameter.get(),
                   parts_.anchor(), pass.labelSmoothing, config_.decoder.logitCap, {}, head.rows.get());
}

std::vector<adapt::Parameter*> Decoder::trainRows(const std::vector<std::int64_t>& ids) {
  if (score_ != nullptr) return {};
  std::vector<adapt::Parameter*> parameters{parts_.trainRows(*tokens_, ids)};
  if (languageHead_ != nullptr) parameters.push_back(parts_.trainRows(*languageHead_, ids));
  return parameters;
}

std::vector<std::string> Decoder::headTensors() const {
  return score_ != nullptr ? std::vector<std::string>{"score.weight"} : std::vector<std::string>{};
}

}  // namespace rosa::model
