// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/adapted_linear.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "adapt/frozen_weight.h"
#include "model/activation.h"
#include "model/norm.h"

namespace rosa::model {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

class AdaptedLinear::Slot final : public LinearSlot {
 public:
  Slot(AdaptedLinear& layer, const Part& part, std::int64_t offset, bool attention)
      : layer_(layer), name_(part.name), offset_(offset), out_(part.out), attention_(attention) {}

  const std::string& name() const override { return name_; }
  bool attention() const override { return attention_; }
  at::Tensor weight() const override { return layer_.matrix_.narrow(1, offset_, out_); }
  bool hasBias() const override { return layer_.bias_.defined(); }
  void attach(std::unique_ptr<adapt::Adaptation> adaptation) override {
    adaptation_ = std::move(adaptation);
    layer_.updateAnchor();
  }
  adapt::Adaptation* adaptation() const override { return adaptation_.get(); }

  [[nodiscard]] at::Tensor stored() const {
    return layer_.weight_.narrow(layer_.layout_ == Layout::OutIn ? 0 : 1, offset_, out_);
  }
  /// What meets this matrix in place of x.
  [[nodiscard]] at::Tensor input(const at::Tensor& x) const {
    const auto scale = adaptation_ != nullptr ? adaptation_->inputScale() : at::Tensor();
    return scale.defined() ? x * scale : x;
  }
  [[nodiscard]] bool scalesOutputs() const { return adaptation_ != nullptr && adaptation_->outputScale().defined(); }
  [[nodiscard]] at::Tensor columns(const at::Tensor& y) const {
    return layer_.slots_.size() == 1 ? y : y.narrow(1, offset_, out_);
  }
  [[nodiscard]] at::Tensor bias() const { return layer_.bias_.narrow(0, offset_, out_); }
  std::unique_ptr<adapt::Parameter>& biasParameter() { return biasParameter_; }
  [[nodiscard]] const std::unique_ptr<adapt::Parameter>& biasParameter() const { return biasParameter_; }

 private:
  AdaptedLinear& layer_;
  std::string name_;
  std::int64_t offset_;
  std::int64_t out_;
  bool attention_;
  std::unique_ptr<adapt::Adaptation> adaptation_;
  std::unique_ptr<adapt::Parameter> biasParameter_;
};

namespace {

constexpr const char* kLayer = "layer";
constexpr const char* kActivation = "activation";

struct LayerReference : torch::CustomClassHolder {
  explicit LayerReference(AdaptedLinear* pointer) : layer(pointer) {}
  AdaptedLinear* layer;
  AdaptedLinear::Saved saved;
  const Norm* norm = nullptr;
};

LayerReference& reference(AutogradContext* context) {
  return *static_cast<LayerReference*>(context->saved_data[kLayer].toCapsule().get());
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& /*anchor*/,
                            AdaptedLinear* layer) {
    auto holder = c10::make_intrusive<LayerReference>(layer);
    auto y = layer->compute(x, &holder->saved);
    context->saved_data[kLayer] = c10::IValue::make_capsule(std::move(holder));
    if (layer->needsInput()) context->save_for_backward({x});
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    auto& holder = reference(context);
    const auto saved = context->get_saved_variables();
    const auto x = saved.empty() ? at::Tensor() : saved[0];
    return {holder.layer->propagate(x, holder.saved, gradients[0], context->needs_input_grad(0)), Variable(),
            Variable()};
  }
};

struct NormedLinearFunction : torch::autograd::Function<NormedLinearFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& /*weight*/,
                            const at::Tensor& /*bias*/, const at::Tensor& /*anchor*/, AdaptedLinear* layer,
                            const Norm* norm) {
    auto holder = c10::make_intrusive<LayerReference>(layer);
    holder->norm = norm;
    const auto normed = norm->apply(x);
    auto y = layer->compute(normed.y, &holder->saved);
    context->saved_data[kLayer] = c10::IValue::make_capsule(std::move(holder));
    auto kept = variable_list{x, normed.inverse};
    if (normed.mean.defined()) kept.push_back(normed.mean);
    context->save_for_backward(kept);
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    auto& holder = reference(context);
    const auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    Norm::Result normed;
    normed.inverse = saved[1];
    if (saved.size() > 2) normed.mean = saved[2];
    const bool wantsX = context->needs_input_grad(0);
    const bool wantsWeight = context->needs_input_grad(1);
    const bool wantsBias = context->needs_input_grad(2) && holder.norm->bias.defined();
    const auto input = holder.layer->needsInput() ? holder.norm->apply(x).y : at::Tensor();
    const auto dNormed = holder.layer->propagate(input, holder.saved, gradients[0], wantsX || wantsWeight || wantsBias);
    Norm::Gradients own;
    if (dNormed.defined()) own = holder.norm->backward(dNormed, x, normed, wantsX, wantsWeight, wantsBias);
    return {own.x, own.weight, own.bias, Variable(), Variable(), Variable()};
  }
};

struct ActivatedLinearFunction : torch::autograd::Function<ActivatedLinearFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& pre, const at::Tensor& /*anchor*/,
                            AdaptedLinear* layer, std::int64_t activation, bool gated) {
    auto holder = c10::make_intrusive<LayerReference>(layer);
    auto y = layer->compute(activate(pre, static_cast<Activation>(activation), gated), &holder->saved);
    context->saved_data[kLayer] = c10::IValue::make_capsule(std::move(holder));
    context->saved_data[kActivation] = activation * 2 + (gated ? 1 : 0);
    context->save_for_backward({pre});
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    auto& holder = reference(context);
    const auto pre = context->get_saved_variables()[0];
    const auto code = context->saved_data[kActivation].toInt();
    const auto activation = static_cast<Activation>(code / 2);
    const bool gated = code % 2 == 1;
    auto x = holder.layer->needsInput() ? activate(pre, activation, gated) : at::Tensor();
    auto dx = holder.layer->propagate(x, holder.saved, gradients[0], context->needs_input_grad(0));
    x.reset();
    if (dx.defined()) dx = activateBackward(dx, pre, activation, gated);
    return {dx, Variable(), Variable(), Variable(), Variable()};
  }
};

}  // namespace

AdaptedLinear::AdaptedLinear(Layout layout, std::int64_t in, const std::vector<Part>& parts, bool bias, bool attention,
                             const at::TensorOptions& options, at::ScalarType weights)
    : layout_(layout) {
  std::int64_t out = 0;
  for (const auto& part : parts) {
    slots_.push_back(std::make_unique<Slot>(*this, part, out, attention));
    out += part.out;
  }
  const bool byOutputs = layout == Layout::OutIn;
  weight_ = adapt::emptyWeight(byOutputs ? out : in, byOutputs ? in : out, options, weights);
  matrix_ = layout == Layout::OutIn ? weight_.t() : weight_;
  if (bias) bias_ = at::zeros({out}, options);
  anchor_ = at::zeros({}, options);
}

AdaptedLinear::~AdaptedLinear() = default;

at::Tensor AdaptedLinear::forward(const at::Tensor& x) {
  if (!at::GradMode::is_enabled()) return compute(x, nullptr);
  return LinearFunction::apply(x, anchor_, this);
}

at::Tensor AdaptedLinear::forwardNormed(const at::Tensor& x, const Norm& norm) {
  if (!at::GradMode::is_enabled()) return compute(norm.apply(x).y, nullptr);
  // Autograd takes only tensors that are there.
  const auto& bias = norm.bias.defined() ? norm.bias : anchor_;
  return NormedLinearFunction::apply(x, norm.weight, bias, anchor_, this, &norm);
}

at::Tensor AdaptedLinear::forwardActivated(const at::Tensor& pre, Activation activation, bool gated) {
  if (!at::GradMode::is_enabled()) return compute(activate(pre, activation, gated), nullptr);
  return ActivatedLinearFunction::apply(pre, anchor_, this, static_cast<std::int64_t>(activation), gated);
}

at::Tensor AdaptedLinear::compute(const at::Tensor& x, Saved* saved) const {
  auto y = product(x);
  if (saved != nullptr) saved->parts.resize(slots_.size());
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto* adaptation = slots_[i]->adaptation();
    if (adaptation == nullptr) continue;
    adapt::SavedForBackward unused;
    auto columns = slots_[i]->columns(y);
    adaptation->forward(x, columns, saved != nullptr ? saved->parts[i] : unused);
  }
  if (addsBiasLast()) y.add_(bias_);
  return y;
}

at::Tensor AdaptedLinear::product(const at::Tensor& x) const {
  const bool withBias = bias_.defined() && !addsBiasLast();
  if (!scalesInputs()) return adapt::product(x, matrix_, withBias ? bias_ : at::Tensor());
  auto y = at::empty({x.size(0), matrix_.size(1)}, x.options());
  for (const auto& slot : slots_) {
    auto columns = slot->columns(y);
    adapt::productInto(columns, slot->input(x), slot->weight());
  }
  return withBias ? y.add_(bias_) : y;
}

bool AdaptedLinear::scalesInputs() const {
  return std::ranges::any_of(slots_, [](const auto& slot) {
    return slot->adaptation() != nullptr && slot->adaptation()->inputScale().defined();
  });
}

bool AdaptedLinear::addsBiasLast() const {
  return bias_.defined() && std::ranges::any_of(slots_, [](const auto& slot) {
           return slot->scalesOutputs() && !slot->adaptation()->scalesBias();
         });
}

at::Tensor AdaptedLinear::innerGradient(const at::Tensor& dy, const Saved& saved) {
  auto inner = dy;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    auto* adaptation = slots_[i]->adaptation();
    if (adaptation == nullptr) continue;
    const auto own = adaptation->innerGradient(slots_[i]->columns(dy), saved.parts[i]);
    if (!own.defined()) continue;
    if (slots_.size() == 1) return own;
    if (inner.is_same(dy)) inner = dy.clone();
    slots_[i]->columns(inner).copy_(own);
  }
  return inner;
}

at::Tensor AdaptedLinear::propagate(const at::Tensor& x, const Saved& saved, const at::Tensor& dy,
                                    bool wantsInputGradient) {
  const auto inner = innerGradient(dy, saved);
  const bool separately = scalesInputs();
  at::Tensor dx;
  if (wantsInputGradient && !separately) dx = adapt::product(inner, matrix_.t());
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto& slot = slots_[i];
    auto* adaptation = slot->adaptation();
    at::Tensor own;
    if (wantsInputGradient && separately) own = adapt::product(slot->columns(inner), slot->weight().t());
    if (adaptation != nullptr) adaptation->backward(x, saved.parts[i], slot->columns(dy), separately ? own : dx);
    if (own.defined()) dx = dx.defined() ? dx.add_(own) : own;
    if (const auto& bias = slot->biasParameter()) {
      const bool inside = adaptation != nullptr && adaptation->scalesBias();
      bias->gradient.add_(slot->columns(inside ? inner : dy).sum(0));
    }
  }
  return dx;
}

bool AdaptedLinear::needsInput() const {
  for (const auto& slot : slots_) {
    if (slot->adaptation() != nullptr && slot->adaptation()->needsInput()) return true;
  }
  return false;
}

bool AdaptedLinear::trains() const {
  for (const auto& slot : slots_) {
    if (slot->adaptation() != nullptr || slot->biasParameter() != nullptr) return true;
  }
  return false;
}

void AdaptedLinear::updateAnchor() {
  anchor_.requires_grad_(trains());
}

void AdaptedLinear::listTensors(std::vector<NamedTensor>& tensors) const {
  for (const auto& slot : slots_) tensors.push_back({slot->name() + ".weight", slot->stored(), Role::LinearWeight});
  if (!bias_.defined()) return;
  for (const auto& slot : slots_) tensors.push_back({slot->name() + ".bias", slot->bias(), Role::LinearBias});
}

std::vector<LinearSlot*> AdaptedLinear::slots() const {
  std::vector<LinearSlot*> all;
  for (const auto& slot : slots_) all.push_back(slot.get());
  return all;
}

adapt::Parameter* AdaptedLinear::trainBias(const std::string& name) {
  if (!bias_.defined()) return nullptr;
  for (const auto& slot : slots_) {
    if (slot->name() + ".bias" != name) continue;
    if (slot->biasParameter() == nullptr) {
      auto parameter = std::make_unique<adapt::Parameter>();
      parameter->name = name;
      parameter->value = slot->bias();
      parameter->segment = adapt::Segment::Bias;
      slot->biasParameter() = std::move(parameter);
      updateAnchor();
    }
    return slot->biasParameter().get();
  }
  return nullptr;
}

}  // namespace rosa::model
