// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "text/template/runtime.h"
#include "text/template/value.h"

/// Python's operators. Those that can fail throw Python's errors.
namespace rosa::text::jinja {

enum class Arithmetic { Add, Subtract, Multiply, Divide, FloorDivide, Modulo, Power };
enum class Comparison { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, In, NotIn };

[[nodiscard]] Value arithmetic(Runtime& runtime, Arithmetic op, const Value& left, const Value& right);
[[nodiscard]] Value negated(const Value& value);
[[nodiscard]] Value positive(const Value& value);

[[nodiscard]] bool equal(const Value& left, const Value& right);
[[nodiscard]] bool compare(Runtime& runtime, Comparison op, const Value& left, const Value& right);
[[nodiscard]] inline bool less(Runtime& runtime, const Value& left, const Value& right) {
  return compare(runtime, Comparison::Less, left, right);
}
/// item in container
[[nodiscard]] bool contains(Runtime& runtime, const Value& container, const Value& item);

/// value[start:stop:step]; None stands for what is not given.
[[nodiscard]] Value sliced(Runtime& runtime, const Value& value, const Value& start, const Value& stop,
                           const Value& step);

/// The positions of a slice in a sequence: from `first`, by the step, `count` of them; `last` is one step past the end.
struct SliceBounds {
  Integer first = 0, last = 0;
  std::size_t count = 0;
};
[[nodiscard]] SliceBounds sliceBounds(std::optional<Integer> start, std::optional<Integer> stop, Integer step,
                                      std::size_t size);

/// The code points [first, first + count) of a text.
[[nodiscard]] std::string_view pointsOf(const Text& text, std::size_t first, std::size_t count);

}  // namespace rosa::text::jinja
