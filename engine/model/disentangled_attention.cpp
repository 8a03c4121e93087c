// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/disentangled_attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <vector>

#include "device/parallel.h"
#include "model/attention_heads.h"

namespace rosa::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// Bucket of each distance 1 - longest .. longest - 1, in fp32 as the checkpoints were trained with: where a logarithm
/// falls on a whole number, its rounding decides.
at::Tensor bucketsOf(const RelativeSpec& spec, std::int64_t longest) {
  const auto distances = at::arange(1 - longest, longest, at::kLong);
  if (spec.buckets == 0) return distances;
  const auto half = spec.buckets / 2;
  const auto far = distances.abs().clamp_min(half);
  const auto widest = at::tensor(static_cast<double>(spec.farthest - 1) / static_cast<double>(half), at::kFloat);
  const auto logarithms = at::log(far / half) / at::log(widest) * (half - 1);
  const auto beyond = (at::ceil(logarithms) + half).mul_(distances.sign()).to(at::kLong);
  return at::where(distances.abs() <= half, distances, beyond);
}

/// What the parts of one forward and its backward share.
struct Saved : torch::CustomClassHolder {
  RelativeRows rows;
  Sequences sequences;
  AttentionShape shape;
  double dropout = 0;
  DropoutKey key;
  std::vector<at::Tensor> probabilities;  ///< of each group, before dropout
};

/// One sequence, or all of them padded to the longest: [sequences, heads, length, headDim] each.
struct Group {
  at::Tensor query, key, value;
  at::Tensor hidden;   ///< true where a query must not look, broadcast to the scores; undefined = nowhere
  at::Tensor factors;  ///< dropout's, of the shape of the scores; undefined = none
};

/// The pairs of a sequence of `length` tokens and the rows that serve them.
class Pairs {
 public:
  Pairs(const RelativeRows& rows, std::int64_t length)
      : rows_(rows), length_(length), ofPair_(rows.ofPair.narrow(0, 0, length).narrow(1, 0, length)) {
    const auto places = at::arange(length, rows.nearest.options()).unsqueeze(1);
    keysFrom_ = (places + 1 - rows.nearest).clamp_(0, length);
    queriesBefore_ = (places + rows.nearest).clamp_(0, length);
  }

  /// What each query has for each row [..., length, rows] -> what it has for each key [..., length, length].
  [[nodiscard]] at::Tensor forKeys(const at::Tensor& ofRows) const {
    return ofRows.gather(-1, ofPair_.expand(shapeLike(ofRows)));
  }
  /// The same of keys: [..., length, rows] -> [..., queries, keys].
  [[nodiscard]] at::Tensor forQueries(const at::Tensor& ofRows) const {
    return ofRows.gather(-1, ofPair_.t().expand(shapeLike(ofRows))).transpose(-2, -1);
  }
  /// The transposes of both: sums over the pairs that use a row. These lie side by side, since rows rise with the
  /// distance, so a sum is a difference of running sums: one order on every device, which scattered additions lack.
  [[nodiscard]] at::Tensor sumOfKeys(const at::Tensor& ofPairs) const { return -differences(ofPairs, keysFrom_); }
  [[nodiscard]] at::Tensor sumOfQueries(const at::Tensor& ofPairs) const {
    return differences(ofPairs.transpose(-2, -1), queriesBefore_);
  }

 private:
  [[nodiscard]] std::vector<std::int64_t> shapeLike(const at::Tensor& ofRows) const {
    auto shape = ofRows.sizes().vec();
    shape.back() = length_;
    return shape;
  }
  [[nodiscard]] at::Tensor differences(const at::Tensor& ofPairs, const at::Tensor& ends) const {
    const auto sums = at::constant_pad_nd(ofPairs.cumsum(-1), {1, 0});
    auto shape = ofPairs.sizes().vec();
    shape.back() = rows_.count + 1;
    return sums.gather(-1, ends.expand(shape)).diff(1, -1);
  }

  const RelativeRows& rows_;
  std::int64_t length_;
  at::Tensor ofPair_;
  at::Tensor keysFrom_;       ///< [length, rows + 1]: how many keys a query sees with this row or a later one
  at::Tensor queriesBefore_;  ///< [length, rows + 1]: how many queries see a key with an earlier row
};

/// [rows, heads·headDim] -> [heads, rows, headDim]
at::Tensor byHeads(const at::Tensor& x, const AttentionShape& shape) {
  return x.unflatten(1, {shape.heads, shape.headDim}).transpose(0, 1);
}

at::Tensor withoutHeads(const at::Tensor& x) {
  return x.transpose(0, 1).flatten(1);
}

/// A term that the model does not have: autograd takes no undefined tensor.
at::Tensor placeFor(const at::Tensor& term, const at::Tensor& like) {
  return term.defined() ? term : at::empty({0}, like.options());
}
at::Tensor termIn(const at::Tensor& place) {
  return place.numel() > 0 ? place : at::Tensor();
}

struct DisentangledFunction : torch::autograd::Function<DisentangledFunction> {
  /// [tokens, width] -> [sequences, longest, width], zeros behind each sequence.
  static at::Tensor padded(const at::Tensor& x, const Sequences& sequences) {
    auto rows = at::zeros({sequences.count() * sequences.longest, x.size(1)}, x.options());
    rows.index_copy_(0, sequences.paddedRows, x);
    return rows.unflatten(0, {sequences.count(), sequences.longest});
  }

  static at::Tensor probabilitiesOf(const Group& group, const at::Tensor& positionKeys,
                                    const at::Tensor& positionQueries, const Saved& state, const Pairs& pairs) {
    auto scores = at::matmul(group.query, group.key.transpose(-2, -1));
    if (positionKeys.defined()) {
      scores.add_(pairs.forKeys(at::matmul(group.query, byHeads(positionKeys, state.shape).transpose(-2, -1))));
    }
    if (positionQueries.defined()) {
      scores.add_(pairs.forQueries(at::matmul(group.key, byHeads(positionQueries, state.shape).transpose(-2, -1))));
    }
    scores.mul_(state.shape.scale());
    if (group.hidden.defined()) scores.masked_fill_(group.hidden, -INFINITY);
    return at::softmax(scores, -1);
  }

  /// Gradients of a group's heads, and of K and Q [heads, rows, headDim].
  struct Gradients {
    at::Tensor query, key, value, positionKeys, positionQueries;
  };

  static Gradients gradientsOf(const Group& group, const at::Tensor& probabilities, const at::Tensor& dOut,
                               const at::Tensor& positionKeys, const at::Tensor& positionQueries, const Saved& state,
                               const Pairs& pairs) {
    Gradients made;
    auto dProbabilities = at::matmul(dOut, group.value.transpose(-2, -1));
    auto dropped = probabilities;
    if (group.factors.defined()) {
      dProbabilities.mul_(group.factors);
      dropped = probabilities * group.factors;
    }
    made.value = at::matmul(dropped.transpose(-2, -1), dOut);
    const auto dScores = at::_softmax_backward_data(dProbabilities, probabilities, -1, probabilities.scalar_type())
                             .mul_(state.shape.scale());
    made.query = at::matmul(dScores, group.key);
    made.key = at::matmul(dScores.transpose(-2, -1), group.query);
    if (positionKeys.defined()) {
      const auto ofRows = pairs.sumOfKeys(dScores);
      made.query.add_(at::matmul(ofRows, byHeads(positionKeys, state.shape)));
      made.positionKeys = at::matmul(ofRows.transpose(-2, -1), group.query).sum(0);
    }
    if (positionQueries.defined()) {
      const auto ofRows = pairs.sumOfQueries(dScores);
      made.key.add_(at::matmul(ofRows, byHeads(positionQueries, state.shape)));
      made.positionQueries = at::matmul(ofRows.transpose(-2, -1), group.key).sum(0);
    }
    return made;
  }

  /// All sequences at once, for devices where a launch costs more than a short sequence's work.
  static Group paddedGroup(const at::Tensor& qkv, const Saved& state) {
    const auto& sequences = state.sequences;
    const auto whole = padded(qkv, sequences);
    const auto heads = headsOf(whole.flatten(0, 1), state.shape);
    const auto first = [&](const at::Tensor& x) {
      return x.unflatten(0, {sequences.count(), sequences.longest}).transpose(1, 2);
    };
    Group group{first(heads.query), first(heads.key), first(heads.value), {}, {}};
    const auto columns = at::arange(sequences.longest, sequences.lengths.options());
    group.hidden = (columns.unsqueeze(0) >= sequences.lengths.unsqueeze(1)).unsqueeze(1).unsqueeze(1);
    if (state.dropout > 0) {
      group.factors = attentionDropoutFactors(sequences, state.shape.heads, state.dropout, state.key, qkv.device());
    }
    return group;
  }

  /// A sequence by itself.
  static Group groupOf(const at::Tensor& qkv, const Saved& state, std::int64_t sequence) {
    const auto begin = state.sequences.offsets[static_cast<std::size_t>(sequence)];
    const auto length = state.sequences.length(sequence);
    const auto heads = headsOf(qkv.narrow(0, begin, length), state.shape);
    Group group{headsFirst(heads.query), headsFirst(heads.key), headsFirst(heads.value), {}, {}};
    if (state.dropout > 0) {
      auto own = state.key;
      own.part += sequence;
      group.factors = dropoutFactors({1, state.shape.heads, length, length}, state.dropout, own, qkv.device());
    }
    return group;
  }

  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv, const at::Tensor& keysPlace,
                            const at::Tensor& queriesPlace, c10::intrusive_ptr<Saved> state) {
    const auto positionKeys = termIn(keysPlace);
    const auto positionQueries = termIn(queriesPlace);
    const auto& sequences = state->sequences;
    const auto& shape = state->shape;
    const auto computed = [&](const Group& group, const Pairs& pairs, at::Tensor& kept) {
      kept = probabilitiesOf(group, positionKeys, positionQueries, *state, pairs);
      return at::matmul(group.factors.defined() ? kept * group.factors : kept, group.value);
    };
    at::Tensor out;
    if (qkv.is_cpu()) {
      out = at::empty({qkv.size(0), shape.heads * shape.headDim}, qkv.options());
      const auto outHeads = out.unflatten(1, {shape.heads, shape.headDim});
      state->probabilities.resize(static_cast<std::size_t>(sequences.count()));
      device::forEachInParallel(sequences.count(), [&](std::int64_t i) {
        const auto index = static_cast<std::size_t>(i);
        const auto length = sequences.length(i);
        headsFirst(outHeads.narrow(0, sequences.offsets[index], length))
            .copy_(computed(groupOf(qkv, *state, i), Pairs(state->rows, length), state->probabilities[index]));
      });
    } else {
      state->probabilities.resize(1);
      const auto all =
          computed(paddedGroup(qkv, *state), Pairs(state->rows, sequences.longest), state->probabilities[0]);
      out = all.transpose(1, 2).flatten(2).flatten(0, 1).index_select(0, sequences.paddedRows);
    }
    context->save_for_backward({qkv, keysPlace, queriesPlace});
    context->saved_data["state"] = c10::IValue::make_capsule(std::move(state));
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto capsule = context->saved_data["state"].toCapsule();
    const auto& state = *static_cast<const Saved*>(capsule.get());
    const auto& sequences = state.sequences;
    const auto& shape = state.shape;
    const auto saved = context->get_saved_variables();
    const auto& qkv = saved[0];
    const auto positionKeys = termIn(saved[1]);
    const auto positionQueries = termIn(saved[2]);
    auto dQkv = at::empty_like(qkv);
    at::Tensor dKeys, dQueries;
    if (qkv.is_cpu()) {
      const auto dOut = gradients[0].contiguous().unflatten(1, {shape.heads, shape.headDim});
      const auto target = headsOf(dQkv, shape);
      std::vector<Gradients> ofSequences(static_cast<std::size_t>(sequences.count()));
      device::forEachInParallel(sequences.count(), [&](std::int64_t i) {
        const auto index = static_cast<std::size_t>(i);
        const auto length = sequences.length(i);
        const auto part = [&](const at::Tensor& x) {
          return headsFirst(x.narrow(0, sequences.offsets[index], length));
        };
        auto& made = ofSequences[index];
        made = gradientsOf(groupOf(qkv, state, i), state.probabilities[index], part(dOut), positionKeys,
                           positionQueries, state, Pairs(state.rows, length));
        part(target.query).copy_(made.query);
        part(target.key).copy_(made.key);
        part(target.value).copy_(made.value);
        made.query = made.key = made.value = at::Tensor();
      });
      // One after another, so that the sum has one order whatever thread was first.
      for (const auto& made : ofSequences) {
        if (made.positionKeys.defined()) dKeys = dKeys.defined() ? dKeys.add_(made.positionKeys) : made.positionKeys;
        if (made.positionQueries.defined())
          dQueries = dQueries.defined() ? dQueries.add_(made.positionQueries) : made.positionQueries;
      }
    } else {
      const auto dOut =
          padded(gradients[0], sequences).unflatten(2, {shape.heads, shape.headDim}).transpose(1, 2).contiguous();
      const auto made = gradientsOf(paddedGroup(qkv, state), state.probabilities[0], dOut, positionKeys,
                                    positionQueries, state, Pairs(state.rows, sequences.longest));
      const auto rowsOf = [](const at::Tensor& heads) { return heads.transpose(1, 2).flatten(2); };
      dQkv = at::cat({rowsOf(made.query), rowsOf(made.key), rowsOf(made.value)}, 2)
                 .flatten(0, 1)
                 .index_select(0, sequences.paddedRows);
      dKeys = made.positionKeys;
      dQueries = made.positionQueries;
    }
    return {dQkv, dKeys.defined() ? withoutHeads(dKeys) : dKeys, dQueries.defined() ? withoutHeads(dQueries) : dQueries,
            Variable()};
  }
};

}  // namespace

RelativeRows relativeRows(const RelativeSpec& spec, std::int64_t longest, c10::Device device) {
  const auto buckets = (bucketsOf(spec, longest) + spec.span).clamp_(0, 2 * spec.span - 1);
  RelativeRows rows;
  rows.first = buckets[0].item<std::int64_t>();
  rows.count = buckets[-1].item<std::int64_t>() - rows.first + 1;
  const auto own = buckets - rows.first;  // ascending, by distance
  const auto places = at::arange(longest, at::kLong);
  const auto distances = places.unsqueeze(1) - places.unsqueeze(0);
  rows.ofPair = own.index_select(0, (distances + (longest - 1)).flatten()).view({longest, longest}).to(device);
  rows.nearest = (at::searchsorted(own, at::arange(rows.count + 1, at::kLong)) - (longest - 1)).to(device);
  return rows;
}

at::Tensor disentangledAttention(const at::Tensor& qkv, const at::Tensor& positionKeys,
                                 const at::Tensor& positionQueries, const RelativeRows& rows,
                                 const Sequences& sequences, const AttentionShape& shape, double dropout,
                                 const DropoutKey& key) {
  auto state = c10::make_intrusive<Saved>();
  state->rows = rows;
  state->sequences = sequences;
  state->shape = shape;
  state->dropout = dropout;
  state->key = key;
  return DisentangledFunction::apply(qkv, placeFor(positionKeys, qkv), placeFor(positionQueries, qkv),
                                     std::move(state));
}

}  // namespace rosa::model
