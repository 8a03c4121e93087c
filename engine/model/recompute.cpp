// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/recompute.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstddef>
#include <utility>

namespace rosa::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

constexpr const char* kLayers = "layers";

struct HeldLayers : torch::CustomClassHolder {
  explicit HeldLayers(Layers held) : layers(std::move(held)) {}
  Layers layers;
};

struct RecomputedFunction : torch::autograd::Function<RecomputedFunction> {
  /// `anchor` needs a gradient, so that backward is called where only the layers train.
  /// `inputs` is a TensorList, because a vector of tensors counts as no variable.
  static at::Tensor forward(AutogradContext* context, Layers layers, const at::Tensor& /*anchor*/,
                            at::TensorList inputs) {
    auto y = layers(inputs.vec());
    context->saved_data[kLayers] = c10::IValue::make_capsule(c10::make_intrusive<HeldLayers>(std::move(layers)));
    context->save_for_backward(inputs.vec());
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto& held = *static_cast<HeldLayers*>(context->saved_data[kLayers].toCapsule().get());
    variable_list inputs;
    for (const auto& saved : context->get_saved_variables()) {
      inputs.push_back(saved.detach().requires_grad_(saved.requires_grad()));
    }
    {
      const at::AutoGradMode withGraph(true);
      const auto y = held.layers(inputs);
      torch::autograd::backward({y}, {gradients[0]});
    }
    variable_list own{Variable(), Variable()};  // of the layers and the anchor
    for (const auto& input : inputs) own.push_back(input.grad());
    return own;
  }
};

}  // namespace

at::Tensor recomputed(Layers layers, const std::vector<at::Tensor>& inputs) {
  const auto anchor = at::zeros({}).requires_grad_();
  // Autograd takes only tensors that are there.
  std::vector<at::Tensor> defined;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined()) continue;
    defined.push_back(inputs[i]);
    places.push_back(i);
  }
  auto placed = [layers = std::move(layers), places, count = inputs.size()](const std::vector<at::Tensor>& given) {
    std::vector<at::Tensor> all(count);
    for (std::size_t i = 0; i < places.size(); ++i) all[places[i]] = given[i];
    return layers(all);
  };
  return RecomputedFunction::apply(Layers(std::move(placed)), anchor, at::TensorList(defined));
}

}  // namespace rosa::model
