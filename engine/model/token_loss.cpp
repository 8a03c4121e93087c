// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/token_loss.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>

#include "adapt/frozen_weight.h"
#include "device/gemm.h"
#include "device/parallel.h"

namespace rosa::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// 96 MiB of fp32 logits: MKL's product of fewer rows runs slower, since packing the head's weight for it takes as long,
// and of a weight in half precision each chunk widens all of it.
constexpr std::int64_t kLogitsPerChunk = std::int64_t{24} << 20;
// Where products of few rows are fast, 40 MiB cost some percent of the two products (tests/bench/model_bench.cpp).
constexpr std::int64_t kFewLogitsPerChunk = std::int64_t{10} << 20;
// A row of logits begins on a cache line: without it MKL's product is a quarter slower (50,257 columns, measured).
constexpr std::int64_t kRowAlignment = 16;

/// Rows at a time, in chunks of about equal size.
std::int64_t chunkRows(std::int64_t rows, const at::Tensor& weight) {
  const auto most = mostLogitRows(weight.size(0), adapt::isNarrow(weight));
  const auto chunks = std::max<std::int64_t>(1, (rows + most - 1) / most);
  return (rows + chunks - 1) / chunks;
}

/// Turns each row into its softmax and returns the rows' log-sum-exp, [rows, 1].
at::Tensor softmaxInPlace(const at::Tensor& logits) {
  const auto whole = [](at::Tensor rows) {
    const auto largest = rows.amax(1, true);
    const auto sum = rows.sub_(largest).exp_().sum(1, true);
    rows.mul_(sum.reciprocal());
    return sum.log().add_(largest);
  };
  if (!logits.is_cpu()) return whole(logits);
  // Row by row, so that each stays in the cache for all five passes over it.
  auto logSumExp = at::empty({logits.size(0), 1}, logits.options());
  device::forEachInParallel(logits.size(0),
                            [&](std::int64_t i) { logSumExp.narrow(0, i, 1).copy_(whole(logits.narrow(0, i, 1))); });
  return logSumExp;
}

/// The loss is told in fp32 at least: bf16 has three digits, and losses of micro-batches are summed.
at::ScalarType lossType(const at::Tensor& hidden) {
  return c10::promoteTypes(hidden.scalar_type(), at::kFloat);
}

struct LossShape {
  double smoothing = 0;
  double cap = 0;
  at::Tensor bias{};          // [vocabulary]; undefined = none
  TokenRows* rows = nullptr;  // in place of the weight's own
};

/// What of the chunks' gradients is wanted.
struct Wanted {
  bool hidden = false;  // and that of the rows, where there are any
  bool bias = false;
  at::Tensor weight{};  // to be added to; undefined = not wanted

  [[nodiscard]] bool any() const { return hidden || bias || weight.defined(); }
};

/// The loss of a chunk whose logits are capped; leaves the gradient of the uncapped ones in `logits` where `slopes`.
at::Tensor cappedLoss(const at::Tensor& logits, const at::Tensor& target, const LossShape& shape, bool slopes) {
  logits.div_(shape.cap).tanh_();
  const auto slope = slopes ? logits.square().neg_().add_(1) : at::Tensor();
  logits.mul_(shape.cap);
  auto chosen = logits.gather(1, target);
  if (shape.smoothing > 0) chosen.mul_(1 - shape.smoothing).add_(logits.mean(1, true), shape.smoothing);
  const auto loss = (softmaxInPlace(logits) - chosen).sum(at::kDouble);
  if (slopes) {
    logits.scatter_add_(1, target, at::full_like(chosen, shape.smoothing - 1));
    if (shape.smoothing > 0) logits.sub_(shape.smoothing / static_cast<double>(logits.size(1)));
    logits.mul_(slope);
  }
  return loss;
}

struct Chunked {
  at::Tensor loss;     // scalar
  at::Tensor dHidden;  // of the chosen rows; undefined where not wanted
  at::Tensor dBias;    // likewise
};

/// Rows in place of the weight's own, in one call of `chunkedLoss`: what they add to that of the weight.
class RowsOfLoss {
 public:
  RowsOfLoss(const LossShape& shape, const at::Tensor& weight, double divisor)
      : rows_(*shape.rows), shape_(shape), divisor_(divisor), vocabulary_(weight.size(0)) {
    change_ = rows_.change(weight);
  }

  void putInto(const at::Tensor& logits, const at::Tensor& h) const { rows_.putInto(logits, h); }
  /// To the mean of the weight's rows.
  void addToMean(const at::Tensor& mean) const { mean.add_(change_.sum(0), 1 / static_cast<double>(vocabulary_)); }
  /// To the product of the logits' gradients with the weight.
  void addToHidden(at::Tensor part, const at::Tensor& slopes) const { part.addmm_(rows_.columnsOf(slopes), change_); }
  /// Adds the rows' own gradient from those of the logits.
  void addGradient(const at::Tensor& slopes, const at::Tensor& h) const {
    rows_.parameter().gradient.addmm_(rows_.columnsOf(slopes).t(), h, 1, 1 / divisor_);
  }
  /// The same from softmax(logits): without the targets' and the smoothing's share.
  void addGradientOfSoftmax(const at::Tensor& softmax, const at::Tensor& target, const at::Tensor& h) const {
    auto slopes = rows_.columnsOf(softmax);
    slopes.sub_((target == rows_.ids()).to(slopes.scalar_type()), 1 - shape_.smoothing);
    slopes.sub_(shape_.smoothing / static_cast<double>(vocabulary_));
    rows_.parameter().gradient.addmm_(slopes.t(), h, 1, 1 / divisor_);
  }

 private:
  TokenRows& rows_;
  const LossShape& shape_;
  double divisor_;
  std::int64_t vocabulary_;
  at::Tensor change_;
};

/// d(loss)/d(logits) = (softmax - (1 - s)·one-hot - s/vocabulary) / divisor with label smoothing s: what it adds needs
/// the logits' mean alone, which is the product with the mean of the weight's rows.
Chunked chunkedLoss(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets, double divisor,
                    const LossShape& shape, const Wanted& wanted) {
  const auto smoothing = shape.smoothing;
  const auto& weightGradient = wanted.weight;
  const auto meanRow = smoothing > 0 && shape.cap == 0 ? weight.mean(0, false, hidden.scalar_type()) : at::Tensor();
  std::optional<RowsOfLoss> own;
  if (shape.rows != nullptr) own.emplace(shape, weight, divisor);
  if (own && meanRow.defined()) own->addToMean(meanRow);
  Chunked result;
  result.loss = at::zeros({}, hidden.options().dtype(at::kDouble));
  if (wanted.hidden) result.dHidden = at::empty_like(hidden);
  if (wanted.bias) result.dBias = at::zeros_like(shape.bias);
  const auto meanBias = shape.bias.defined() && smoothing > 0 ? shape.bias.mean() : at::Tensor();
  const auto rows = hidden.size(0);
  const auto vocabulary = weight.size(0);
  if (rows == 0) return result;
  const auto step = chunkRows(rows, weight);
  const auto stride = (vocabulary + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
  at::Tensor buffer;
  const auto logitsOf = [&](const at::Tensor& h) {
    if (device::hasFastProduct(h, weight.t())) return device::fastProduct(h, weight.t());
    if (!buffer.defined()) buffer = at::empty({step, stride}, hidden.options());
    auto logits = buffer.narrow(0, 0, h.size(0)).narrow(1, 0, vocabulary);
    adapt::productInto(logits, h, weight.t());
    return logits;
  };
  for (std::int64_t first = 0; first < rows; first += step) {
    const auto count = std::min(step, rows - first);
    const auto h = hidden.narrow(0, first, count);
    const auto target = targets.narrow(0, first, count).unsqueeze(1);
    auto logits = logitsOf(h);
    if (own) own->putInto(logits, h);
    if (shape.bias.defined()) logits.add_(shape.bias);
    if (shape.cap > 0) {
      result.loss.add_(cappedLoss(logits, target, shape, wanted.any()));
      if (wanted.hidden) {
        auto part = adapt::product(logits, weight);
        if (own) own->addToHidden(part, logits);
        if (own) own->addGradient(logits, h);
        result.dHidden.narrow(0, first, count).copy_(part.div_(divisor));
      }
      if (weightGradient.defined()) weightGradient.addmm_(logits.t(), h, 1, 1 / divisor);
      if (wanted.bias) result.dBias.add_(logits.sum(0));
      continue;
    }
    auto chosen = logits.gather(1, target);
    if (smoothing > 0) chosen.mul_(1 - smoothing).add_(at::mv(h, meanRow).unsqueeze(1), smoothing);
    if (meanBias.defined()) chosen.add_(meanBias, smoothing);
    // In place from here on: the buffer becomes softmax(logits).
    result.loss.add_((softmaxInPlace(logits) - chosen).sum(at::kDouble));
    if (!wanted.any()) continue;
    if (wanted.hidden) {
      auto part = result.dHidden.narrow(0, first, count);
      adapt::productInto(part, logits, weight);
      if (own) own->addToHidden(part, logits);
      const auto said = target.squeeze(1);
      part.sub_(own ? shape.rows->lookUp(weight, said) : adapt::widened(weight.index_select(0, said)), 1 - smoothing);
      if (smoothing > 0) part.sub_(meanRow, smoothing);
      part.div_(divisor);
      if (own) own->addGradientOfSoftmax(logits, target, h);
    }
    if (!wanted.bias && !weightGradient.defined()) continue;
    logits.scatter_add_(1, target, at::full_like(chosen, smoothing - 1));
    if (wanted.bias) {
      result.dBias.add_(logits.sum(0));
      if (smoothing > 0) result.dBias.sub_(static_cast<double>(count) * smoothing / static_cast<double>(vocabulary));
    }
    if (weightGradient.defined()) {
      weightGradient.addmm_(logits.t(), h, 1, 1 / divisor);
      if (smoothing > 0) weightGradient.sub_(h.sum(0), smoothing / (static_cast<double>(vocabulary) * divisor));
    }
  }
  result.loss.div_(divisor);
  if (wanted.bias) result.dBias.div_(divisor);
  return result;
}

struct ParameterHolder : torch::CustomClassHolder {
  ParameterHolder(adapt::Parameter* which, TokenRows* own) : parameter(which), rows(own) {}
  adapt::Parameter* parameter;
  TokenRows* rows;
  at::Tensor ids;
};

at::Tensor lookedUp(const at::Tensor& table, const at::Tensor& ids, const TokenRows* rows) {
  return rows != nullptr ? rows->lookUp(table, ids) : adapt::widened(table.index_select(0, ids));
}

struct TokenLossFunction : torch::autograd::Function<TokenLossFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden, const at::Tensor& /*anchor*/,
                            const at::Tensor& weight, const at::Tensor& targets, double divisor,
                            adapt::Parameter* trained, double smoothing, double cap,
                            const std::optional<at::Tensor>& bias, TokenRows* ownRows) {
    const bool trainsBias = bias && bias->requires_grad();
    const auto rows = (targets != -100).nonzero().squeeze(1);
    const bool all = rows.size(0) == targets.size(0);
    const auto chosen = all ? hidden : hidden.index_select(0, rows);
    const auto result = chunkedLoss(chosen, weight, all ? targets : targets.index_select(0, rows), divisor,
                                    {smoothing, cap, bias.value_or(at::Tensor()), ownRows},
                                    {true, trainsBias, trained != nullptr ? trained->gradient : at::Tensor()});
    context->saved_data["tokens"] = hidden.size(0);
    context->save_for_backward({result.dHidden, all ? at::Tensor() : rows, result.dBias});
    return result.loss.to(lossType(hidden));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    at::Tensor dHidden, dBias;
    // The loss is the end of the graph: backward() starts with 1, and a weight's gradient was added in forward already.
    if (!saved[1].defined()) {
      dHidden = saved[0] * gradients[0];
    } else {
      dHidden = at::zeros({context->saved_data["tokens"].toInt(), saved[0].size(1)}, saved[0].options());
      dHidden.index_copy_(0, saved[1], saved[0] * gradients[0]);
    }
    if (saved[2].defined()) dBias = saved[2] * gradients[0];
    variable_list all(10);
    all[0] = dHidden;
    all[8] = dBias;
    return all;
  }
};

struct EmbedFunction : torch::autograd::Function<EmbedFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& /*anchor*/, const at::Tensor& table,
                            const at::Tensor& ids, adapt::Parameter* trained, std::int64_t paddingId, TokenRows* rows) {
    auto holder = c10::make_intrusive<ParameterHolder>(trained, rows);
    holder->ids = ids;
    context->saved_data["holder"] = c10::IValue::make_capsule(holder);
    context->saved_data["padding"] = paddingId;
    return lookedUp(table, ids, rows);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto capsule = context->saved_data["holder"].toCapsule();
    const auto& holder = *static_cast<const ParameterHolder*>(capsule.get());
    auto gradient = gradients[0];
    const auto padding = context->saved_data["padding"].toInt();
    if (padding >= 0) gradient = gradient.masked_fill((holder.ids == padding).unsqueeze(1), 0);
    if (holder.rows != nullptr) holder.rows->addLookUpGradient(holder.ids, gradient);
    if (holder.parameter == nullptr) return nothing();
    auto& sum = holder.parameter->gradient;
    if (sum.is_cpu()) {
      sum.index_add_(0, holder.ids, gradient);
    } else {
      // A GPU's index_add_ takes repeated rows in any order, so that a resumed run would not repeat the sums; this
      // sorts.
      sum.index_put_({holder.ids}, gradient, /*accumulate=*/true);
    }
    return nothing();
  }
  /// None of the arguments has a gradient that autograd would keep.
  static variable_list nothing() { return variable_list(6); }
};

}  // namespace

std::int64_t mostLogitRows(std::int64_t vocabulary, bool half) {
  const auto logits = device::hasFastProducts() && !half ? kFewLogitsPerChunk : kLogitsPerChunk;
  return std::clamp<std::int64_t>(logits / vocabulary, 16, 4096);
}

at::Tensor tokenLoss(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets, double divisor,
                     adapt::Parameter* trained, const at::Tensor& anchor, double labelSmoothing, double cap,
                     const at::Tensor& bias, TokenRows* ownRows) {
  const bool trains = trained != nullptr || ownRows != nullptr || (bias.defined() && bias.requires_grad());
  if (at::GradMode::is_enabled() && (hidden.requires_grad() || trains)) {
    return TokenLossFunction::apply(hidden, anchor, weight, targets, divisor, trained, labelSmoothing, cap,
                                    bias.defined() ? std::optional(bias) : std::nullopt, ownRows);
  }
  const auto rows = (targets != -100).nonzero().squeeze(1);
  return chunkedLoss(hidden.index_select(0, rows), weight, targets.index_select(0, rows), divisor,
                     {labelSmoothing, cap, bias, ownRows}, {})
      .loss.to(lossType(hidden));
}

at::Tensor embed(const at::Tensor& table, const at::Tensor& ids, adapt::Parameter* trained, const at::Tensor& anchor,
                 std::int64_t paddingId, TokenRows* rows) {
  const bool trains = trained != nullptr || rows != nullptr;
  if (!trains || !at::GradMode::is_enabled()) return lookedUp(table, ids, rows);
  return EmbedFunction::apply(anchor, table, ids, trained, paddingId, rows);
}

}  // namespace rosa::model
