// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/causal_convolution.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace rosa::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// x [tokens, channels] with rows of zeros between its sequences: in front of each, or behind each.
at::Tensor spaced(const at::Tensor& x, const HistoryRows& rows, bool inFront) {
  auto wide = at::zeros({rows.total(), x.size(1)}, x.options());
  auto part = wide.narrow(0, inFront ? rows.history : 0, rows.total() - rows.history);
  part.index_copy_(0, rows.outputs, x);
  return wide;
}

/// Sum of `wide`'s rows o + k times taps[k], for the row o of each token. taps [kernel, channels].
at::Tensor swept(const at::Tensor& wide, const at::Tensor& taps, const HistoryRows& rows) {
  const auto length = wide.size(0) - rows.history;
  auto sum = wide.narrow(0, 0, length) * taps[0];
  for (std::int64_t k = 1; k <= rows.history; ++k) sum.addcmul_(wide.narrow(0, k, length), taps[k]);
  return sum.index_select(0, rows.outputs);
}

at::Tensor tapsOf(const at::Tensor& weight) {
  return weight.squeeze(1).t();
}

struct RowsHolder : torch::CustomClassHolder {
  explicit RowsHolder(HistoryRows held) : rows(std::move(held)) {}
  HistoryRows rows;
};

struct ConvolutionFunction : torch::autograd::Function<ConvolutionFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const HistoryRows& rows) {
    context->save_for_backward(weight.requires_grad() ? variable_list{weight, x} : variable_list{weight});
    context->saved_data["rows"] = c10::IValue::make_capsule(c10::make_intrusive<RowsHolder>(rows));
    return swept(spaced(x, rows, true), tapsOf(weight), rows);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto capsule = context->saved_data["rows"].toCapsule();
    const auto& rows = static_cast<const RowsHolder&>(*capsule).rows;
    const auto taps = tapsOf(saved[0]);
    const auto dy = spaced(gradients[0], rows, false);
    // A token's number enters the results of the tokens behind it: the same sum from the other side.
    at::Tensor dx, dWeight;
    if (context->needs_input_grad(0)) dx = swept(dy, taps.flip(0), rows);
    if (context->needs_input_grad(1)) {
      const auto x = spaced(saved[1], rows, true);
      const auto length = rows.total() - rows.history;
      std::vector<at::Tensor> dTaps;
      for (std::int64_t k = 0; k <= rows.history; ++k) {
        dTaps.push_back((dy.narrow(0, 0, length) * x.narrow(0, k, length)).sum(0));
      }
      dWeight = at::stack(dTaps, 1).unsqueeze(1);
    }
    return {dx, dWeight, Variable()};
  }
};

}  // namespace

HistoryRows historyRows(const std::vector<std::int64_t>& offsets, std::int64_t kernel, c10::Device device) {
  HistoryRows rows;
  rows.history = kernel - 1;
  rows.offsets = offsets;
  auto outputs = at::empty({offsets.back()}, at::kLong);
  auto* out = outputs.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < rows.count(); ++i) {
    const auto end = offsets[static_cast<std::size_t>(i) + 1];
    for (auto token = offsets[static_cast<std::size_t>(i)]; token < end; ++token) *out++ = token + i * rows.history;
  }
  rows.outputs = outputs.to(device);
  return rows;
}

at::Tensor causalConvolution(const at::Tensor& x, const at::Tensor& weight, const HistoryRows& rows) {
  return ConvolutionFunction::apply(x, weight, rows);
}

at::Tensor causalConvolution(const at::Tensor& x, const at::Tensor& weight, const HistoryRows& rows,
                             std::vector<at::Tensor>& histories) {
  const auto wide = spaced(x, rows, true);
  for (std::size_t i = 0; i < histories.size(); ++i) {
    const auto begin = rows.offsets[i] + static_cast<std::int64_t>(i) * rows.history;
    if (histories[i].defined()) wide.narrow(0, begin, rows.history).copy_(histories[i]);
    const auto added = rows.offsets[i + 1] - rows.offsets[i];
    histories[i] = wide.narrow(0, begin + added, rows.history).clone();
  }
  return swept(wide, tapsOf(weight), rows);
}

}  // namespace rosa::model
