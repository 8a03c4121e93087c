// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/lora.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "adapt/frozen_weight.h"

namespace rosa::adapt {

Lora::Lora(at::Tensor weight, std::string name, const Settings& settings)
    : LowRank(std::move(weight), std::move(name), settings.lowRank), settings_(settings) {
  parameters().back()->rateFactor = settings_.rateOfB;
  begin(0);
}

void Lora::begin(std::int64_t cycle) {
  auto key = settings_.key;
  key.cycle = cycle;
  const double scale = settings_.lowRank.scale;
  const auto factors = startLora(settings_.start, weight(), settings_.lowRank.rank, scale, key);
  if (!factors) throw std::runtime_error("Layer " + name() + " cannot be adapted. " + factors.error().message);
  a().copy_(factors->a);
  b().copy_(factors->b);
  if (!merged() && settings_.start == LoraStart::Pissa) addProduct(weight(), a(), b(), -scale);
}

Slice Lora::resample(std::int64_t cycle, std::optional<std::int64_t> /*start*/) {
  if (!merged()) addProduct(weight(), a(), b(), settings_.lowRank.scale);
  begin(cycle);
  Slice slice;
  slice.count = settings_.lowRank.rank;
  slice.directions = std::min(weight().size(0), weight().size(1));
  return slice;
}

}  // namespace rosa::adapt
