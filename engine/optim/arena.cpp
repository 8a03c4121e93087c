// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/arena.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "optim/squared_sum.h"

namespace rosa::optim {

namespace {

/// Parameters begin on 64-byte boundaries, so that each is aligned for every vector unit.
constexpr std::int64_t kAlignmentBytes = 64;

std::int64_t paddedLength(const at::Tensor& value) {
  const auto unit = kAlignmentBytes / static_cast<std::int64_t>(value.element_size());
  return (value.numel() + unit - 1) / unit * unit;
}

/// `length` elements of a flat buffer seen with the shape and strides of `like`.
at::Tensor viewLike(const at::Tensor& buffer, std::int64_t offset, const at::Tensor& like) {
  return buffer.as_strided(like.sizes(), like.strides(), buffer.storage_offset() + offset);
}

bool ownsValue(const adapt::Parameter& parameter) {
  return parameter.segment == adapt::Segment::Adapter;
}

}  // namespace

Arena::Arena(adapt::ParameterList parameters, int moments) : parameters_(std::move(parameters)) {
  const at::NoGradGuard noGradient;
  layOut(moments);
  for (auto& slot : slots_) adopt(slot);
  joinStretches();
}

void Arena::layOut(int moments) {
  auto sorted = parameters_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const adapt::Parameter* left, const adapt::Parameter* right) {
    return std::tuple(left->segment, !left->decays) < std::tuple(right->segment, !right->decays);
  });
  for (auto* parameter : sorted) {
    const auto& value = parameter->value;
    TORCH_CHECK(value.is_non_overlapping_and_dense() && value.is_floating_point() &&
                    value.device() == sorted.front()->value.device(),
                "Parameter ", parameter->name, " is not dense floating point on the run's device.");
    auto bank = std::find_if(banks_.begin(), banks_.end(),
                             [&](const Bank& candidate) { return candidate.type == value.scalar_type(); });
    if (bank == banks_.end()) {
      banks_.emplace_back();
      bank = std::prev(banks_.end());
      bank->type = value.scalar_type();
    }
    Slot slot;
    slot.parameter = parameter;
    slot.bank = static_cast<std::size_t>(bank - banks_.begin());
    slot.length = paddedLength(value);
    slot.offset = std::exchange(bank->length, bank->length + slot.length);
    if (ownsValue(*parameter)) slot.valueOffset = std::exchange(bank->valueLength, bank->valueLength + slot.length);
    slots_.push_back(std::move(slot));
  }
  for (auto& bank : banks_) {
    const auto options = sorted.front()->value.options().dtype(bank.type).requires_grad(false);
    bank.values = at::zeros({bank.valueLength}, options);
    bank.gradients = at::zeros({bank.length}, options);
    for (int i = 0; i < moments; ++i) bank.moments.push_back(at::zeros({bank.length}, options));
  }
}

void Arena::adopt(Slot& slot) {
  auto& parameter = *slot.parameter;
  auto& bank = banks_[slot.bank];
  if (slot.valueOffset >= 0) {
    const auto home = viewLike(bank.values, slot.valueOffset, parameter.value);
    home.copy_(parameter.value);
    parameter.value = home;
  }
  parameter.gradient = viewLike(bank.gradients, slot.offset, parameter.value);
  if (parameter.autogradLeaf) parameter.value.mutable_grad() = parameter.gradient;
  for (const auto& moment : bank.moments) slot.moments.push_back(viewLike(moment, slot.offset, parameter.value));
}

void Arena::joinStretches() {
  stretches_.clear();
  const Slot* previous = nullptr;
  std::int64_t first = 0;  // of the stretch that is being built, in gradients and moments
  for (const auto& slot : slots_) {
    const auto& bank = banks_[slot.bank];
    const bool joins = previous != nullptr && previous->bank == slot.bank && previous->valueOffset >= 0 &&
                       slot.valueOffset >= 0 && previous->parameter->decays == slot.parameter->decays &&
                       previous->steps == slot.steps;
    if (!joins) {
      stretches_.emplace_back();
      first = slot.offset;
    }
    auto& stretch = stretches_.back();
    if (slot.valueOffset >= 0) {
      const std::int64_t length = slot.offset + slot.length - first;
      stretch.value = bank.values.narrow(0, slot.valueOffset + slot.length - length, length);
    } else {
      const auto value = slot.parameter->value.detach();
      stretch.value = value.as_strided({value.numel()}, {1});
    }
    stretch.gradient = bank.gradients.narrow(0, first, stretch.value.numel());
    stretch.moments.clear();
    for (const auto& moment : bank.moments) stretch.moments.push_back(moment.narrow(0, first, stretch.value.numel()));
    stretch.decays = slot.parameter->decays;
    if (!joins) {
      stretch.steps = at::full({}, static_cast<double>(slot.steps), stretch.value.options().dtype(at::kFloat));
    }
    previous = &slot;
  }
}

void Arena::zeroGradients() {
  for (auto& bank : banks_) bank.gradients.zero_();
}

double Arena::gradientNorm() const {
  double sum = 0;
  for (const auto& bank : banks_) sum += squaredSum(bank.gradients);
  return std::sqrt(sum);
}

void Arena::scaleGradients(double factor) {
  for (auto& bank : banks_) bank.gradients.mul_(factor);
}

void Arena::countStep() {
  for (auto& slot : slots_) ++slot.steps;
  for (auto& stretch : stretches_) stretch.steps.add_(1);
}

void Arena::clear(Slot& slot) {
  slot.steps = 0;
  for (auto& moment : slot.moments) moment.zero_();
}

void Arena::clearMoments() {
  for (auto& slot : slots_) clear(slot);
  joinStretches();
}

void Arena::clearMoments(const adapt::ParameterList& parameters) {
  for (auto& slot : slots_) {
    if (std::find(parameters.begin(), parameters.end(), slot.parameter) != parameters.end()) clear(slot);
  }
  joinStretches();
}

std::vector<std::pair<std::string, at::Tensor>> Arena::state() const {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& slot : slots_) {
    const auto& name = slot.parameter->name;
    if (slot.valueOffset >= 0) tensors.emplace_back(name + ".value", slot.parameter->value);
    for (std::size_t i = 0; i < slot.moments.size(); ++i) {
      tensors.emplace_back(name + ".moment" + std::to_string(i + 1), slot.moments[i]);
    }
    tensors.emplace_back(name + ".steps", at::full({}, slot.steps, at::kLong));
  }
  return tensors;
}

Status Arena::restore(const device::TensorSource& source, const std::string& prefix) {
  const at::NoGradGuard noGradient;
  for (auto& slot : slots_) {
    const auto stored = prefix + slot.parameter->name;
    if (slot.valueOffset >= 0) ROSA_CHECK(source.read(stored + ".value", slot.parameter->value));
    for (std::size_t i = 0; i < slot.moments.size(); ++i) {
      ROSA_CHECK(source.read(stored + ".moment" + std::to_string(i + 1), slot.moments[i]));
    }
    auto steps = at::zeros({}, at::kLong);
    ROSA_CHECK(source.read(stored + ".steps", steps));
    slot.steps = steps.item<std::int64_t>();
  }
  joinStretches();
  return {};
}

Arena::Bytes Arena::bytes() const {
  Bytes bytes;
  for (const auto& bank : banks_) {
    bytes.values += static_cast<std::int64_t>(bank.values.nbytes());
    bytes.gradients += static_cast<std::int64_t>(bank.gradients.nbytes());
    for (const auto& moment : bank.moments) bytes.moments += static_cast<std::int64_t>(moment.nbytes());
  }
  return bytes;
}

double clipFactor(double norm, double largest) {
  return largest > 0 ? std::min(1.0, largest / (norm + 1e-6)) : 1.0;
}

}  // namespace rosa::optim
