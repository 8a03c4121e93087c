// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rosa::gguf {

struct Array;

/// One value of a file's metadata. The alternatives stand in the order of the numbers by which the file names their
/// types: uint8 is 0, float64 is 12.
using Value = std::variant<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t, float,
                           bool, std::string, Array, std::uint64_t, std::int64_t, double>;

/// Values of one type, in as little memory as the file needs for them; arrays may hold arrays.
struct Array {
  std::variant<std::vector<std::uint8_t>, std::vector<std::int8_t>, std::vector<std::uint16_t>,
               std::vector<std::int16_t>, std::vector<std::uint32_t>, std::vector<std::int32_t>, std::vector<float>,
               std::vector<bool>, std::vector<std::string>, std::vector<Array>, std::vector<std::uint64_t>,
               std::vector<std::int64_t>, std::vector<double>>
      values;

  [[nodiscard]] std::size_t size() const;
  bool operator==(const Array&) const = default;
};

/// "uint32", "string", "array".
[[nodiscard]] std::string_view typeName(std::size_t type);

/// Keys and values in the order of the file. Looking one up walks them; there are a few dozen.
class Metadata {
 public:
  void set(std::string key, Value value);  ///< replaces one that is there
  void append(std::string key, Value value) { entries_.emplace_back(std::move(key), std::move(value)); }  ///< a new key
  [[nodiscard]] const Value* find(std::string_view key) const;

  /// The value where the key has this type, e.g. get<std::string>("general.architecture").
  template <typename T>
  [[nodiscard]] const T* get(std::string_view key) const {
    const auto* value = find(key);
    return value == nullptr ? nullptr : std::get_if<T>(value);
  }
  /// The values of an array of this type.
  template <typename T>
  [[nodiscard]] const std::vector<T>* list(std::string_view key) const {
    const auto* array = get<Array>(key);
    return array == nullptr ? nullptr : std::get_if<std::vector<T>>(&array->values);
  }
  [[nodiscard]] const std::vector<std::pair<std::string, Value>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, Value>> entries_;
};

}  // namespace rosa::gguf
