// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

/// Results that can fail for a reason a user can mend.
///
/// An `Error` is one plain sentence (or several, one a line) that names the file, key or tensor and the remedy. Own
/// mistakes are asserted, LibTorch's exceptions are caught once at the top of the run thread.
namespace rosa {

struct Error {
  std::string message;
};

template <typename T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Expected(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool hasValue() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return hasValue(); }

  [[nodiscard]] T& value() & {
    assert(hasValue());
    return std::get<0>(state_);
  }
  [[nodiscard]] const T& value() const& {
    assert(hasValue());
    return std::get<0>(state_);
  }
  [[nodiscard]] T&& value() && {
    assert(hasValue());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const& {
    assert(!hasValue());
    return std::get<1>(state_);
  }
  [[nodiscard]] Error&& error() && {
    assert(!hasValue());
    return std::get<1>(std::move(state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Expected<void> {
 public:
  Expected() = default;
  Expected(Error error) : error_(std::move(error)), failed_(true) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool hasValue() const noexcept { return !failed_; }
  explicit operator bool() const noexcept { return !failed_; }
  [[nodiscard]] const Error& error() const& {
    assert(failed_);
    return error_;
  }
  [[nodiscard]] Error&& error() && {
    assert(failed_);
    return std::move(error_);
  }

 private:
  Error error_;
  bool failed_ = false;
};

using Status = Expected<void>;

}  // namespace rosa

#define ROSA_CONCAT_INNER(a, b) a##b
#define ROSA_CONCAT(a, b) ROSA_CONCAT_INNER(a, b)

/// `ROSA_TRY(auto x, f());` binds x to f()'s value or returns f()'s error from the enclosing function.
#define ROSA_TRY(declaration, expression)                                                              \
  auto ROSA_CONCAT(rosaResult, __LINE__) = (expression);                                               \
  if (!ROSA_CONCAT(rosaResult, __LINE__)) return std::move(ROSA_CONCAT(rosaResult, __LINE__)).error(); \
  declaration = *std::move(ROSA_CONCAT(rosaResult, __LINE__))

/// `ROSA_CHECK(f());` returns f()'s error from the enclosing function if there is one.
#define ROSA_CHECK(expression)                             \
  do {                                                     \
    auto rosaStatus = (expression);                        \
    if (!rosaStatus) return std::move(rosaStatus).error(); \
  } while (false)
