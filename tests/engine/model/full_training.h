// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "adapt/dense.h"
#include "model/model.h"

namespace rosa::test {

/// Makes every stored tensor of a model trainable and hands out its gradient in the checkpoint's layout.
class FullTraining {
 public:
  explicit FullTraining(model::Model& model) {
    for (auto* slot : model.linears()) {
      auto dense = std::make_unique<adapt::Dense>(slot->weight(), slot->name());
      add(*dense->parameters().front());
      slot->attach(std::move(dense));
    }
    for (const auto& stored : model.tensors()) {
      if (stored.role == model::Role::LinearWeight) {
        // A Dense of [in, out] over a stored [out, in] is the other way round.
        auto& gradient = gradients_.at(stored.name);
        if (stored.tensor.strides() != gradient.strides()) gradient = gradient.t();
        continue;
      }
      if (stored.role == model::Role::Buffer) continue;
      auto* parameter = model.train(stored.name);
      if (parameter == nullptr) throw std::runtime_error(stored.name + " cannot be trained");
      add(*parameter);
    }
  }

  /// Gradients by checkpoint name.
  [[nodiscard]] const std::map<std::string, at::Tensor>& gradients() const { return gradients_; }

  void clear() {
    for (auto& [name, gradient] : gradients_) gradient.zero_();
  }

 private:
  void add(adapt::Parameter& parameter) {
    const at::NoGradGuard noGrad;
    parameter.gradient = at::zeros_like(parameter.value);  // keeps the strides
    if (parameter.autogradLeaf) parameter.value.mutable_grad() = parameter.gradient;
    gradients_.emplace(parameter.name, parameter.gradient);
  }

  std::map<std::string, at::Tensor> gradients_;
};

}  // namespace rosa::test
