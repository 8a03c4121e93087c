// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/record_json.h"

#include <bit>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <tuple>
#include <type_traits>

namespace rosa::store {
namespace {

using SortedJson = nlohmann::json;

/// The members of a record in the order of their values.
constexpr auto kMembers = std::tuple{&RunRecord::name,
                                     &RunRecord::model,
                                     &RunRecord::data,
                                     &RunRecord::task,
                                     &RunRecord::method,
                                     &RunRecord::rank,
                                     &RunRecord::status,
                                     &RunRecord::message,
                                     &RunRecord::startedAt,
                                     &RunRecord::seed,
                                     &RunRecord::step,
                                     &RunRecord::totalSteps,
                                     &RunRecord::trainableParameters,
                                     &RunRecord::resamples,
                                     &RunRecord::learningRate,
                                     &RunRecord::lastLoss,
                                     &RunRecord::metrics,
                                     &RunRecord::elapsedSeconds,
                                     &RunRecord::peakResidentBytes,
                                     &RunRecord::sparkline,
                                     &RunRecord::resumable,
                                     &RunRecord::lastExport,
                                     &RunRecord::exportDifference};

template <typename Value>
SortedJson toValue(const Value& value) {
  return value;
}
/// As bits: losses may be NaN or infinite, for which JSON has no numbers.
SortedJson toValue(double value) {
  return std::bit_cast<std::uint64_t>(value);
}
SortedJson toValue(const std::vector<float>& values) {
  SortedJson array = SortedJson::array();
  for (const float value : values) array.push_back(std::bit_cast<std::uint32_t>(value));
  return array;
}
SortedJson toValue(const NamedValues& values) {
  SortedJson array = SortedJson::array();
  for (const auto& [name, value] : values) array.push_back({name, toValue(value)});
  return array;
}

template <typename Value>
bool fromValue(const SortedJson& json, Value& value) {
  if constexpr (std::is_same_v<Value, bool>) {
    if (!json.is_boolean()) return false;
  } else if constexpr (std::is_same_v<Value, std::string>) {
    if (!json.is_string()) return false;
  } else if (!json.is_number_integer()) {
    return false;
  }
  value = json.get<Value>();
  return true;
}
bool fromValue(const SortedJson& json, double& value) {
  if (!json.is_number_unsigned()) return false;
  value = std::bit_cast<double>(json.get<std::uint64_t>());
  return true;
}
bool fromValue(const SortedJson& json, std::vector<float>& values) {
  if (!json.is_array()) return false;
  for (const SortedJson& bits : json) {
    if (!bits.is_number_unsigned()) return false;
    values.push_back(std::bit_cast<float>(bits.get<std::uint32_t>()));
  }
  return true;
}
bool fromValue(const SortedJson& json, NamedValues& values) {
  if (!json.is_array()) return false;
  for (const SortedJson& pair : json) {
    if (!pair.is_array() || pair.size() != 2) return false;
    auto& [name, value] = values.emplace_back();
    if (!fromValue(pair[0], name) || !fromValue(pair[1], value)) return false;
  }
  return true;
}

}  // namespace

std::string recordToJson(const RunRecord& record) {
  SortedJson array = SortedJson::array();
  std::apply([&](const auto... member) { (array.push_back(toValue(record.*member)), ...); }, kMembers);
  return array.dump(-1, ' ', false, SortedJson::error_handler_t::replace);
}

Expected<RunRecord> recordFromJson(std::string_view text) {
  const SortedJson array = SortedJson::parse(text, nullptr, false);
  RunRecord record;
  bool right = array.is_array() && array.size() == std::tuple_size_v<decltype(kMembers)>;
  std::size_t next = 0;
  std::apply([&](const auto... member) { ((right = right && fromValue(array[next++], record.*member)), ...); },
             kMembers);
  if (!right) return Error{"The catalogue's entry is not one of this version."};
  return record;
}

}  // namespace rosa::store
