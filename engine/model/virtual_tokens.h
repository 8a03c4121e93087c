// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "adapt/parameter.h"
#include "model/batch.h"
#include "model/model.h"
#include "model/rotary.h"
#include "rosa/expected.h"

namespace rosa::model {

/// The shape of `count` virtual tokens, as PEFT lays `prompt_embeddings` out: [count, embedding size], or for a prefix
/// [count, 2·keyValueHeads·headDim of all layers], a layer's keys before its values; a layer that uses another's keys
/// and values has none.
[[nodiscard]] std::vector<std::int64_t> virtualShape(VirtualKind kind, std::int64_t count, const ModelConfig& config);

/// Whether a model can have such virtual tokens; the error says what to do instead.
[[nodiscard]] Status checkVirtual(VirtualKind kind, const ModelConfig& config);

/// Trained vectors that every sequence begins with: rows of the embeddings (prompt tuning, arXiv 2104.08691), or keys
/// and values of every layer (prefix tuning, 2101.00190, without its MLP). They start from N(0, 0.02). A prefix's keys
/// are not turned by rotary embeddings; the text's positions count on behind the virtual ones, as in PEFT.
class VirtualTokens {
 public:
  VirtualTokens(VirtualKind kind, std::int64_t count, const ModelConfig& config, std::uint64_t seed,
                const at::TensorOptions& options);

  [[nodiscard]] VirtualKind kind() const { return kind_; }
  [[nodiscard]] std::int64_t count() const { return parameter_.value.size(0); }
  [[nodiscard]] adapt::Parameter& parameter() { return parameter_; }
  [[nodiscard]] const at::Tensor& values() const { return parameter_.value; }
  /// A prefix as rows of a layer's fused projection, [count, queries + keys + values]; its queries, whose results
  /// nobody reads, are zero.
  [[nodiscard]] at::Tensor projections(std::int64_t layer) const;

 private:
  VirtualKind kind_;
  std::vector<LayerSpec> layers_;
  adapt::Parameter parameter_;
};

/// Where the virtual tokens of a model stand in one batch: before every sequence that begins in it. Rows of a prompt go
/// through all layers, those of a prefix through the attention alone. Without virtual tokens everything is given back
/// as it came.
class VirtualPlaces {
 public:
  /// `begins` is empty where every sequence begins; the others have their virtual tokens in a cache already, whose
  /// length their positions count.
  VirtualPlaces(const VirtualTokens* tokens, const Batch& batch, std::vector<bool> begins = {});

  /// Sequence offsets of the rows that the layers see, and of those that the attention sees.
  [[nodiscard]] const std::vector<std::int64_t>& rowOffsets() const { return prompt() ? wide_ : batch_.offsets; }
  [[nodiscard]] const std::vector<std::int64_t>& attentionOffsets() const { return wide_; }
  /// Position ids of the rows that the layers see.
  [[nodiscard]] at::Tensor positionIds(std::int64_t firstPosition) const;

  /// [tokens, width] -> [rows, width], with the prompt.
  [[nodiscard]] at::Tensor withPrompt(const at::Tensor& embedded) const;
  /// Per-token ids with that of the prompt's rows, 0.
  [[nodiscard]] at::Tensor withPromptIds(const at::Tensor& ids) const;
  [[nodiscard]] at::Tensor withoutPrompt(const at::Tensor& hidden) const;
  /// A layer's fused projection with the prefix, and the attention's result without it.
  [[nodiscard]] at::Tensor withPrefix(const at::Tensor& qkv, std::int64_t layer) const;
  [[nodiscard]] at::Tensor withoutPrefix(const at::Tensor& attended) const;
  /// No turn for a prefix.
  [[nodiscard]] Rotary::Table withPrefix(const Rotary::Table& table) const;

 private:
  [[nodiscard]] bool prompt() const { return inserts_ && tokens_->kind() == VirtualKind::Prompt; }
  [[nodiscard]] bool prefix() const { return inserts_ && tokens_->kind() == VirtualKind::Prefix; }
  [[nodiscard]] bool beginsAt(std::size_t sequence) const { return begins_.empty() || begins_[sequence]; }
  [[nodiscard]] at::Tensor insert(const at::Tensor& rows, const at::Tensor& x) const;
  [[nodiscard]] at::Tensor remove(const at::Tensor& x) const;

  const VirtualTokens* tokens_;
  Batch batch_;
  std::vector<bool> begins_;
  bool inserts_ = false;  ///< some sequence begins
  std::vector<std::int64_t> wide_;
};

}  // namespace rosa::model
