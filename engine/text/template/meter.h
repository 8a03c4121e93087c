// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace rosa::text::jinja {

/// What one rendering may use before it is given up. A template is a program that came with a model, so it may loop
/// without end or ask for more memory than there is.
struct Limits {
  std::uint64_t steps = 50'000'000;              ///< expressions, statements and items walked over
  std::uint64_t bytes = std::uint64_t{1} << 30;  ///< of all values made, those let go included
  std::size_t output = std::size_t{256} << 20;   ///< bytes of the rendered text
  std::size_t depth = 2500;                      ///< expressions and statements inside one another
  std::chrono::milliseconds time{20'000};
};

/// Counts what a rendering uses and throws a Failure of type "LimitError" where a limit is passed.
class Meter {
 public:
  explicit Meter(const Limits& limits);

  void step(std::uint64_t count = 1) {
    steps_ += count;
    if (steps_ >= nextLook_) look();
  }
  void bytes(std::uint64_t count) {
    bytes_ += count;
    if (bytes_ > limits_.bytes) tooManyBytes();
  }
  /// For a text or list that is about to be made `times` times as long; cannot overflow.
  void bytes(std::uint64_t size, std::uint64_t times);
  [[nodiscard]] const Limits& limits() const { return limits_; }

  /// Counts one level while it lives.
  class Level {
   public:
    explicit Level(Meter& meter) : meter_(meter) {
      if (++meter_.depth_ > meter_.limits_.depth) {
        --meter_.depth_;
        tooDeep();
      }
    }
    ~Level() { --meter_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Meter& meter_;
  };

 private:
  void look();
  [[noreturn]] void tooManyBytes() const;
  [[noreturn]] static void tooDeep();

  Limits limits_;
  std::uint64_t steps_ = 0, nextLook_ = 0, bytes_ = 0;
  std::size_t depth_ = 0;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace rosa::text::jinja
