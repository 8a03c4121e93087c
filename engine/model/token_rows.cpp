// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/token_rows.h"

#include <ATen/ATen.h>

#include "adapt/frozen_weight.h"

namespace rosa::model {

TokenRows::TokenRows(const std::string& name, const std::vector<std::int64_t>& ids, const at::Tensor& table)
    : ids_(at::tensor(ids, at::kLong).to(table.device())) {
  parameter_.name = name + ":rows";
  // A plan's table has a shape alone, and its rows cannot be chosen.
  parameter_.value =
      table.is_meta() ? at::empty({static_cast<std::int64_t>(ids.size()), table.size(1)}, adapt::computeOptions(table))
                      : adapt::widened(table.index_select(0, ids_));
  parameter_.segment = adapt::Segment::Adapter;
}

TokenRows::Found TokenRows::find(const at::Tensor& tokens) const {
  const auto nearest = at::searchsorted(ids_, tokens).clamp_max_(ids_.size(0) - 1);
  const auto places = (ids_.index_select(0, nearest) == tokens).nonzero().squeeze(1);
  return {places, nearest.index_select(0, places)};
}

at::Tensor TokenRows::lookUp(const at::Tensor& table, const at::Tensor& tokens) const {
  auto rows = adapt::widened(table.index_select(0, tokens));
  const auto found = find(tokens);
  return rows.index_copy_(0, found.places, values().detach().index_select(0, found.rows));
}

void TokenRows::addLookUpGradient(const at::Tensor& tokens, const at::Tensor& gradient) {
  const auto found = find(tokens);
  const auto chosen = gradient.index_select(0, found.places);
  if (chosen.is_cpu()) {
    parameter_.gradient.index_add_(0, found.rows, chosen);
  } else {
    // In the order of the rows on a GPU too, so that a resumed run repeats the sums.
    parameter_.gradient.index_put_({found.rows}, chosen, /*accumulate=*/true);
  }
}

void TokenRows::putInto(at::Tensor logits, const at::Tensor& states) const {
  logits.index_copy_(1, ids_, states.mm(values().detach().t()));
}

at::Tensor TokenRows::change(const at::Tensor& table) const {
  return values().detach() - adapt::widened(table.index_select(0, ids_));
}

at::Tensor TokenRows::merged(const at::Tensor& table) const {
  auto whole = adapt::widened(table);
  if (whole.is_same(table)) whole = whole.clone();
  return whole.index_copy_(0, ids_, values().detach());
}

}  // namespace rosa::model
