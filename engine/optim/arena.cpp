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

/// Room behind the gradients for the last of so many equal pieces to be filled up to whole boundaries.
constexpr std::int64_t kMostParts = 1024;
constexpr std::int64_t kPieceUnit = 16;

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

Arena::Arena(adapt::ParameterList parameters, const StateRule& rule) : parameters_(std::move(parameters)) {
  const at::NoGradGuard noGradient;
  layOut(rule);
  joinStretches();
}

Arena::Arena(adapt::ParameterList parameters, int moments)
    : Arena(std::move(parameters), [moments](const adapt::Parameter&) {
        return StateLayout{moments, {}};
      }) {}

void Arena::layOut(const StateRule& rule) {
  std::vector<std::pair<adapt::Parameter*, StateLayout>> sorted;
  for (auto* parameter : parameters_) sorted.emplace_back(parameter, rule(*parameter));
  std::ranges::stable_sort(sorted, {}, [](const auto& entry) {
    const auto& [parameter, layout] = entry;
    return std::tuple(-layout.moments, parameter->segment, !parameter->decays, parameter->rateFactor);
  });
  for (const auto& [parameter, layout] : sorted) {
    const auto& value = parameter->value;
    TORCH_CHECK(value.is_non_overlapping_and_dense() && value.is_floating_point() &&
                    value.device() == sorted.front().first->value.device(),
                "Parameter ", parameter->name, " is not dense floating point on the run's device.");
    auto bank = std::ranges::find(banks_, value.scalar_type(), &Bank::type);
    if (bank == banks_.end()) {
      banks_.emplace_back();
      bank = std::prev(banks_.end());
      bank->type = value.scalar_type();
    }
    Slot slot;
    slot.bank = static_cast<std::size_t>(bank - banks_.begin());
    slot.length = paddedLength(value);
    slot.offset = std::exchange(bank->length, bank->length + slot.length);
    if (ownsValue(*parameter)) slot.valueOffset = std::exchange(bank->valueLength, bank->valueLength + slot.length);
    slot.moments = layout.moments;
    const auto moments = static_cast<std::size_t>(layout.moments);
    if (bank->momentLengths.size() < moments) bank->momentLengths.resize(moments);
    for (std::size_t i = 0; i < moments; ++i) bank->momentLengths[i] = bank->length;
    slots_.push_back(std::move(slot));
  }
  for (auto& bank : banks_) {
    const auto options = sorted.front().first->value.options().dtype(bank.type).requires_grad(false);
    bank.values = at::zeros({bank.valueLength}, options);
    bank.gradients = at::zeros({bank.length + kMostParts * kPieceUnit}, options).narrow(0, 0, bank.length);
    for (const auto length : bank.momentLengths) bank.moments.push_back(at::zeros({length}, options));
  }
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    states_.push_back({sorted[i].first, {}, {}, 0});
    adopt(i, sorted[i].second);
  }
}

void Arena::adopt(std::size_t index, const StateLayout& layout) {
  auto& slot = slots_[index];
  auto& state = states_[index];
  auto& parameter = *state.parameter;
  auto& bank = banks_[slot.bank];
  if (slot.valueOffset >= 0) {
    const auto home = viewLike(bank.values, slot.valueOffset, parameter.value);
    home.copy_(parameter.value);
    parameter.value = home;
  }
  parameter.gradient = viewLike(bank.gradients, slot.offset, parameter.value);
  if (parameter.autogradLeaf) {
    parameter.value.requires_grad_(true);  // a home in the arena does not know yet
    parameter.value.mutable_grad() = parameter.gradient;
  }
  for (int i = 0; i < layout.moments; ++i) {
    state.moments.push_back(viewLike(bank.moments[static_cast<std::size_t>(i)], slot.offset, parameter.value));
  }
  for (const auto& extra : layout.extras) {
    slot.extraNames.push_back(extra.name);
    const auto options = parameter.value.options().dtype(extra.type).requires_grad(false);
    state.extras.push_back(at::zeros(extra.shape, options));
  }
}

bool Arena::joins(std::size_t left, std::size_t right) const {
  const auto& a = slots_[left];
  const auto& b = slots_[right];
  const auto facts = [&](std::size_t i) {
    const auto& state = states_[i];
    return std::tuple(state.parameter->decays, state.parameter->rateFactor, slots_[i].moments, state.steps);
  };
  return a.bank == b.bank && a.valueOffset >= 0 && b.valueOffset >= 0 && facts(left) == facts(right);
}

void Arena::joinStretches() {
  stretches_.clear();
  stretchPlaces_.clear();
  std::size_t previous = states_.size();  // none
  std::int64_t first = 0;                 // of the stretch that is being built, in gradients and moments
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const auto& slot = slots_[i];
    const auto& state = states_[i];
    const auto& bank = banks_[slot.bank];
    if (!state.extras.empty()) {
      previous = states_.size();
      continue;
    }
    const bool continues = previous < states_.size() && joins(previous, i);
    if (!continues) {
      stretches_.emplace_back();
      first = slot.offset;
      stretchPlaces_.push_back({slot.bank, first, slot.moments});
    }
    auto& stretch = stretches_.back();
    if (slot.valueOffset >= 0) {
      const std::int64_t length = slot.offset + slot.length - first;
      stretch.value = bank.values.narrow(0, slot.valueOffset + slot.length - length, length);
    } else {
      const auto value = state.parameter->value.detach();
      stretch.value = value.as_strided({value.numel()}, {1});
    }
    stretch.gradient = bank.gradients.narrow(0, first, stretch.value.numel());
    stretch.moments.clear();
    for (int m = 0; m < slot.moments && !divided(); ++m) {
      stretch.moments.push_back(bank.moments[static_cast<std::size_t>(m)].narrow(0, first, stretch.value.numel()));
    }
    stretch.decays = state.parameter->decays;
    stretch.rateFactor = state.parameter->rateFactor;
    if (!continues) {
      stretch.steps = at::full({}, static_cast<double>(state.steps), stretch.value.options().dtype(at::kFloat));
    }
    previous = i;
  }
  if (divided()) cutStretches();
}

std::int64_t Arena::pieceLength(const Bank& bank) const {
  const auto unit = parts_ * kPieceUnit;
  return (bank.length + unit - 1) / unit * kPieceUnit;
}

void Arena::cutStretches() {
  whole_ = std::exchange(stretches_, {});
  for (std::size_t i = 0; i < whole_.size(); ++i) {
    const auto& whole = whole_[i];
    const auto& place = stretchPlaces_[i];
    const auto& bank = banks_[place.bank];
    const auto piece = pieceLength(bank);
    const auto begin = std::max(place.first, part_ * piece);
    const auto length = std::min(place.first + whole.value.numel(), (part_ + 1) * piece) - begin;
    if (length <= 0) continue;
    Stretch cut = whole;
    cut.value = whole.value.narrow(0, begin - place.first, length);
    cut.gradient = whole.gradient.narrow(0, begin - place.first, length);
    for (int m = 0; m < place.moments; ++m) {
      const auto& moment = bank.moments[static_cast<std::size_t>(m)];
      cut.moments.push_back(moment.narrow(0, begin - part_ * piece, length));
    }
    stretches_.push_back(std::move(cut));
  }
}

void Arena::divide(std::int64_t part, std::int64_t parts) {
  TORCH_CHECK(parts <= kMostParts && !divided(), "An arena is divided once, into ", kMostParts, " parts at most.");
  for (const auto& state : states_) TORCH_CHECK(state.extras.empty(), state.parameter->name, " has extra state.");
  if (parts == 1) return;
  part_ = part;
  parts_ = parts;
  const at::NoGradGuard noGradient;
  for (auto& state : states_) state.moments.clear();
  for (auto& bank : banks_) {
    const auto piece = pieceLength(bank);
    for (auto& moment : bank.moments) {
      auto own = at::zeros({piece}, bank.gradients.options());
      const auto length = std::min((part + 1) * piece, moment.numel()) - part * piece;
      if (length > 0) own.narrow(0, 0, length).copy_(moment.narrow(0, part * piece, length));
      moment = std::move(own);
    }
  }
  joinStretches();
}

std::vector<Arena::Share> Arena::shares() const {
  std::vector<Share> all;
  for (const auto& bank : banks_) {
    const auto piece = pieceLength(bank);
    const auto gradients = bank.gradients.as_strided({parts_ * piece}, {1});
    all.push_back({gradients, gradients.narrow(0, part_ * piece, piece), bank.moments});
  }
  return all;
}

void Arena::layOutValues() {
  const at::NoGradGuard noGradient;
  for (auto& stretch : stretches_) stretch.gradient.copy_(stretch.value);
}

void Arena::takeInValues() {
  const at::NoGradGuard noGradient;
  for (auto& stretch : whole_) stretch.value.copy_(stretch.gradient);
}

void Arena::unite(const std::vector<std::vector<at::Tensor>>& moments) {
  parts_ = 1;
  part_ = 0;
  whole_.clear();
  for (std::size_t b = 0; b < banks_.size(); ++b) banks_[b].moments = moments[b];
  for (std::size_t i = 0; i < states_.size(); ++i) {
    auto& state = states_[i];
    for (int m = 0; m < slots_[i].moments; ++m) {
      const auto& moment = banks_[slots_[i].bank].moments[static_cast<std::size_t>(m)];
      state.moments.push_back(viewLike(moment, slots_[i].offset, state.parameter->value));
    }
  }
  joinStretches();
}

void Arena::zeroGradients() {
  for (auto& bank : banks_) bank.gradients.zero_();
}

std::vector<at::Tensor> Arena::gradients() const {
  std::vector<at::Tensor> all;
  for (const auto& bank : banks_) all.push_back(bank.gradients);
  return all;
}

std::vector<Arena::GradientPlace> Arena::gradientPlaces() const {
  std::vector<GradientPlace> places;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    places.push_back({states_[i].parameter, slots_[i].bank, slots_[i].offset, slots_[i].length});
  }
  std::ranges::sort(places, {}, [](const GradientPlace& place) { return std::pair(place.buffer, place.offset); });
  return places;
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
  for (auto& state : states_) ++state.steps;
  for (auto& stretch : stretches_) stretch.steps.add_(1);
}

void Arena::clear(ParameterState& state) {
  state.steps = 0;
  for (auto& moment : state.moments) moment.zero_();
  for (auto& extra : state.extras) extra.zero_();
}

void Arena::clearMoments() {
  for (auto& state : states_) clear(state);
  joinStretches();
}

void Arena::clearMoments(const adapt::ParameterList& parameters) {
  for (auto& state : states_) {
    if (std::ranges::find(parameters, state.parameter) != parameters.end()) clear(state);
  }
  joinStretches();
}

std::vector<std::pair<std::string, at::Tensor>> Arena::state() const {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (std::size_t s = 0; s < states_.size(); ++s) {
    const auto& state = states_[s];
    const auto& name = state.parameter->name;
    if (slots_[s].valueOffset >= 0) tensors.emplace_back(name + ".value", state.parameter->value);
    for (std::size_t i = 0; i < state.moments.size(); ++i) {
      tensors.emplace_back(name + ".moment" + std::to_string(i + 1), state.moments[i]);
    }
    for (std::size_t i = 0; i < state.extras.size(); ++i) {
      tensors.emplace_back(name + "." + slots_[s].extraNames[i], state.extras[i]);
    }
    tensors.emplace_back(name + ".steps", at::full({}, state.steps, at::kLong));
  }
  return tensors;
}

Status Arena::restore(const device::TensorSource& source, const std::string& prefix) {
  const at::NoGradGuard noGradient;
  // Everything but the step counts comes as the live tensor.
  for (const auto& [name, tensor] : state()) {
    if (!name.ends_with(".steps")) ROSA_CHECK(source.read(prefix + name, tensor));
  }
  for (auto& state : states_) {
    auto steps = at::zeros({}, at::kLong);
    ROSA_CHECK(source.read(prefix + state.parameter->name + ".steps", steps));
    state.steps = steps.item<std::int64_t>();
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
  for (const auto& state : states_) {
    for (const auto& extra : state.extras) bytes.moments += static_cast<std::int64_t>(extra.nbytes());
  }
  return bytes;
}

double clipFactor(double norm, double largest) {
  return largest > 0 ? std::min(1.0, largest / (norm + 1e-6)) : 1.0;
}

}  // namespace rosa::optim
