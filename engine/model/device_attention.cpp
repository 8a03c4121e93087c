// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/device_attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <optional>
#include <tuple>

#include "model/attention_heads.h"

namespace rosa::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// What one forward leaves for its backward, beside tensors saved by autograd.
struct State : torch::CustomClassHolder {
  Sequences sequences;
  AttentionShape shape;
  std::optional<Rotary::Table> rotary;
  double dropout = 0;
  DropoutKey key;

  [[nodiscard]] std::int64_t maskType() const { return shape.causal ? 1 : 0; }  // 1: causal from the top left
};

c10::intrusive_ptr<State> stateOf(const Sequences& sequences, const AttentionShape& shape,
                                  const Rotary::Table* rotary) {
  auto state = c10::make_intrusive<State>();
  state->sequences = sequences;
  state->shape = shape;
  if (rotary != nullptr) state->rotary = *rotary;
  return state;
}

const State& stateOf(AutogradContext* context) {
  return *static_cast<const State*>(context->saved_data["state"].toCapsule().get());
}

void turn(const at::Tensor& qkv, const State& state, bool back) {
  if (!state.rotary) return;
  const auto heads = headsOf(qkv, state.shape);
  Rotary::turn(heads.query, *state.rotary, back);
  Rotary::turn(heads.key, *state.rotary, back);
}

struct StreamedFunction : torch::autograd::Function<StreamedFunction> {
  /// [1, tokens, heads, headDim] each, stored heads repeated.
  static AttentionHeads whole(const at::Tensor& qkv, const AttentionShape& shape) {
    const auto heads = headsOf(qkv, shape);
    return {heads.query.unsqueeze(0), forQueries(heads.key, shape).unsqueeze(0),
            forQueries(heads.value, shape).unsqueeze(0)};
  }
  /// The gradient of the stored heads, [tokens, keyValueHeads·headDim].
  static at::Tensor stored(const at::Tensor& gradient, const AttentionShape& shape) {
    return sumOfQueries(gradient.squeeze(0), shape).flatten(1);
  }

  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv, c10::intrusive_ptr<State> state) {
    const auto& shape = state->shape;
    const auto& sequences = state->sequences;
    turn(qkv, *state, false);
    const auto heads = whole(qkv, shape);
    auto [out, logSumExp, seed, offset, longestQuery, longestKey] = at::_efficient_attention_forward(
        heads.query, heads.key, heads.value, {}, sequences.deviceOffsets, sequences.deviceOffsets, sequences.longest,
        sequences.longest, 0.0, state->maskType(), true, shape.scale());
    context->save_for_backward({qkv, out, logSumExp, seed, offset});
    context->saved_data["state"] = c10::IValue::make_capsule(std::move(state));
    return out.squeeze(0).flatten(1);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto& state = stateOf(context);
    const auto& shape = state.shape;
    const auto& sequences = state.sequences;
    const auto saved = context->get_saved_variables();
    const auto heads = whole(saved[0], shape);
    const auto dOut = gradients[0].contiguous().unflatten(1, {shape.heads, shape.headDim}).unsqueeze(0);
    // One split of the keys: with several, sums would be added in any order, and a resumed run would not repeat them.
    constexpr std::int64_t kSplits = 1;
    const auto [dq, dk, dv, dBias] = at::_efficient_attention_backward(
        dOut, heads.query, heads.key, heads.value, {}, saved[1], sequences.deviceOffsets, sequences.deviceOffsets,
        sequences.longest, sequences.longest, saved[2], 0.0, saved[3], saved[4], state.maskType(), false, shape.scale(),
        kSplits);
    const auto gradient = at::cat({dq.squeeze(0).flatten(1), stored(dk, shape), stored(dv, shape)}, 1);
    turn(gradient, state, true);
    return {gradient, Variable()};
  }
};

struct PaddedFunction : torch::autograd::Function<PaddedFunction> {
  /// [tokens, width] -> [sequences, longest, width], zeros behind each sequence.
  static at::Tensor padded(const at::Tensor& x, const Sequences& sequences) {
    auto rows = at::zeros({sequences.count() * sequences.longest, x.size(1)}, x.options());
    rows.index_copy_(0, sequences.paddedRows, x);
    return rows.unflatten(0, {sequences.count(), sequences.longest});
  }
  static at::Tensor flat(const at::Tensor& padded, const Sequences& sequences) {
    return padded.flatten(0, 1).index_select(0, sequences.paddedRows);
  }
  /// Heads [sequences, heads, longest, headDim] of a padded projection, stored ones repeated.
  static AttentionHeads paddedHeads(const at::Tensor& qkv, const AttentionShape& shape) {
    const auto first = [&](const at::Tensor& x) { return x.unflatten(0, {qkv.size(0), qkv.size(1)}).transpose(1, 2); };
    const auto heads = headsOf(qkv.flatten(0, 1), shape);
    return {first(heads.query), forQueries(first(heads.key), shape), forQueries(first(heads.value), shape)};
  }
  /// Back to [sequences, longest, heads·headDim].
  static at::Tensor rowsOf(const at::Tensor& heads) { return heads.transpose(1, 2).flatten(2); }
  /// True where a query must not look: [sequences or 1, 1, longest or 1, longest].
  static at::Tensor hidden(const Sequences& sequences, const AttentionShape& shape) {
    const auto columns = at::arange(sequences.longest, sequences.lengths.options());
    const auto pads = (columns.unsqueeze(0) >= sequences.lengths.unsqueeze(1)).unsqueeze(1).unsqueeze(1);
    if (!shape.causal && !shape.cuts(sequences.longest)) return pads;
    return pads.logical_or(hiddenPairs(shape, sequences.longest, sequences.longest, pads.device()));
  }
  static at::Tensor factors(const State& state, c10::Device device) {
    return attentionDropoutFactors(state.sequences, state.shape.heads, state.dropout, state.key, device);
  }

  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv, c10::intrusive_ptr<State> state) {
    const auto& sequences = state->sequences;
    turn(qkv, *state, false);
    const auto whole = padded(qkv, sequences);
    const auto heads = paddedHeads(whole, state->shape);
    auto scores = attentionScores(heads.query, heads.key, state->shape);
    scores.masked_fill_(hidden(sequences, state->shape), -INFINITY);
    const auto probabilities = at::softmax(scores, -1);
    const auto dropped = state->dropout > 0 ? probabilities * factors(*state, probabilities.device()) : probabilities;
    const auto out = rowsOf(at::matmul(dropped, heads.value));
    context->save_for_backward({whole, probabilities});
    const auto real = flat(out, sequences);
    context->saved_data["state"] = c10::IValue::make_capsule(std::move(state));
    return real;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto& state = stateOf(context);
    const auto& shape = state.shape;
    const auto saved = context->get_saved_variables();
    const auto& probabilities = saved[1];
    const auto heads = paddedHeads(saved[0], shape);
    const auto dy =
        padded(gradients[0], state.sequences).unflatten(2, {shape.heads, shape.headDim}).transpose(1, 2).contiguous();
    auto dProbabilities = at::matmul(dy, heads.value.transpose(-2, -1));
    auto dropped = probabilities;
    if (state.dropout > 0) {
      const auto kept = factors(state, probabilities.device());
      dProbabilities.mul_(kept);
      dropped = probabilities * kept;
    }
    const auto dv = at::matmul(dropped.transpose(-2, -1), dy);
    const auto dScores =
        productGradient(at::_softmax_backward_data(dProbabilities, probabilities, -1, probabilities.scalar_type()),
                        heads.query, heads.key, shape);
    const auto dq = at::matmul(dScores, heads.key);
    const auto dk = at::matmul(dScores.transpose(-2, -1), heads.query);
    const auto gradient = flat(
        at::cat({rowsOf(dq), rowsOf(sumOfQueries(dk, shape)), rowsOf(sumOfQueries(dv, shape))}, 2), state.sequences);
    turn(gradient, state, true);
    return {gradient, Variable()};
  }
};

}  // namespace

bool streamedAttentionTakes(const at::Tensor& qkv, const Sequences& sequences, const AttentionShape& shape) {
  if (shape.cap > 0 || shape.cuts(sequences.longest)) return false;
  constexpr std::int64_t kRowBytes = 16;
  const auto elementBytes = static_cast<std::int64_t>(qkv.element_size());
  return elementBytes <= 4 && shape.headDim * elementBytes % kRowBytes == 0;
}

at::Tensor streamedAttention(const at::Tensor& qkv, const Sequences& sequences, const AttentionShape& shape,
                             const Rotary::Table* rotary) {
  return StreamedFunction::apply(qkv, stateOf(sequences, shape, rotary));
}

at::Tensor paddedAttention(const at::Tensor& qkv, const Sequences& sequences, const AttentionShape& shape,
                           const Rotary::Table* rotary, double dropout, const DropoutKey& key) {
  auto state = stateOf(sequences, shape, rotary);
  state->dropout = dropout;
  state->key = key;
  return PaddedFunction::apply(qkv, std::move(state));
}

}  // namespace rosa::model
