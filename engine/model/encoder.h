// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "model/attention.h"
#include "model/model.h"
#include "model/model_parts.h"

namespace rosa::model {

/// Every encoder, as its EncoderSpec describes it: blocks over a flat stream that see the whole text, and a head: a
/// class or a number for each sequence, a class for each token, or the tokens that are hidden.
class Encoder final : public Model {
 public:
  Encoder(const ModelConfig& config, const at::TensorOptions& options, at::ScalarType weights);

  [[nodiscard]] const ModelConfig& config() const override { return config_; }
  [[nodiscard]] at::Tensor logits(const Batch& batch, const at::Tensor& rows) override;
  [[nodiscard]] at::Tensor loss(const Batch& batch, const Pass& pass, double divisor) override;
  [[nodiscard]] const std::vector<NamedTensor>& tensors() const override { return parts_.tensors(); }
  [[nodiscard]] const std::vector<LinearSlot*>& linears() const override { return parts_.linears(); }
  adapt::Parameter* train(std::string_view name) override { return parts_.train(name); }
  std::vector<adapt::Parameter*> trainRows(const std::vector<std::int64_t>& /*ids*/) override { return {}; }
  [[nodiscard]] const TokenRows* trainedRows(std::string_view name) const override { return parts_.trainedRows(name); }
  adapt::Parameter& prepend(VirtualKind kind, std::int64_t count, std::uint64_t seed) override {
    return parts_.prepend(kind, count, seed, config_);
  }
  [[nodiscard]] std::vector<std::string> headTensors() const override { return headTensors_; }
  /// An encoder continues no text; never called.
  [[nodiscard]] at::Tensor nextLogits(const Batch& batch, KeyValueCache& cache,
                                      const std::vector<std::int64_t>& sequences) override;

  /// Hidden states of the last block, [tokens, width].
  [[nodiscard]] at::Tensor hidden(const Batch& batch, const Pass& pass) {
    const VirtualPlaces places(parts_.virtualTokens(), batch);
    return places.withoutPrompt(hidden(batch, pass, places));
  }

 private:
  /// Parts that the architecture does not have are null.
  struct Block {
    std::string prefix;  ///< of its tensors' names
    Norm* attentionNorm = nullptr;
    AdaptedLinear* projections = nullptr;          ///< q, k, v
    AdaptedLinear* positionProjections = nullptr;  ///< of the table of distances: k, q, as far as they are there
    AdaptedLinear* attentionOut = nullptr;
    Norm* attentionSumNorm = nullptr;
    Norm* mlpNorm = nullptr;
    AdaptedLinear* up = nullptr;  ///< gate and up where the MLP is gated
    AdaptedLinear* down = nullptr;
    Norm* mlpSumNorm = nullptr;
  };
  /// What all layers of one pass share.
  struct Stream;

  void addEmbeddings();
  void addRelativePositions();
  void addConvolution();
  void addBlock(const std::string& prefix, const LayerSpec& layer, bool first);
  void addProjections(Block& block, const std::string& prefix, const LayerSpec& layer);
  void addHead();
  void addInnerHead();
  void addTokenHead();
  void addMaskHead();
  /// Null where `name` is empty.
  Norm* addNorm(const std::string& block, std::string_view name, std::int64_t width);
  /// A layer of the head that trains by default.
  HeadLinear* addHeadLayer(std::string_view name, std::int64_t out, bool bias);

  /// Those of a prompt included, [rows, width].
  [[nodiscard]] at::Tensor hidden(const Batch& batch, const Pass& pass, const VirtualPlaces& places);
  [[nodiscard]] Stream streamOf(const Batch& batch, const Pass& pass, const VirtualPlaces& places);
  [[nodiscard]] at::Tensor embedded(const Stream& stream);
  [[nodiscard]] at::Tensor passed(const at::Tensor& x, std::size_t layer, const Stream& stream);
  /// The two branches of a block, from what they read to what is added to it.
  [[nodiscard]] at::Tensor attended(const at::Tensor& x, std::size_t layer, const Stream& stream);
  [[nodiscard]] at::Tensor transformed(const at::Tensor& x, std::size_t layer, const Stream& stream);
  /// Attention with the scores of relative positions.
  [[nodiscard]] at::Tensor disentangled(const at::Tensor& qkv, std::size_t layer, const AttentionShape& shape,
                                        const Stream& stream);
  /// A block's result with the convolution of the embeddings.
  [[nodiscard]] at::Tensor withConvolution(const at::Tensor& x, const at::Tensor& embeddings, const Stream& stream);
  /// [sequences, labels], or with a class for each token [tokens, labels].
  [[nodiscard]] at::Tensor scores(const Batch& batch, const Pass& pass);
  [[nodiscard]] at::Tensor scoresOfSequences(const Batch& batch, const Pass& pass);
  /// What the token table turns into logits of hidden tokens, [rows, embedding size], from states [rows, width].
  [[nodiscard]] at::Tensor predicting(const at::Tensor& states);

  ModelConfig config_;
  ModelParts parts_;
  Embedding* tokens_ = nullptr;
  Embedding* positions_ = nullptr;
  Embedding* types_ = nullptr;
  Norm* embeddingNorm_ = nullptr;
  AdaptedLinear* projection_ = nullptr;
  Embedding* relativePositions_ = nullptr;
  Norm* relativeNorm_ = nullptr;
  at::Tensor convolutionWeight_, convolutionBias_;
  Norm* convolutionNorm_ = nullptr;
  std::vector<Rotary> ropes_;
  Norm* finalNorm_ = nullptr;
  std::vector<Block> blocks_;  ///< each set of weights once
  std::vector<std::size_t> blockOfLayer_;
  HeadLinear* inner_ = nullptr;  ///< BERT's pooler, or the head's own dense layer
  Norm* headNorm_ = nullptr;
  HeadLinear* outer_ = nullptr;  ///< has a row for each class
  at::Tensor maskBias_;          ///< of the logits of hidden tokens; undefined = none
  std::vector<std::string> headTensors_;
};

}  // namespace rosa::model
