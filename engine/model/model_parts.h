// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/adapted_linear.h"
#include "model/model.h"
#include "model/norm.h"
#include "model/token_rows.h"
#include "model/virtual_tokens.h"

namespace rosa::model {

/// A table of rows; frozen unless `parameter` is set.
struct Embedding {
  std::string name;             ///< without ".weight"
  at::Tensor table;             ///< [rows, width]
  std::int64_t paddingId = -1;  ///< row that gets no gradient through the lookup; -1 = none
  std::unique_ptr<adapt::Parameter> parameter;
  std::unique_ptr<TokenRows> rows;  ///< that alone train; null = none
};

/// A small linear layer of a head, trained by autograd: y = x·weightᵀ + bias.
struct HeadLinear {
  std::string name;
  at::Tensor weight, bias;  ///< [out, in], [out] or undefined
  [[nodiscard]] at::Tensor forward(const at::Tensor& x) const;
};

/// Owns a model's tensors under their checkpoint names; what all architectures have in common.
class ModelParts {
 public:
  /// `weights`: how the matrices of linear layers and the tables are kept, at::kChar for matrices in int8 and tables in
  /// bf16; all else is of the options' type.
  ModelParts(const at::TensorOptions& options, at::ScalarType weights);
  ModelParts(const ModelParts&) = delete;
  ModelParts& operator=(const ModelParts&) = delete;

  Embedding& addEmbedding(const std::string& name, std::int64_t rows, std::int64_t width, std::int64_t paddingId = -1);
  Norm& addNorm(const std::string& name, std::int64_t width, NormKind kind, double epsilon, Role role = Role::Norm);
  AdaptedLinear& addLinear(AdaptedLinear::Layout layout, std::int64_t in, const std::vector<AdaptedLinear::Part>& parts,
                           bool bias, bool attention);
  HeadLinear& addHead(const std::string& name, std::int64_t in, std::int64_t out, bool bias);
  /// A tensor that is read as it lies and trained by autograd; the one given back shares its memory and its gradient.
  at::Tensor addTensor(const std::string& name, const std::vector<std::int64_t>& shape, Role role, double start = 0);

  [[nodiscard]] const std::vector<NamedTensor>& tensors() const { return tensors_; }
  [[nodiscard]] const std::vector<LinearSlot*>& linears() const { return linears_; }
  [[nodiscard]] const at::TensorOptions& options() const { return options_; }
  /// Null for a linear weight or a name that is not stored.
  adapt::Parameter* train(std::string_view name);
  /// Makes some rows of a table trainable.
  adapt::Parameter* trainRows(Embedding& embedding, const std::vector<std::int64_t>& ids);
  /// Of the table that is stored under this name; null where none of its rows train.
  [[nodiscard]] const TokenRows* trainedRows(std::string_view name) const;
  /// Whether a layer or norm of the module `prefix`, "model.layers.3." for instance, or a prefix before its keys
  /// trains.
  [[nodiscard]] bool trainsWithin(std::string_view prefix) const;
  /// Once; tells `config` how many there are.
  adapt::Parameter& prepend(VirtualKind kind, std::int64_t count, std::uint64_t seed, ModelConfig& config);
  /// Null where the model has none.
  [[nodiscard]] const VirtualTokens* virtualTokens() const { return virtualTokens_.get(); }
  /// A leaf without content, for functions whose tensors need no gradient: it does as soon as a table trains.
  [[nodiscard]] const at::Tensor& anchor() const { return anchor_; }

 private:
  adapt::Parameter* trainLeaf(const NamedTensor& stored, adapt::Segment segment);

  at::TensorOptions options_;
  at::ScalarType weights_;
  at::Tensor anchor_;
  std::vector<NamedTensor> tensors_;
  std::vector<LinearSlot*> linears_;
  std::vector<std::unique_ptr<Embedding>> embeddings_;
  std::vector<std::unique_ptr<Norm>> norms_;
  std::vector<std::unique_ptr<AdaptedLinear>> layers_;
  std::vector<std::unique_ptr<HeadLinear>> heads_;
  std::vector<std::unique_ptr<adapt::Parameter>> leaves_;
  std::unique_ptr<VirtualTokens> virtualTokens_;
};

}  // namespace rosa::model
