// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "model/attention.h"
#include "model/model.h"
#include "model/model_parts.h"
#include "model/rotary.h"

namespace rosa::model {

/// GPT-2 and Llama: pre-norm blocks over a flat stream, a language-model head (tied or not) or, for GPT-2, a
/// classification head on each sequence's last token.
class Decoder final : public Model {
 public:
  Decoder(const ModelConfig& config, const at::TensorOptions& options);

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
  [[nodiscard]] at::Tensor nextLogits(const Batch& batch, KeyValueCache& cache,
                                      const std::vector<std::int64_t>& sequences) override;

 private:
  struct Block {
    Norm* attentionNorm;
    AdaptedLinear* projections;  ///< q, k, v
    AdaptedLinear* attentionOut;
    Norm* mlpNorm;
    AdaptedLinear* up;  ///< or gate and up
    AdaptedLinear* down;
  };

  void addGpt2();
  void addLlama();
  /// Hidden states of the batch's tokens after the last norm, [tokens, width].
  [[nodiscard]] at::Tensor hidden(const Batch& batch, const Pass& pass) {
    return hidden(batch, pass, nullptr, VirtualPlaces(parts_.virtualTokens(), batch));
  }
  [[nodiscard]] at::Tensor hidden(const Batch& batch, const Pass& pass, KeyValueCache* cache,
                                  const VirtualPlaces& places);
  [[nodiscard]] const at::Tensor& headWeight() const;
  /// Scores of the classification head, [sequences, labels].
  [[nodiscard]] at::Tensor scores(const Batch& batch, const Pass& pass);

  ModelConfig config_;
  ModelParts parts_;
  Embedding* tokens_ = nullptr;
  Embedding* positions_ = nullptr;  ///< GPT-2
  std::vector<Block> blocks_;
  Norm* finalNorm_ = nullptr;
  Embedding* languageHead_ = nullptr;  ///< null when tied; a table of rows is what it is
  HeadLinear* score_ = nullptr;
  std::optional<Rotary> rotary_;
};

}  // namespace rosa::model
