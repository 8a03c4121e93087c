// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/stored_types.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <map>

#include "base/text.h"
#include "checkpoint/tensors.h"
#include "model/tensor_names.h"
#include "train/finite.h"

namespace rosa::train {

namespace {

using CountOfType = std::map<at::ScalarType, std::int64_t>;

at::ScalarType mostOf(const CountOfType& counts) {
  if (counts.empty()) return at::kFloat;
  return std::ranges::max_element(counts, {}, &CountOfType::value_type::second)->first;
}

}  // namespace

std::vector<at::ScalarType> storedTypes(const std::vector<model::NamedTensor>& tensors,
                                        const checkpoint::ModelFolder& base, std::optional<at::ScalarType> wanted) {
  if (wanted) return std::vector<at::ScalarType>(tensors.size(), *wanted);
  const auto typeOf = [](const checkpoint::TensorEntry& entry) {
    return checkpoint::isFloating(entry.dtype) ? checkpoint::scalarType(entry.dtype) : std::nullopt;
  };
  CountOfType counts;
  for (const auto* entry : base.entries()) {
    if (const auto type = typeOf(*entry)) counts[*type] += entry->count();
  }
  const checkpoint::FileTensorSource source(base);
  std::vector<at::ScalarType> types;
  for (const auto& stored : tensors) {
    const auto name = model::spelledIn(source, stored.name);
    const auto type = name ? typeOf(*base.find(*name)) : std::nullopt;
    types.push_back(type.value_or(mostOf(counts)));
  }
  return types;
}

Expected<std::vector<model::NamedTensor>> rounded(const std::vector<model::NamedTensor>& tensors,
                                                  const std::vector<at::ScalarType>& types) {
  assert(tensors.size() == types.size());
  const at::NoGradGuard noGrad;
  auto all = tensors;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& stored = all[i];
    const auto there = stored.tensor.to(types[i]).to(stored.tensor.scalar_type());
    if (allFinite(stored.tensor) && !allFinite(there)) {
      return Error{fmt::format(
          "{} holds {:.6g}, and {} has no number that large, so nothing was exported. Write --dtype {}fp32.",
          base::inQuotes(stored.name), stored.tensor.abs().max().item<double>(),
          checkpoint::dtypeWord(checkpoint::storedDtype(types[i])), types[i] == at::kHalf ? "bf16 or --dtype " : "")};
    }
    if (!at::equal(there, stored.tensor)) stored.tensor = there;
  }
  return all;
}

at::ScalarType mainType(const std::vector<model::NamedTensor>& tensors, const std::vector<at::ScalarType>& types) {
  CountOfType counts;
  for (std::size_t i = 0; i < types.size(); ++i) counts[types[i]] += tensors[i].tensor.numel();
  return mostOf(counts);
}

}  // namespace rosa::train
