// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/model_parts.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>

namespace rosa::model {

namespace {

/// The stretch of the arena for what autograd trains as it lies; none for what trains otherwise.
std::optional<adapt::Segment> leafSegment(Role role) {
  switch (role) {
    case Role::Norm:
      return adapt::Segment::Norm;
    case Role::HeadWeight:
    case Role::HeadBias:
    case Role::HeadNorm:
      return adapt::Segment::Head;
    case Role::Convolution:
    case Role::DecayLog:
      return adapt::Segment::Dense;
    case Role::Buffer:
    case Role::Embedding:
    case Role::LinearWeight:
    case Role::LinearBias:
      break;
  }
  return std::nullopt;
}

}  // namespace

at::Tensor HeadLinear::forward(const at::Tensor& x) const {
  return at::linear(x, weight, bias);
}

ModelParts::ModelParts(const at::TensorOptions& options, at::ScalarType weights)
    : options_(options), weights_(weights), anchor_(at::zeros({}, options)) {}

Embedding& ModelParts::addEmbedding(const std::string& name, std::int64_t rows, std::int64_t width,
                                    std::int64_t paddingId) {
  auto& added = *embeddings_.emplace_back(std::make_unique<Embedding>());
  added.name = name;
  // A table's rows are looked up and not multiplied alone: half the memory is enough of a saving there.
  added.table = at::empty({rows, width}, options_.dtype(weights_ == at::kChar ? at::kBFloat16 : weights_));
  added.paddingId = paddingId;
  tensors_.push_back({name + ".weight", added.table, Role::Embedding});
  return added;
}

Norm& ModelParts::addNorm(const std::string& name, std::int64_t width, NormKind kind, double epsilon, Role role) {
  auto& added = *norms_.emplace_back(std::make_unique<Norm>());
  added.name = name;
  added.kind = kind;
  added.weight = at::ones({width}, options_);
  added.epsilon = epsilon;
  tensors_.push_back({name + ".weight", added.weight, role, kind == NormKind::RmsPlusOne ? 0.0 : 1.0});
  if (kind == NormKind::Layer) {
    added.bias = at::zeros({width}, options_);
    tensors_.push_back({name + ".bias", added.bias, role, 0});
  }
  return added;
}

AdaptedLinear& ModelParts::addLinear(AdaptedLinear::Layout layout, std::int64_t in,
                                     const std::vector<AdaptedLinear::Part>& parts, bool bias, bool attention) {
  auto& added =
      *layers_.emplace_back(std::make_unique<AdaptedLinear>(layout, in, parts, bias, attention, options_, weights_));
  added.listTensors(tensors_);
  const auto slots = added.slots();
  linears_.insert(linears_.end(), slots.begin(), slots.end());
  return added;
}

HeadLinear& ModelParts::addHead(const std::string& name, std::int64_t in, std::int64_t out, bool bias) {
  auto& added = *heads_.emplace_back(std::make_unique<HeadLinear>());
  added.name = name;
  added.weight = at::empty({out, in}, options_);
  tensors_.push_back({name + ".weight", added.weight, Role::HeadWeight});
  if (bias) {
    added.bias = at::zeros({out}, options_);
    tensors_.push_back({name + ".bias", added.bias, Role::HeadBias});
  }
  return added;
}

at::Tensor ModelParts::addTensor(const std::string& name, const std::vector<std::int64_t>& shape, Role role,
                                 double start) {
  tensors_.push_back({name, at::empty(shape, options_), role, start});
  return tensors_.back().tensor;
}

adapt::Parameter* ModelParts::train(std::string_view name) {
  for (const auto& embedding : embeddings_) {
    if (embedding->name + ".weight" != name) continue;
    if (!embedding->parameter) {
      embedding->parameter = std::make_unique<adapt::Parameter>();
      embedding->parameter->name = std::string(name);
      embedding->parameter->value = embedding->table;
      embedding->parameter->segment = adapt::Segment::Embedding;
      anchor_.requires_grad_(true);
    }
    return embedding->parameter.get();
  }
  for (const auto& stored : tensors_) {
    if (stored.name != name) continue;
    if (const auto segment = leafSegment(stored.role)) return trainLeaf(stored, *segment);
    if (stored.role == Role::LinearBias) {
      for (const auto& layer : layers_) {
        if (auto* parameter = layer->trainBias(stored.name)) return parameter;
      }
    }
    return nullptr;
  }
  return nullptr;
}

adapt::Parameter* ModelParts::trainRows(Embedding& embedding, const std::vector<std::int64_t>& ids) {
  embedding.rows = std::make_unique<TokenRows>(embedding.name + ".weight", ids, embedding.table);
  anchor_.requires_grad_(true);
  return &embedding.rows->parameter();
}

const TokenRows* ModelParts::trainedRows(std::string_view name) const {
  for (const auto& embedding : embeddings_) {
    if (embedding->rows && embedding->name + ".weight" == name) return embedding->rows.get();
  }
  return nullptr;
}

adapt::Parameter* ModelParts::trainLeaf(const NamedTensor& stored, adapt::Segment segment) {
  for (const auto& leaf : leaves_) {
    if (leaf->name == stored.name) return leaf.get();
  }
  auto& leaf = *leaves_.emplace_back(std::make_unique<adapt::Parameter>());
  leaf.name = stored.name;
  leaf.value = stored.tensor;
  leaf.value.requires_grad_(true);
  leaf.segment = segment;
  leaf.autogradLeaf = true;
  return &leaf;
}

bool ModelParts::trainsWithin(std::string_view prefix) const {
  if (virtualTokens_ != nullptr && virtualTokens_->kind() == VirtualKind::Prefix) return true;
  return std::ranges::any_of(leaves_, [&](const auto& leaf) { return leaf->name.starts_with(prefix); }) ||
         std::ranges::any_of(layers_, [&](const auto& layer) {
           return layer->trains() && layer->slots().front()->name().starts_with(prefix);
         });
}

adapt::Parameter& ModelParts::prepend(VirtualKind kind, std::int64_t count, std::uint64_t seed, ModelConfig& config) {
  TORCH_CHECK(virtualTokens_ == nullptr, "the model has virtual tokens already");
  virtualTokens_ = std::make_unique<VirtualTokens>(kind, count, config, seed, options_);
  config.virtualTokens = count;
  return virtualTokens_->parameter();
}

}  // namespace rosa::model
