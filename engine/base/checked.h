// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace rosa::base {

/// An unsigned 64-bit number that remembers whether any sum or product on the way to it was too large. For every size
/// that is computed from a foreign file.
class Checked {
 public:
  constexpr Checked(std::uint64_t value) : value_(value) {}  // NOLINT(google-explicit-constructor)

  /// Nothing if something overflowed, also when a later factor was zero.
  [[nodiscard]] constexpr std::optional<std::uint64_t> value() const {
    return overflowed_ ? std::nullopt : std::optional(value_);
  }

  friend constexpr Checked operator+(Checked a, Checked b) {
    Checked sum(0);
    sum.overflowed_ = __builtin_add_overflow(a.value_, b.value_, &sum.value_) || a.overflowed_ || b.overflowed_;
    return sum;
  }
  friend constexpr Checked operator*(Checked a, Checked b) {
    Checked product(0);
    product.overflowed_ = __builtin_mul_overflow(a.value_, b.value_, &product.value_) || a.overflowed_ || b.overflowed_;
    return product;
  }

 private:
  std::uint64_t value_;
  bool overflowed_ = false;
};

}  // namespace rosa::base
