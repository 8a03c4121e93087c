// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <unistd.h>

#include <utility>

namespace rosa::base {

/// A POSIX file descriptor with one owner; -1 is none.
class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  [[nodiscard]] int get() const { return value_; }
  /// Whoever is given it closes it.
  [[nodiscard]] int release() { return std::exchange(value_, -1); }
  [[nodiscard]] bool valid() const { return value_ >= 0; }

 private:
  int value_;
};

}  // namespace rosa::base
