// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/attention.h"
#include "model/layer_inputs.h"
#include "model/model.h"
#include "model/model_parts.h"
#include "model/rotary.h"
#include "model/state_mixer.h"

namespace rosa::model {

/// Every decoder, as its DecoderSpec describes it: blocks over a flat stream, a language-model head (tied or not) or a
/// classification head on each sequence's last token.
class Decoder final : public Model {
 public:
  Decoder(const ModelConfig& config, const at::TensorOptions& options, at::ScalarType weights);

  [[nodiscard]] const ModelConfig& config() const override { return config_; }
  [[nodiscard]] at::Tensor logits(const Batch& batch, const at::Tensor& rows) override;
  [[nodiscard]] at::Tensor loss(const Batch& batch, const Pass& pass, double divisor) override;
  [[nodiscard]] const std::vector<NamedTensor>& tensors() const override { return parts_.tensors(); }
  [[nodiscard]] const std::vector<LinearSlot*>& linears() const override { return parts_.linears(); }
  adapt::Parameter* train(std::string_view name) override { return parts_.train(name); }
  std::vector<adapt::Parameter*> trainRows(const std::vector<std::int64_t>& ids) override;
  [[nodiscard]] const TokenRows* trainedRows(std::string_view name) const override { return parts_.trainedRows(name); }
  adapt::Parameter& prepend(VirtualKind kind, std::int64_t count, std::uint64_t seed) override {
    return parts_.prepend(kind, count, seed, config_);
  }
  [[nodiscard]] std::vector<std::string> headTensors() const override;
  [[nodiscard]] at::Tensor nextLogits(const Batch& batch, KeyValueCache& cache,
                                      const std::vector<std::int64_t>& sequences) override;

 private:
  /// Parts that the architecture does not have are null.
  struct Block {
    AttentionShape shape;
    int rope = -1;
    bool valueIsKey = false;
    int keysOf = -1;                    ///< as LayerSpec's
    bool lends = false;                 ///< a later layer uses its keys and values
    std::unique_ptr<StateMixer> mixer;  ///< in place of the attention
    Norm* attentionNorm = nullptr;
    AdaptedLinear* projections = nullptr;  ///< q, k, v, or those of them that the layer has
    Norm* queryNorm = nullptr;
    Norm* keyNorm = nullptr;
    AdaptedLinear* attentionOut = nullptr;
    Norm* attentionOutNorm = nullptr;
    Norm* mlpNorm = nullptr;
    AdaptedLinear* up = nullptr;  ///< or gate and up
    AdaptedLinear* down = nullptr;
    Norm* mlpOutNorm = nullptr;
    std::optional<LayerInputBranch> inputBranch;
    at::Tensor scale;  ///< [1], of the block's result; undefined = 1
  };
  /// What all layers of one pass share.
  struct Stream;

  /// What the names of a layer's tensors begin with.
  [[nodiscard]] std::string layerPrefix(std::size_t layer) const;
  void addBlock(std::size_t index);
  void addAttention(Block& block, const LayerSpec& layer, const std::string& prefix);
  void addMlp(Block& block, const LayerSpec& layer, const std::string& prefix);
  /// Null where `name` is empty.
  Norm* addNorm(const std::string& block, std::string_view name, std::int64_t width);

  /// Hidden states of the batch's tokens after the last norm, [tokens, width].
  [[nodiscard]] at::Tensor hidden(const Batch& batch, const Pass& pass) {
    return hidden(batch, pass, nullptr, VirtualPlaces(parts_.virtualTokens(), batch));
  }
  [[nodiscard]] at::Tensor hidden(const Batch& batch, const Pass& pass, KeyValueCache* cache,
                                  const VirtualPlaces& places);
  [[nodiscard]] at::Tensor embedded(const Batch& batch, const Pass& pass, const VirtualPlaces& places,
                                    const at::Tensor& positionIds);
  /// A block, from the residual stream to the residual stream.
  [[nodiscard]] at::Tensor passed(const at::Tensor& x, std::size_t layer, Stream& stream);
  /// Whether it is to keep its input alone.
  [[nodiscard]] bool recomputes(std::size_t layer, const at::Tensor& x, const Stream& stream) const;
  [[nodiscard]] at::Tensor passedTwice(const at::Tensor& x, std::size_t layer,
                                       const std::shared_ptr<const Stream>& stream);
  /// The two branches of a block, from the residual stream, or its norm where `norm` is null, to what is added to it.
  [[nodiscard]] at::Tensor mixed(const at::Tensor& x, const Norm* norm, std::size_t layer, Stream& stream);
  [[nodiscard]] at::Tensor transformed(const at::Tensor& x, const Norm* norm, std::size_t layer, const Stream& stream);
  /// A layer's attention, from its projections to its own.
  [[nodiscard]] at::Tensor attended(const at::Tensor& x, const Norm* norm, std::size_t layer, Stream& stream);
  /// A layer's projections with norms, turns and factors that come before its attention; `turn` is what is left to it.
  [[nodiscard]] at::Tensor prepared(at::Tensor projected, std::size_t layer, Stream& stream,
                                    const Rotary::Table*& turn) const;

  /// `batch` with every token of the sequences that from now on turn by other angles (Rotary::changesAt), whose keys in
  /// the cache are dropped. For architectures where that happens; the cache remembers their tokens.
  [[nodiscard]] Batch withTurnedAnew(const Batch& batch, KeyValueCache& cache,
                                     const std::vector<std::int64_t>& sequences) const;
  /// The table that the language-model head multiplies with.
  [[nodiscard]] Embedding& headTable() const { return languageHead_ != nullptr ? *languageHead_ : *tokens_; }
  /// Hidden states as the language-model head takes them, and its logits of them, without autograd.
  [[nodiscard]] at::Tensor scaledForHead(const at::Tensor& states) const;
  [[nodiscard]] at::Tensor languageLogits(const at::Tensor& states) const;
  /// Scores of the classification head, [sequences, labels].
  [[nodiscard]] at::Tensor scores(const Batch& batch, const Pass& pass);

  ModelConfig config_;
  ModelParts parts_;
  Embedding* tokens_ = nullptr;
  Embedding* positions_ = nullptr;  ///< of GPT-2
  std::optional<LayerInputs> layerInputs_;
  std::vector<Block> blocks_;
  Norm* finalNorm_ = nullptr;
  Embedding* languageHead_ = nullptr;  ///< null when tied; a table of rows is what it is
  HeadLinear* score_ = nullptr;
  std::vector<Rotary> ropes_;
};

}  // namespace rosa::model
