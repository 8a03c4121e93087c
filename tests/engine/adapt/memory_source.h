// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>

#include "device/tensor_source.h"

namespace rosa::test {

/// Tensors in memory under their names, as a checkpoint would give them back.
class MemorySource final : public device::TensorSource {
 public:
  std::map<std::string, at::Tensor, std::less<>> tensors;

  [[nodiscard]] bool contains(std::string_view name) const override { return tensors.contains(name); }
  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto& [name, tensor] : tensors) all.push_back(name);
    return all;
  }
  [[nodiscard]] Expected<std::vector<std::int64_t>> shape(std::string_view name) const override {
    const auto found = tensors.find(name);
    if (found == tensors.end()) return Error{"no " + std::string(name)};
    return found->second.sizes().vec();
  }
  [[nodiscard]] Status read(std::string_view name, at::Tensor destination) const override {
    const auto found = tensors.find(name);
    if (found == tensors.end()) return Error{"no " + std::string(name)};
    destination.copy_(found->second);
    return {};
  }
  [[nodiscard]] Expected<bool> equal(std::string_view one, std::string_view other) const override {
    return at::equal(tensors.find(one)->second, tensors.find(other)->second);
  }
};

}  // namespace rosa::test
