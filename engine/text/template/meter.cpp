// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/meter.h"

#include <algorithm>

#include "text/template/failure.h"

namespace rosa::text::jinja {
namespace {

constexpr std::uint64_t kStepsBetweenLooks = 4096;  // reading the clock costs as much as many steps

}  // namespace

Meter::Meter(const Limits& limits)
    : limits_(limits),
      nextLook_(std::min(kStepsBetweenLooks, limits.steps)),
      end_(std::chrono::steady_clock::now() + limits.time) {}

void Meter::bytes(std::uint64_t size, std::uint64_t times) {
  if (size != 0 && times > limits_.bytes / size) tooManyBytes();
  bytes(size * times);
}

void Meter::look() {
  if (steps_ > limits_.steps) fail("LimitError", "the template takes too many steps");
  if (std::chrono::steady_clock::now() > end_) fail("LimitError", "the template takes too long");
  nextLook_ = std::min(steps_ + kStepsBetweenLooks, limits_.steps + 1);
}

void Meter::tooManyBytes() const {
  fail("LimitError", "the template makes texts or lists that are too large");
}

void Meter::tooDeep() {
  fail("RecursionError", "maximum recursion depth exceeded");
}

}  // namespace rosa::text::jinja
