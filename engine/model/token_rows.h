// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "adapt/parameter.h"

namespace rosa::model {

/// Rows of a token table [vocabulary, width] that train while all others stay. They lie beside it, in fp32 whatever the
/// table's type, and take the place of its own where the table is looked up, multiplied and written.
class TokenRows {
 public:
  /// `ids` ascend, each once and below the table's rows; `name` is the table's. Starts as the table's rows.
  TokenRows(const std::string& name, const std::vector<std::int64_t>& ids, const at::Tensor& table);

  [[nodiscard]] adapt::Parameter& parameter() { return parameter_; }
  [[nodiscard]] const at::Tensor& ids() const { return ids_; }                 ///< int64 [rows]
  [[nodiscard]] const at::Tensor& values() const { return parameter_.value; }  ///< [rows, width]

  /// Rows of the table for tokens [n], fp32, with ours in their places.
  [[nodiscard]] at::Tensor lookUp(const at::Tensor& table, const at::Tensor& tokens) const;
  /// Adds the gradient [n, width] of what `lookUp` gave.
  void addLookUpGradient(const at::Tensor& tokens, const at::Tensor& gradient);

  /// Puts our columns into logits [n, vocabulary] of states [n, width].
  void putInto(at::Tensor logits, const at::Tensor& states) const;
  /// What differs from the table's rows, [rows, width].
  [[nodiscard]] at::Tensor change(const at::Tensor& table) const;
  /// Of [n, vocabulary], our columns.
  [[nodiscard]] at::Tensor columnsOf(const at::Tensor& logits) const { return logits.index_select(1, ids_); }

  /// The table as it amounts to, a copy in fp32.
  [[nodiscard]] at::Tensor merged(const at::Tensor& table) const;

 private:
  /// Which of the tokens are among ours, and which of ours each of these is: int64 [found] both.
  struct Found {
    at::Tensor places, rows;
  };
  [[nodiscard]] Found find(const at::Tensor& tokens) const;

  at::Tensor ids_;
  adapt::Parameter parameter_;
};

}  // namespace rosa::model
