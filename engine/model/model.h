// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapt/adaptation.h"
#include "model/batch.h"
#include "model/model_config.h"

/// A decoder or encoder with its head, as the training loop sees it.
///
/// Owned by one run (or service call) and used by its thread alone. Weights lie in the checkpoint's own layout; q, k, v
/// and gate, up lie side by side in one buffer, each reachable under its checkpoint name as a view.
namespace rosa::model {

class KeyValueCache;
class TokenRows;

/// What stands before every sequence: embeddings, or keys and values of every layer (VirtualTokens).
enum class VirtualKind { Prompt, Prefix };

enum class Role {
  Embedding,
  LinearWeight,
  LinearBias,
  Norm,  ///< or another vector that autograd trains
  HeadWeight,
  HeadBias,
  HeadNorm,
  Convolution,  ///< filters
  Buffer,       ///< never trains
  DecayLog,     ///< logarithms of a memory's rates of decay
};

/// A stored tensor: the view that a checkpoint reads and writes.
struct NamedTensor {
  std::string name;   ///< as a saved checkpoint names it ("transformer." prefix included)
  at::Tensor tensor;  ///< checkpoint layout and shape
  Role role = Role::LinearWeight;
  double start = 0;  ///< what every number of a norm or a buffer is in a model without training

  /// Whether a task draws it anew where a checkpoint has none.
  [[nodiscard]] bool ofHead() const {
    return role == Role::HeadWeight || role == Role::HeadBias || role == Role::HeadNorm;
  }
};

/// One adaptable checkpoint matrix inside a (possibly fused) linear layer.
class LinearSlot {
 public:
  virtual ~LinearSlot() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;  ///< checkpoint name without ".weight"
  [[nodiscard]] virtual bool attention() const = 0;           ///< else mlp
  [[nodiscard]] virtual at::Tensor weight() const = 0;        ///< view [in, out] of the dense W
  [[nodiscard]] virtual bool hasBias() const = 0;
  /// At most one; nullptr removes it.
  virtual void attach(std::unique_ptr<adapt::Adaptation> adaptation) = 0;
  [[nodiscard]] virtual adapt::Adaptation* adaptation() const = 0;
};

class Model {
 public:
  virtual ~Model() = default;

  [[nodiscard]] virtual const ModelConfig& config() const = 0;

  /// Every logit, without autograd and in evaluation mode: [tokens, vocabulary] or [sequences, labels]. For tests,
  /// exports' checks and short texts; `rows`, where defined (int64), picks positions of a language model.
  [[nodiscard]] virtual at::Tensor logits(const Batch& batch, const at::Tensor& rows = {}) = 0;

  /// Sum of the losses (nats, or squared errors) of all targets over `divisor`: a scalar whose backward() fills the
  /// gradients of everything that trains. The divisor is the effective batch's target count, so that micro-batches add
  /// up.
  [[nodiscard]] virtual at::Tensor loss(const Batch& batch, const Pass& pass, double divisor) = 0;

  /// Logits [sequences, vocabulary] for the tokens after a batch whose i-th sequence goes on from `sequences[i]` of
  /// `cache`, to which it is added. Its positions count on from the cache's length, which includes virtual tokens. For
  /// decoders with a language-model head.
  [[nodiscard]] virtual at::Tensor nextLogits(const Batch& batch, KeyValueCache& cache,
                                              const std::vector<std::int64_t>& sequences) = 0;

  /// All stored tensors, tied ones once, in a fixed order.
  [[nodiscard]] virtual const std::vector<NamedTensor>& tensors() const = 0;
  /// The adaptable matrices in layer order.
  [[nodiscard]] virtual const std::vector<LinearSlot*>& linears() const = 0;
  /// Makes a stored tensor trainable (dense) and returns its parameter, owned by the model; linear weights train
  /// through an attached adaptation instead.
  virtual adapt::Parameter* train(std::string_view name) = 0;
  /// Makes the rows of these tokens, ascending and each once, trainable in the token table, and in the output layer
  /// where that is another: their parameters, owned by the model. Once. Empty where the model does not write tokens.
  virtual std::vector<adapt::Parameter*> trainRows(const std::vector<std::int64_t>& ids) = 0;
  /// Rows that train in the table of this name (with ".weight"); null where there are none.
  [[nodiscard]] virtual const TokenRows* trainedRows(std::string_view name) const = 0;
  /// Puts `count` virtual tokens before every sequence from now on, once, and returns their parameter, owned by the
  /// model. An encoder's head then reads the first of a prompt, as in PEFT.
  virtual adapt::Parameter& prepend(VirtualKind kind, std::int64_t count, std::uint64_t seed) = 0;
  /// Names of the classification head's tensors that train by default (RoBERTa: dense and out_proj; BERT: classifier).
  [[nodiscard]] virtual std::vector<std::string> headTensors() const = 0;
};

}  // namespace rosa::model
