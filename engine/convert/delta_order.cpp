// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/delta_order.h"

#include <ATen/ATen.h>

#include <cstdint>

namespace rosa::convert {
namespace {

/// The rows of a grid of heads, which has `outer` times `inner` of them, with the grid turned about its diagonal.
at::Tensor turned(const at::Tensor& rows, std::int64_t outer, std::int64_t inner) {
  const auto shape = rows.sizes().vec();
  std::vector<std::int64_t> grid = {outer, inner, shape[0] / (outer * inner)};
  grid.insert(grid.end(), shape.begin() + 1, shape.end());
  return rows.reshape(grid).transpose(0, 1).reshape(shape);
}

at::Tensor ordered(std::string_view name, const at::Tensor& numbers, const model::DeltaShape& shape, std::int64_t outer,
                   std::int64_t inner) {
  if (name == "ssm_norm.weight") return numbers;
  if (name == "ssm_out.weight") return turned(numbers.t(), outer, inner).t();
  if (name == "attn_qkv.weight" || name == "ssm_conv1d.weight") {
    const auto before = 2 * shape.keys();
    const auto values = turned(numbers.narrow(0, before, shape.values()), outer, inner);
    return at::cat({numbers.narrow(0, 0, before), values});
  }
  return turned(numbers, outer, inner);
}

}  // namespace

bool fitsDelta(std::string_view name, std::span<const std::uint64_t> dimensions, const model::DeltaShape& shape) {
  if (dimensions.empty()) return false;
  const bool matrix = name.ends_with(".weight") && name != "ssm_norm.weight";
  if (dimensions.size() != (matrix ? 2U : 1U)) return false;
  const auto rows = static_cast<std::int64_t>(dimensions.back());
  if (name == "ssm_norm.weight") return true;
  if (name == "ssm_out.weight") return static_cast<std::int64_t>(dimensions.front()) == shape.values();
  if (name == "attn_qkv.weight" || name == "ssm_conv1d.weight") return rows == shape.mixed();
  return rows == (name == "attn_gate.weight" ? shape.values() : shape.valueHeads);
}

at::Tensor toDeltaOrder(std::string_view name, const at::Tensor& numbers, const model::DeltaShape& shape) {
  const auto flat = numbers.dim() == 3 ? numbers.squeeze(1) : numbers;
  const auto all = ordered(name, flat, shape, shape.keyHeads, shape.valueHeads / shape.keyHeads);
  return name == "ssm_a" ? -all.to(at::kFloat).exp() : all;
}

at::Tensor fromDeltaOrder(std::string_view name, const at::Tensor& numbers, const model::DeltaShape& shape) {
  const auto all = ordered(name, numbers, shape, shape.valueHeads / shape.keyHeads, shape.keyHeads);
  return name == "ssm_a" ? (-all).log() : all;
}

}  // namespace rosa::convert
