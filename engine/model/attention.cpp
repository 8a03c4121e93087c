// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <optional>

#include "device/parallel.h"
#include "model/attention_heads.h"
#include "model/device_attention.h"
#include "model/tiled_attention.h"

namespace rosa::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// Every sequence by itself, on the CPU. Everything that one forward leaves for its backward, beside tensors saved by
/// autograd.
struct AttentionState : torch::CustomClassHolder {
  Sequences sequences;
  AttentionShape shape;
  bool turned = false;
  Rotary::Table rotary;
  double dropout = 0;
  DropoutKey key;
  /// A sequence: log-sum-exp of the scores (flash, tiled), or the probabilities before dropout.
  std::vector<at::Tensor> perSequence;

  [[nodiscard]] bool flash() const { return dropout == 0 && shape.cap == 0; }
  /// What the flash kernel is told beside causality; none where causality is all.
  [[nodiscard]] std::optional<at::Tensor> bias(std::int64_t length, const at::TensorOptions& options) const {
    return shape.cuts(length) ? std::optional(hiddenBias(shape, length, length, options)) : std::nullopt;
  }
  [[nodiscard]] at::Tensor factors(const at::Tensor& probabilities, std::size_t sequence) const {
    auto own = key;
    own.part += static_cast<std::int64_t>(sequence);
    return dropoutFactors(probabilities.sizes(), dropout, own, probabilities.device());
  }
};

at::Tensor probabilitiesOf(const at::Tensor& query, const at::Tensor& key, const AttentionState& state) {
  const auto& shape = state.shape;
  auto scores = attentionScores(query, key, shape);
  const auto length = scores.size(-1);
  if (shape.causal || shape.cuts(length)) {
    scores.masked_fill_(hiddenPairs(shape, length, length, scores.device()), -INFINITY);
  }
  return at::softmax(scores, -1);
}

/// A sequence's own operations are small: whole sequences share the threads.
template <typename Body>
void forEachSequence(const Sequences& sequences, const Body& body) {
  device::forEachInParallel(sequences.count(), [&](std::int64_t i) {
    body(static_cast<std::size_t>(i), sequences.offsets[static_cast<std::size_t>(i)], sequences.length(i));
  });
}

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv, c10::intrusive_ptr<AttentionState> state) {
    const auto& shape = state->shape;
    const auto [query, key, value] = headsOf(qkv, shape);
    if (state->turned) {
      Rotary::turn(query, state->rotary, false);
      Rotary::turn(key, state->rotary, false);
    }
    auto out = at::empty({qkv.size(0), shape.heads * shape.headDim}, qkv.options());
    const auto outHeads = out.unflatten(1, {shape.heads, shape.headDim});
    state->perSequence.resize(static_cast<std::size_t>(state->sequences.count()));
    forEachSequence(state->sequences, [&](std::size_t i, std::int64_t begin, std::int64_t length) {
      if (state->flash() && tilesAttention(query.narrow(0, begin, length), shape)) {
        const auto own = [&](const at::Tensor& x) { return x.narrow(0, begin, length); };
        state->perSequence[i] = tiledAttention(own(query), own(key), own(value), shape, own(outHeads));
        return;
      }
      const auto q = headsFirst(query.narrow(0, begin, length));
      const auto k = forQueries(headsFirst(key.narrow(0, begin, length)), shape);
      const auto v = forQueries(headsFirst(value.narrow(0, begin, length)), shape);
      auto target = headsFirst(outHeads.narrow(0, begin, length));
      if (state->flash()) {
        const auto bias = state->bias(length, q.options());
        auto [result, logSumExp] =
            at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, shape.causal && !bias, bias, shape.scale());
        target.copy_(result);
        state->perSequence[i] = logSumExp;
      } else {
        auto probabilities = probabilitiesOf(q, k, *state);
        state->perSequence[i] = probabilities;
        if (state->dropout > 0) probabilities = probabilities * state->factors(probabilities, i);
        target.copy_(at::matmul(probabilities, v));
      }
    });
    if (state->flash()) {
      context->save_for_backward({qkv, out});
    } else {
      context->save_for_backward({qkv});
    }
    context->saved_data["state"] = c10::IValue::make_capsule(state);
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto capsule = context->saved_data["state"].toCapsule();
    const auto& state = *static_cast<const AttentionState*>(capsule.get());
    const auto& shape = state.shape;
    const auto saved = context->get_saved_variables();
    const auto& qkv = saved[0];
    const auto [query, key, value] = headsOf(qkv, shape);
    auto gradient = at::empty_like(qkv);
    const auto [dQuery, dKey, dValue] = headsOf(gradient, shape);
    const auto dOut = gradients[0].contiguous().unflatten(1, {shape.heads, shape.headDim});
    forEachSequence(state.sequences, [&](std::size_t i, std::int64_t begin, std::int64_t length) {
      const auto own = [&](const at::Tensor& x) { return x.narrow(0, begin, length); };
      if (state.flash() && tilesAttention(own(query), shape)) {
        const auto out = own(saved[1].unflatten(1, {shape.heads, shape.headDim}));
        tiledAttentionBackward(own(query), own(key), own(value), out, state.perSequence[i], own(dOut), shape,
                               {own(dQuery), own(dKey), own(dValue)});
        return;
      }
      const auto part = [&](const at::Tensor& x) { return headsFirst(own(x)); };
      const auto q = part(query);
      const auto k = forQueries(part(key), shape);
      const auto v = forQueries(part(value), shape);
      const auto dy = part(dOut);
      at::Tensor dq, dk, dv;
      if (state.flash()) {
        const auto out = part(saved[1].unflatten(1, {shape.heads, shape.headDim}));
        const auto bias = state.bias(length, q.options());
        std::tie(dq, dk, dv) = at::_scaled_dot_product_flash_attention_for_cpu_backward(
            dy, q, k, v, out, state.perSequence[i], 0.0, shape.causal && !bias, bias, shape.scale());
      } else {
        const auto& probabilities = state.perSequence[i];
        auto dProbabilities = at::matmul(dy, v.transpose(-2, -1));
        at::Tensor factors;
        if (state.dropout > 0) {
          factors = state.factors(probabilities, i);
          dProbabilities.mul_(factors);
          dv = at::matmul((probabilities * factors).transpose(-2, -1), dy);
        } else {
          dv = at::matmul(probabilities.transpose(-2, -1), dy);
        }
        const auto dScores = productGradient(
            at::_softmax_backward_data(dProbabilities, probabilities, -1, probabilities.scalar_type()), q, k, shape);
        dq = at::matmul(dScores, k);
        dk = at::matmul(dScores.transpose(-2, -1), q);
      }
      part(dQuery).copy_(dq);
      part(dKey).copy_(sumOfQueries(dk, shape));
      part(dValue).copy_(sumOfQueries(dv, shape));
    });
    if (state.turned) {
      Rotary::turn(dQuery, state.rotary, true);
      Rotary::turn(dKey, state.rotary, true);
    }
    return {gradient, Variable()};
  }
};

}  // namespace

at::Tensor attention(const at::Tensor& qkv, const Sequences& sequences, const AttentionShape& shape,
                     const Rotary::Table* rotary, double dropout, const DropoutKey& key) {
  if (!qkv.is_cpu()) {
    const bool streams = dropout == 0 && streamedAttentionTakes(qkv, sequences, shape);
    return streams ? streamedAttention(qkv, sequences, shape, rotary)
                   : paddedAttention(qkv, sequences, shape, rotary, dropout, key);
  }
  auto state = c10::make_intrusive<AttentionState>();
  state->sequences = sequences;
  state->shape = shape;
  state->turned = rotary != nullptr;
  if (rotary != nullptr) state->rotary = *rotary;
  state->dropout = dropout;
  state->key = key;
  return AttentionFunction::apply(qkv, state);
}

}  // namespace rosa::model
