// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/json_table.h"

#include <cmath>
#include <limits>

namespace rosa::tables {
namespace {

constexpr std::string_view kNotANumber = "NaN", kInfinity = "Infinity", kMinusInfinity = "-Infinity";

}  // namespace

OrderedJson toValue(std::int64_t value) {
  return value;
}
OrderedJson toValue(bool value) {
  return value;
}
OrderedJson toValue(const std::string& value) {
  return value;
}
OrderedJson toValue(double value) {
  if (std::isnan(value)) return kNotANumber;
  if (std::isinf(value)) return value > 0 ? kInfinity : kMinusInfinity;
  return value;
}
OrderedJson toValue(const NamedValues& values) {
  OrderedJson object = OrderedJson::object();
  for (const auto& [name, value] : values) object[name] = toValue(value);
  return object;
}

bool fromValue(const OrderedJson& json, std::int64_t& value) {
  // A number above the signed range would wrap silently.
  if (!json.is_number_integer()) return false;
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) return false;
  value = json.get<std::int64_t>();
  return true;
}
bool fromValue(const OrderedJson& json, bool& value) {
  if (!json.is_boolean()) return false;
  value = json.get<bool>();
  return true;
}
bool fromValue(const OrderedJson& json, std::string& value) {
  if (!json.is_string()) return false;
  value = json.get<std::string>();
  return true;
}
bool fromValue(const OrderedJson& json, double& value) {
  if (json.is_number()) {
    value = json.get<double>();
    return true;
  }
  if (!json.is_string()) return false;
  const auto& word = json.get_ref<const std::string&>();
  if (word == kNotANumber) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (word == kInfinity) {
    value = std::numeric_limits<double>::infinity();
  } else if (word == kMinusInfinity) {
    value = -std::numeric_limits<double>::infinity();
  } else {
    return false;
  }
  return true;
}
bool fromValue(const OrderedJson& json, NamedValues& values) {
  if (!json.is_object()) return false;
  values.clear();
  for (const auto& [name, number] : json.items()) {
    if (!fromValue(number, values.emplace_back(name, 0.0).second)) return false;
  }
  return true;
}

}  // namespace rosa::tables
