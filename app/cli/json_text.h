// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

#include "rosa/events.h"

namespace rosa::cli {

/// A number as in events: JSON has no NaN and no infinity, so these are written as strings.
inline nlohmann::ordered_json number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

inline nlohmann::ordered_json numbers(const NamedValues& values) {
  auto object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : values) object[name] = number(value);
  return object;
}

}  // namespace rosa::cli
