// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace rosa::text::jinja {

/// A function for each alternative of a std::variant, for std::visit.
template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;  // clang 14 cannot do without

}  // namespace rosa::text::jinja
