// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/virtual_tokens.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <utility>

#include "adapt/counter_random.h"

namespace rosa::model {

namespace {

/// Columns of a prefix for one layer.
std::int64_t prefixColumns(const LayerSpec& layer) {
  return layer.keysOf < 0 ? 2 * layer.keyValueHeads * layer.headDim : 0;
}

}  // namespace

std::vector<std::int64_t> virtualShape(VirtualKind kind, std::int64_t count, const ModelConfig& config) {
  if (kind == VirtualKind::Prompt) return {count, config.embeddingSize()};
  std::int64_t columns = 0;
  for (const auto& layer : config.layerSpecs) columns += prefixColumns(layer);
  return {count, columns};
}

Status checkVirtual(VirtualKind kind, const ModelConfig& config) {
  if (kind == VirtualKind::Prompt || !config.keepsStates()) return {};
  return Error{fmt::format(
      "method: prefix stands before every sequence as keys and values of every layer, but {} has layers that keep a "
      "state in their place. Choose prompt or another method.",
      config.family())};
}

VirtualTokens::VirtualTokens(VirtualKind kind, std::int64_t count, const ModelConfig& config, std::uint64_t seed,
                             const at::TensorOptions& options)
    : kind_(kind), layers_(config.layerSpecs) {
  constexpr double kStartDeviation = 0.02;
  auto generator = at::detail::createCPUGenerator(
      adapt::counterRandom(seed, adapt::RandomUse::VirtualTokens, static_cast<std::int64_t>(kind), count));
  parameter_.name = "prompt_embeddings";
  parameter_.value = at::empty(virtualShape(kind, count, config), at::kFloat)
                         .normal_(0, kStartDeviation, generator)
                         .to(options)
                         .requires_grad_(true);
  parameter_.autogradLeaf = true;
}

at::Tensor VirtualTokens::projections(std::int64_t layer) const {
  const auto& spec = layers_[static_cast<std::size_t>(layer)];
  std::int64_t before = 0;
  for (std::int64_t i = 0; i < layer; ++i) before += prefixColumns(layers_[static_cast<std::size_t>(i)]);
  const auto own = parameter_.value.narrow(1, before, prefixColumns(spec));
  return at::cat({at::zeros({count(), spec.heads * spec.headDim}, own.options().requires_grad(false)), own}, 1);
}

VirtualPlaces::VirtualPlaces(const VirtualTokens* tokens, const Batch& batch, std::vector<bool> begins)
    : tokens_(tokens), batch_(batch), begins_(std::move(begins)), wide_(batch.offsets) {
  if (tokens_ == nullptr) return;
  std::int64_t added = 0;
  for (std::size_t i = 0; i + 1 < wide_.size(); ++i) {
    if (beginsAt(i)) added += tokens_->count();
    wide_[i + 1] += added;
  }
  inserts_ = added > 0;
}

at::Tensor VirtualPlaces::insert(const at::Tensor& rows, const at::Tensor& x) const {
  std::vector<at::Tensor> parts;
  for (std::size_t i = 0; i + 1 < batch_.offsets.size(); ++i) {
    if (beginsAt(i)) parts.push_back(rows);
    parts.push_back(x.narrow(0, batch_.offsets[i], batch_.offsets[i + 1] - batch_.offsets[i]));
  }
  return at::cat(parts);
}

at::Tensor VirtualPlaces::remove(const at::Tensor& x) const {
  std::vector<at::Tensor> parts;
  for (std::size_t i = 0; i + 1 < batch_.offsets.size(); ++i) {
    const auto length = batch_.offsets[i + 1] - batch_.offsets[i];
    parts.push_back(x.narrow(0, wide_[i + 1] - length, length));
  }
  return at::cat(parts);
}

at::Tensor VirtualPlaces::positionIds(std::int64_t firstPosition) const {
  if (!inserts_) return batch_.positionIds;
  const auto count = tokens_->count();
  auto shifted = batch_.positionIds.clone();
  for (std::size_t i = 0; i + 1 < batch_.offsets.size(); ++i) {
    if (beginsAt(i)) shifted.narrow(0, batch_.offsets[i], batch_.offsets[i + 1] - batch_.offsets[i]).add_(count);
  }
  return prompt() ? insert(at::arange(firstPosition, firstPosition + count, shifted.options()), shifted) : shifted;
}

at::Tensor VirtualPlaces::withPrompt(const at::Tensor& embedded) const {
  return prompt() ? insert(tokens_->values(), embedded) : embedded;
}

at::Tensor VirtualPlaces::withPromptIds(const at::Tensor& ids) const {
  return prompt() ? insert(at::zeros({tokens_->count()}, ids.options()), ids) : ids;
}

at::Tensor VirtualPlaces::withoutPrompt(const at::Tensor& hidden) const {
  return prompt() ? remove(hidden) : hidden;
}

at::Tensor VirtualPlaces::withPrefix(const at::Tensor& qkv, std::int64_t layer) const {
  return prefix() ? insert(tokens_->projections(layer), qkv) : qkv;
}

at::Tensor VirtualPlaces::withoutPrefix(const at::Tensor& attended) const {
  return prefix() ? remove(attended) : attended;
}

Rotary::Table VirtualPlaces::withPrefix(const Rotary::Table& table) const {
  if (!prefix()) return table;
  auto shape = table.cosine.sizes().vec();
  shape.front() = tokens_->count();
  return {insert(at::ones(shape, table.cosine.options()), table.cosine),
          insert(at::zeros(shape, table.sine.options()), table.sine), table.neighbours};
}

}  // namespace rosa::model
