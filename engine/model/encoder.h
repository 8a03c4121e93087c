// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "model/attention.h"
#include "model/model.h"
#include "model/model_parts.h"

namespace rosa::model {

/// BERT and RoBERTa: post-norm blocks over a flat stream, with a classification or regression head on each sequence's
/// first token. BERT's head is pooler (dense, tanh) and classifier, RoBERTa's is dense, tanh, out_proj.
class Encoder final : public Model {
 public:
  Encoder(const ModelConfig& config, const at::TensorOptions& options);

  [[nodiscard]] const ModelConfig& config() const override { return config_; }
  [[nodiscard]] at::Tensor logits(const Batch& batch, const at::Tensor& rows) override;
  [[nodiscard]] at::Tensor loss(const Batch& batch, const Pass& pass, double divisor) override;
  [[nodiscard]] const std::vector<NamedTensor>& tensors() const override { return parts_.tensors(); }
  [[nodiscard]] const std::vector<LinearSlot*>& linears() const override { return parts_.linears(); }
  adapt::Parameter* train(std::string_view name) override { return parts_.train(name); }
  adapt::Parameter& prepend(VirtualKind kind, std::int64_t count, std::uint64_t seed) override {
    return parts_.prepend(kind, count, seed, config_);
  }
  [[nodiscard]] std::vector<std::string> headTensors() const override;
  /// An encoder continues no text; never called.
  [[nodiscard]] at::Tensor nextLogits(const Batch& batch, KeyValueCache& cache,
                                      const std::vector<std::int64_t>& sequences) override;

  /// Hidden states of the last block, [tokens, width].
  [[nodiscard]] at::Tensor hidden(const Batch& batch, const Pass& pass) {
    const VirtualPlaces places(parts_.virtualTokens(), batch);
    return places.withoutPrompt(hidden(batch, pass, places));
  }

 private:
  struct Block {
    AdaptedLinear* projections;
    AdaptedLinear* attentionOut;
    Norm* attentionNorm;
    AdaptedLinear* up;
    AdaptedLinear* down;
    Norm* mlpNorm;
  };

  /// Those of a prompt included, [rows, width].
  [[nodiscard]] at::Tensor hidden(const Batch& batch, const Pass& pass, const VirtualPlaces& places);
  [[nodiscard]] at::Tensor scores(const Batch& batch, const Pass& pass);

  ModelConfig config_;
  ModelParts parts_;
  Embedding* tokens_;
  Embedding* positions_;
  Embedding* types_;
  Norm* embeddingNorm_;
  std::vector<Block> blocks_;
  HeadLinear* inner_ = nullptr;  ///< BERT's pooler, RoBERTa's dense
  HeadLinear* outer_ = nullptr;  ///< BERT's classifier, RoBERTa's out_proj
};

}  // namespace rosa::model
