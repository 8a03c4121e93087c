// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/token_loss.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace rosa::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// 64 MiB of fp32 logits: enough rows for the product to run at full speed, small beside the weights.
constexpr std::int64_t kLogitsPerChunk = std::int64_t{16} << 20;

std::int64_t chunkRows(std::int64_t vocabulary) {
  return std::clamp<std::int64_t>(kLogitsPerChunk / vocabulary, 16, 4096);
}

struct Chunked {
  at::Tensor loss;     // scalar
  at::Tensor dHidden;  // of the chosen rows; undefined where not wanted
};

/// d(loss)/d(logits) = softmax - one-hot, over the divisor.
Chunked chunkedLoss(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets, double divisor,
                    bool wantsHidden, const at::Tensor& weightGradient) {
  Chunked result;
  result.loss = at::zeros({}, hidden.options().dtype(at::kDouble));
  if (wantsHidden) result.dHidden = at::empty_like(hidden);
  const auto rows = hidden.size(0);
  const auto step = chunkRows(weight.size(0));
  for (std::int64_t first = 0; first < rows; first += step) {
    const auto count = std::min(step, rows - first);
    const auto h = hidden.narrow(0, first, count);
    const auto target = targets.narrow(0, first, count).unsqueeze(1);
    auto logits = at::mm(h, weight.t());
    const auto chosen = logits.gather(1, target);
    const auto largest = logits.amax(1, true);
    // In place from here on: the buffer becomes exp(logits - max), then the gradient.
    logits.sub_(largest).exp_();
    const auto sum = logits.sum(1, true);
    result.loss.add_((sum.log() + largest - chosen).sum(at::kDouble));
    if (!wantsHidden && !weightGradient.defined()) continue;
    logits.mul_(sum.reciprocal().div_(divisor));
    logits.scatter_add_(1, target, at::full_like(chosen, -1 / divisor));
    if (wantsHidden) {
      auto part = result.dHidden.narrow(0, first, count);
      at::mm_out(part, logits, weight);
    }
    if (weightGradient.defined()) weightGradient.addmm_(logits.t(), h);
  }
  result.loss.div_(divisor);
  return result;
}

struct ParameterHolder : torch::CustomClassHolder {
  explicit ParameterHolder(adapt::Parameter* which) : parameter(which) {}
  adapt::Parameter* parameter;
  at::Tensor ids;
};

struct TokenLossFunction : torch::autograd::Function<TokenLossFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden, const at::Tensor& /*anchor*/,
                            const at::Tensor& weight, const at::Tensor& targets, double divisor,
                            adapt::Parameter* trained) {
    const auto rows = (targets != -100).nonzero().squeeze(1);
    const bool all = rows.size(0) == targets.size(0);
    const auto chosen = all ? hidden : hidden.index_select(0, rows);
    const auto result = chunkedLoss(chosen, weight, all ? targets : targets.index_select(0, rows), divisor, true,
                                    trained != nullptr ? trained->gradient : at::Tensor());
    context->saved_data["tokens"] = hidden.size(0);
    context->save_for_backward(all ? variable_list{result.dHidden} : variable_list{result.dHidden, rows});
    return result.loss.to(hidden.scalar_type());
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    at::Tensor dHidden;
    // The loss is the end of the graph: backward() starts with 1, and a weight's gradient was added in forward already.
    if (saved.size() == 1) {
      dHidden = saved[0] * gradients[0];
    } else {
      dHidden = at::zeros({context->saved_data["tokens"].toInt(), saved[0].size(1)}, saved[0].options());
      dHidden.index_copy_(0, saved[1], saved[0] * gradients[0]);
    }
    return {dHidden, Variable(), Variable(), Variable(), Variable(), Variable()};
  }
};

struct EmbedFunction : torch::autograd::Function<EmbedFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& /*anchor*/, const at::Tensor& table,
                            const at::Tensor& ids, adapt::Parameter* trained, std::int64_t paddingId) {
    auto holder = c10::make_intrusive<ParameterHolder>(trained);
    holder->ids = ids;
    context->saved_data["holder"] = c10::IValue::make_capsule(holder);
    context->saved_data["padding"] = paddingId;
    return table.index_select(0, ids);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto capsule = context->saved_data["holder"].toCapsule();
    const auto& holder = *static_cast<const ParameterHolder*>(capsule.get());
    auto gradient = gradients[0];
    const auto padding = context->saved_data["padding"].toInt();
    if (padding >= 0) gradient = gradient.masked_fill((holder.ids == padding).unsqueeze(1), 0);
    holder.parameter->gradient.index_add_(0, holder.ids, gradient);
    return {Variable(), Variable(), Variable(), Variable(), Variable()};
  }
};

}  // namespace

at::Tensor tokenLoss(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets, double divisor,
                     adapt::Parameter* trained, const at::Tensor& anchor) {
  if (at::GradMode::is_enabled() && (hidden.requires_grad() || trained != nullptr)) {
    return TokenLossFunction::apply(hidden, anchor, weight, targets, divisor, trained);
  }
  const auto rows = (targets != -100).nonzero().squeeze(1);
  return chunkedLoss(hidden.index_select(0, rows), weight, targets.index_select(0, rows), divisor, false, {})
      .loss.to(hidden.scalar_type());
}

at::Tensor embed(const at::Tensor& table, const at::Tensor& ids, adapt::Parameter* trained, const at::Tensor& anchor,
                 std::int64_t paddingId) {
  if (trained == nullptr || !at::GradMode::is_enabled()) return table.index_select(0, ids);
  return EmbedFunction::apply(anchor, table, ids, trained, paddingId);
}

}  // namespace rosa::model
