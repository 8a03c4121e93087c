// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/value.h"

#include <cmath>
#include <functional>

#include "text/template/failure.h"
#include "text/template/objects.h"
#include "text/template/operators.h"
#include "text/template/show.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

constexpr std::size_t kDeepestValue = 400;  // repr, == and the destructor recurse over values
constexpr std::size_t kEntriesWithoutIndex = 8;

void refuseDeep(std::size_t depth) {
  if (depth > kDeepestValue) fail("RecursionError", "values are nested more than 400 levels deep");
}

Items itemsFrom(Meter& meter, std::vector<Value> values) {
  meter.bytes(values.size() * sizeof(Value) + sizeof(Items));
  Items items;
  for (const auto& value : values) items.depth = std::max(items.depth, value.depth() + 1);
  refuseDeep(items.depth);
  items.values = std::move(values);
  return items;
}

std::size_t mixed(std::size_t seed, std::size_t hash) {
  return seed ^ (hash + 0x9e3779b97f4a7c15ULL + (seed << 6U) + (seed >> 2U));
}

}  // namespace

std::string Missing::message() const {
  if (!hint.empty()) return hint;
  if (objectType.empty()) return pythonQuoted(name) + " is undefined";
  if (element) return objectType + " has no element " + name;
  return pythonQuoted(objectType) + " has no attribute " + pythonQuoted(name);
}

void Missing::raise() const {
  fail(unsafe ? "SecurityError" : "UndefinedError", message());
}

Value Value::text(std::string utf8, bool markup) {
  auto text = std::make_shared<Text>();
  text->points = countCodePoints(utf8);
  text->utf8 = std::move(utf8);
  text->markup = markup;
  return Value(State(TextRef(std::move(text))));
}

Value Value::undefined(Missing missing) {
  return Value(State(std::make_shared<const Missing>(std::move(missing))));
}

Value Value::undefinedName(std::string_view name) {
  Missing missing;
  missing.name = name;
  return undefined(std::move(missing));
}

Value Value::undefinedHint(std::string hint) {
  Missing missing;
  missing.hint = std::move(hint);
  return undefined(std::move(missing));
}

const Items* Value::asItems() const {
  if (const auto* list = as<List>()) return list->items.get();
  if (const auto* tuple = as<Tuple>()) return tuple->items.get();
  return nullptr;
}

std::optional<Integer> Value::asInteger() const {
  if (const auto* integer = as<Integer>()) return *integer;
  if (const auto* truth = as<bool>()) return *truth ? 1 : 0;
  return std::nullopt;
}

bool Value::isNumber() const {
  return as<Integer>() != nullptr || as<bool>() != nullptr || as<double>() != nullptr;
}

double Value::toDouble() const {
  if (const auto* real = as<double>()) return *real;
  return static_cast<double>(asInteger().value_or(0));
}

bool Value::truth() const {
  if (const auto* flag = as<bool>()) return *flag;
  if (const auto* integer = as<Integer>()) return *integer != 0;
  if (const auto* real = as<double>()) return *real != 0;
  if (const auto* text = asText()) return !text->utf8.empty();
  if (const auto* items = asItems()) return !items->values.empty();
  if (const auto* dict = asDict()) return dict->size() > 0;
  if (const auto* object = as<ObjectRef>()) return (*object)->truth();
  return false;
}

bool Value::same(const Value& other) const {
  if (state_.index() != other.state_.index()) return false;
  if (isNone() || isUndefined()) return isNone() || *as<Undefined>() == *other.as<Undefined>();
  if (as<bool>() != nullptr || as<Integer>() != nullptr || as<double>() != nullptr) return equal(*this, other);
  // Python keeps one copy of each text of up to one Latin character.
  if (const auto* text = as<TextRef>()) {
    return *text == *other.as<TextRef>() || ((*text)->points <= 1 && (*text)->utf8 == (*other.as<TextRef>())->utf8);
  }
  if (const auto* list = as<List>()) return list->items == other.as<List>()->items;
  if (const auto* tuple = as<Tuple>()) {
    return tuple->items == other.as<Tuple>()->items ||
           (tuple->items->values.empty() && other.as<Tuple>()->items->values.empty());
  }
  if (const auto* dict = as<DictRef>()) return *dict == *other.as<DictRef>();
  return *as<ObjectRef>() == *other.as<ObjectRef>();
}

std::size_t Value::depth() const {
  if (const auto* items = asItems()) return items->depth;
  if (const auto* dict = asDict()) return dict->depth();
  if (const auto* object = as<ObjectRef>()) return (*object)->depth();
  return 0;
}

const Value* Dict::find(const Value& key) const {
  const auto at = position(key, hashOf(key));
  return at == entries_.size() ? nullptr : &entries_[at].second;
}

const Value* Dict::find(std::string_view key) const {
  const auto matches = [&](std::size_t at) {
    const auto* text = entries_[at].first.asText();
    return text != nullptr && text->utf8 == key;
  };
  if (index_.empty()) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (matches(i)) return &entries_[i].second;
    }
    return nullptr;
  }
  const auto [first, last] = index_.equal_range(std::hash<std::string_view>{}(key));
  for (auto it = first; it != last; ++it) {
    if (matches(it->second)) return &entries_[it->second].second;
  }
  return nullptr;
}

void Dict::set(Value key, Value value) {
  const auto hash = hashOf(key);
  depth_ = std::max({depth_, key.depth() + 1, value.depth() + 1});
  refuseDeep(depth_);
  const auto at = position(key, hash);
  if (at < entries_.size()) {
    entries_[at].second = std::move(value);
    return;
  }
  entries_.emplace_back(std::move(key), std::move(value));
  hashes_.push_back(hash);
  if (entries_.size() <= kEntriesWithoutIndex) return;
  if (index_.empty()) {
    for (std::size_t i = 0; i < hashes_.size(); ++i) index_.emplace(hashes_[i], i);
  } else {
    index_.emplace(hash, at);
  }
}

std::size_t Dict::position(const Value& key, std::size_t hash) const {
  if (index_.empty()) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (hashes_[i] == hash && equal(entries_[i].first, key)) return i;
    }
    return entries_.size();
  }
  const auto [first, last] = index_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    if (equal(entries_[it->second].first, key)) return it->second;
  }
  return entries_.size();
}

std::size_t hashOf(const Value& value) {
  if (const auto* text = value.asText()) return std::hash<std::string_view>{}(text->utf8);
  if (const auto integer = value.asInteger()) {
    return mixed(static_cast<std::size_t>(*integer), static_cast<std::size_t>(*integer >> 64U));
  }
  if (const auto* real = value.as<double>()) {
    if (std::floor(*real) == *real && std::abs(*real) < 1e37)
      return hashOf(Value::integer(static_cast<Integer>(*real)));
    return std::hash<double>{}(*real);
  }
  if (value.isNone()) return 0x1ea7;
  if (value.isUndefined()) return 0x2ea7;
  if (const auto* tuple = value.as<Tuple>()) {
    std::size_t seed = 0x3ea7;
    for (const auto& item : tuple->items->values) seed = mixed(seed, hashOf(item));
    return seed;
  }
  if (const auto* object = value.as<Value::ObjectRef>()) return std::hash<const void*>{}(object->get());
  typeError("unhashable type: " + pythonQuoted(typeName(value)));
}

Value makeList(Meter& meter, std::vector<Value> values) {
  return Value(Value::State(List{std::make_shared<const Items>(itemsFrom(meter, std::move(values)))}));
}

Value makeTuple(Meter& meter, std::vector<Value> values) {
  return Value(Value::State(Tuple{std::make_shared<const Items>(itemsFrom(meter, std::move(values)))}));
}

Value makeDict(Meter& meter, Dict dict) {
  meter.bytes(dict.size() * 4 * sizeof(Value) + sizeof(Dict));
  return Value(Value::State(Value::DictRef(std::make_shared<const Dict>(std::move(dict)))));
}

Value makeText(Meter& meter, std::string utf8, bool markup) {
  meter.bytes(utf8.size() + sizeof(Text));
  return Value::text(std::move(utf8), markup);
}

std::string typeName(const Value& value) {
  if (value.isNone()) return "NoneType";
  if (value.isUndefined()) return "Undefined";
  if (value.as<bool>() != nullptr) return "bool";
  if (value.as<Integer>() != nullptr) return "int";
  if (value.as<double>() != nullptr) return "float";
  if (const auto* text = value.asText()) return text->markup ? "Markup" : "str";
  if (value.as<List>() != nullptr) return "list";
  if (const auto* tuple = value.as<Tuple>()) return tuple->items->named ? "_GroupTuple" : "tuple";
  if (value.asDict() != nullptr) return "dict";
  return (*value.as<Value::ObjectRef>())->typeName();
}

std::string objectTypeName(const Value& value) {
  if (value.isNone()) return "None";
  const auto name = typeName(value);
  if (value.isUndefined()) return "jinja2.runtime.Undefined object";
  if (name == "Markup") return "markupsafe.Markup object";
  if (name == "_GroupTuple") return "jinja2.filters._GroupTuple object";
  if (const auto* object = value.as<Value::ObjectRef>()) {
    const auto module = (*object)->moduleName();
    if (!module.empty()) return module + "." + name + " object";
  }
  return name + " object";
}

Value fromJson(const base::Json& json) {
  switch (json.type()) {
    case base::Json::value_t::boolean:
      return Value::boolean(json.get<bool>());
    case base::Json::value_t::number_integer:
      return Value::integer(json.get<std::int64_t>());
    case base::Json::value_t::number_unsigned:
      return Value::integer(json.get<std::uint64_t>());
    case base::Json::value_t::number_float:
      return Value::real(json.get<double>());
    case base::Json::value_t::string:
      return Value::text(json.get_ref<const std::string&>());
    case base::Json::value_t::array: {
      auto items = std::make_shared<Items>();
      items->values.reserve(json.size());
      for (const auto& element : json) {
        items->values.push_back(fromJson(element));
        items->depth = std::max(items->depth, items->values.back().depth() + 1);
      }
      return Value(Value::State(List{std::move(items)}));
    }
    case base::Json::value_t::object: {
      auto dict = std::make_shared<Dict>();
      for (const auto& [key, element] : json.items()) dict->set(Value::text(key), fromJson(element));
      return Value(Value::State(Value::DictRef(std::move(dict))));
    }
    default:
      return {};
  }
}

}  // namespace rosa::text::jinja
