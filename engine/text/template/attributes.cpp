// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/attributes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "text/template/failure.h"
#include "text/template/methods.h"
#include "text/template/objects.h"
#include "text/template/operators.h"
#include "text/template/show.h"

namespace rosa::text::jinja {
namespace {

template <std::size_t N>
bool among(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Methods that would change a list or dict, which the sandbox forbids.
bool changes(const Value& value, std::string_view name) {
  static constexpr std::array<std::string_view, 8> kList = {"append", "clear",  "pop",  "reverse",
                                                            "insert", "extend", "sort", "remove"};
  static constexpr std::array<std::string_view, 5> kDict = {"clear", "pop", "popitem", "setdefault", "update"};
  if (value.as<List>() != nullptr) return among(kList, name);
  return value.asDict() != nullptr && among(kDict, name);
}

bool isDunder(std::string_view name) {
  return name.size() > 4 && name.starts_with("__") && name.ends_with("__");
}

Value unsafe(const Value& value, std::string_view name) {
  Missing missing;
  missing.hint =
      "access to attribute " + pythonQuoted(name) + " of " + pythonQuoted(typeName(value)) + " object is unsafe.";
  missing.unsafe = true;
  return Value::undefined(std::move(missing));
}

Value missingAttribute(const Value& value, std::string_view name) {
  Missing missing;
  missing.objectType = objectTypeName(value);
  missing.name = name;
  return Value::undefined(std::move(missing));
}

/// Python's getattr(): an attribute, a bound method, or nothing.
std::optional<Value> ownAttribute(Runtime& runtime, const Value& value, std::string_view name) {
  if (const auto* object = value.as<Value::ObjectRef>()) {
    if (auto found = (*object)->attribute(runtime, name)) return found;
  }
  if (auto found = methodOf(runtime, value, name)) return found;
  if (isDunder(name) || changes(value, name)) return unsafe(value, name);
  return std::nullopt;
}

/// Python's value[key], nothing where that is a TypeError or a LookupError.
std::optional<Value> ownItem(Runtime& runtime, const Value& value, const Value& key) {
  if (const auto* dict = value.asDict()) {
    if (const auto* text = key.asText()) {
      const auto* found = dict->find(text->utf8);
      return found == nullptr ? std::nullopt : std::optional(*found);
    }
    try {
      const auto* found = dict->find(key);
      return found == nullptr ? std::nullopt : std::optional(*found);
    } catch (const Failure&) {  // a key that cannot be hashed
      return std::nullopt;
    }
  }
  const auto range = value.asObject<Range>();
  if (value.asText() != nullptr || value.asItems() != nullptr || range != nullptr) {
    const auto index = key.asInteger();
    if (!index) return std::nullopt;
    const auto size = static_cast<Integer>(*lengthOf(runtime, value));
    if (*index < -size || *index >= size) return std::nullopt;
    const auto at = static_cast<std::size_t>(*index < 0 ? *index + size : *index);
    if (range != nullptr) return Value::integer(range->at(at));
    if (const auto* items = value.asItems()) return items->values[at];
    return makeText(runtime.meter, std::string(pointsOf(*value.asText(), at, 1)), value.asText()->markup);
  }
  if (const auto* object = value.as<Value::ObjectRef>()) return (*object)->item(runtime, key);
  return std::nullopt;
}

}  // namespace

Value attributeOf(Runtime& runtime, const Value& value, std::string_view name) {
  runtime.meter.step();
  if (const auto* missing = value.as<Value::Undefined>()) (*missing)->raise();
  if (auto found = ownAttribute(runtime, value, name)) return *found;
  if (const auto* dict = value.asDict()) {
    if (const auto* found = dict->find(name)) return *found;
  } else if (value.as<Value::ObjectRef>() != nullptr) {
    if (auto found = ownItem(runtime, value, Value::text(std::string(name)))) return *found;
  }
  return missingAttribute(value, name);
}

Value plainAttributeOf(Runtime& runtime, const Value& value, std::string_view name) {
  runtime.meter.step();
  if (const auto* missing = value.as<Value::Undefined>()) (*missing)->raise();
  if (auto found = ownAttribute(runtime, value, name)) return *found;
  return missingAttribute(value, name);
}

Value itemOf(Runtime& runtime, const Value& value, const Value& key) {
  runtime.meter.step();
  if (const auto* missing = value.as<Value::Undefined>()) (*missing)->raise();
  if (auto found = ownItem(runtime, value, key)) return *found;
  if (const auto* text = key.asText()) {
    if (auto found = ownAttribute(runtime, value, text->utf8)) return *found;
    return missingAttribute(value, text->utf8);
  }
  Missing missing;
  missing.objectType = objectTypeName(value);
  missing.name = represented(runtime, key);
  missing.element = true;
  return Value::undefined(std::move(missing));
}

}  // namespace rosa::text::jinja
