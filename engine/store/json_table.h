// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/text.h"
#include "rosa/events.h"
#include "rosa/expected.h"

/// Variants of plain structs as JSON objects. Each struct has one table of its keys and members, which writing and
/// reading both walk.
namespace rosa::tables {

using OrderedJson = nlohmann::ordered_json;

template <typename Struct, typename Member>
struct Key {
  std::string_view name;
  Member Struct::*member;
};
template <typename Struct, typename Member>
Key(std::string_view, Member Struct::*) -> Key<Struct, Member>;

/// What a struct is called in JSON; specialised beside its table.
template <typename Struct>
constexpr std::string_view kName = "";
template <typename Struct>
constexpr std::tuple<> kKeys;

// Numbers that are not finite are written as the strings "NaN", "Infinity", "-Infinity".
[[nodiscard]] OrderedJson toValue(std::int64_t value);
[[nodiscard]] OrderedJson toValue(bool value);
[[nodiscard]] OrderedJson toValue(const std::string& value);
[[nodiscard]] OrderedJson toValue(double value);
[[nodiscard]] OrderedJson toValue(const NamedValues& values);

// False where the value is of another kind.
[[nodiscard]] bool fromValue(const OrderedJson& json, std::int64_t& value);
[[nodiscard]] bool fromValue(const OrderedJson& json, bool& value);
[[nodiscard]] bool fromValue(const OrderedJson& json, std::string& value);
[[nodiscard]] bool fromValue(const OrderedJson& json, double& value);
[[nodiscard]] bool fromValue(const OrderedJson& json, NamedValues& values);

template <typename Struct>
void writeKeys(const Struct& source, OrderedJson& object) {
  std::apply([&](const auto&... key) { ((object[std::string(key.name)] = toValue(source.*key.member)), ...); },
             kKeys<Struct>);
}

/// The first key whose value has the wrong kind; empty when all are right. Missing keys keep their defaults, so that
/// files of an older version stay readable.
template <typename Struct>
[[nodiscard]] std::string_view readKeys(const OrderedJson& object, Struct& target) {
  std::string_view wrong;
  const auto read = [&](const auto& key) {
    const auto found = object.find(std::string(key.name));
    if (wrong.empty() && found != object.end() && !fromValue(*found, target.*key.member)) wrong = key.name;
  };
  std::apply([&](const auto&... key) { (read(key), ...); }, kKeys<Struct>);
  return wrong;
}

/// One object without a line break; its first key is `kind`, with the struct's name.
template <typename Variant>
[[nodiscard]] std::string variantToJson(std::string_view kind, const Variant& variant) {
  return std::visit(
      [kind](const auto& alternative) {
        using Struct = std::decay_t<decltype(alternative)>;
        OrderedJson object = {{std::string(kind), kName<Struct>}};
        writeKeys(alternative, object);
        // Sampled text may end inside a character; a broken byte becomes U+FFFD instead of an exception.
        return object.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
      },
      variant);
}

/// Tries the alternatives in turn.
template <typename Variant, std::size_t Index = 0>
[[nodiscard]] Expected<Variant> variantOfName(std::string_view kind, std::string_view name, const OrderedJson& object) {
  if constexpr (Index == std::variant_size_v<Variant>) {
    return Error{fmt::format("{} is not one this version knows: {}", kind, base::inQuotes(name))};
  } else {
    using Struct = std::variant_alternative_t<Index, Variant>;
    if (name != kName<Struct>) return variantOfName<Variant, Index + 1>(kind, name, object);
    Struct read;
    if (const auto wrong = readKeys(object, read); !wrong.empty()) {
      return Error{fmt::format("{} {}: the value of \"{}\" has the wrong type", kind, kName<Struct>, wrong)};
    }
    return Variant(std::move(read));
  }
}

/// Reads what `variantToJson` wrote; unknown keys are ignored, an unknown name is an error.
template <typename Variant>
[[nodiscard]] Expected<Variant> variantFromJson(std::string_view kind, const OrderedJson& object) {
  if (!object.is_object()) return Error{"the line is not one JSON object"};
  const auto name = object.find(std::string(kind));
  if (name == object.end() || !name->is_string()) return Error{fmt::format("the line has no key \"{}\"", kind)};
  return variantOfName<Variant>(kind, name->get_ref<const std::string&>(), object);
}

}  // namespace rosa::tables
