// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/predicates.h"

#include <string>
#include <unordered_map>

#include "text/template/failure.h"
#include "text/template/filters.h"
#include "text/template/operators.h"
#include "text/template/show.h"
#include "text/template/text_ops.h"

namespace rosa::text::jinja {
namespace {

template <bool (*test)(Runtime&, const Value&)>
Value plain(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("test", arguments, {}, 0);
  return Value::boolean(test(runtime, value));
}

template <Comparison op>
Value compared(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("test", arguments, {"other"}, 1);
  return Value::boolean(compare(runtime, op, value, bound[0]));
}

Value sameAs(Runtime& /*runtime*/, const Value& value, const Arguments& arguments) {
  const Bound bound("test_sameas", arguments, {"other"}, 1);
  return Value::boolean(value.same(bound[0]));
}

Value divisibleBy(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("test_divisibleby", arguments, {"num"}, 1);
  return Value::boolean(equal(arithmetic(runtime, Arithmetic::Modulo, value, bound[0]), Value::integer(0)));
}

bool remainderOfTwo(Runtime& runtime, const Value& value, Integer wanted) {
  return equal(arithmetic(runtime, Arithmetic::Modulo, value, Value::integer(2)), Value::integer(wanted));
}

bool isOdd(Runtime& runtime, const Value& value) {
  return remainderOfTwo(runtime, value, 1);
}
bool isEven(Runtime& runtime, const Value& value) {
  return remainderOfTwo(runtime, value, 0);
}
bool isDefined(Runtime& /*runtime*/, const Value& value) {
  return !value.isUndefined();
}
bool isUndefined(Runtime& /*runtime*/, const Value& value) {
  return value.isUndefined();
}
bool isNone(Runtime& /*runtime*/, const Value& value) {
  return value.isNone();
}
bool isBoolean(Runtime& /*runtime*/, const Value& value) {
  return value.as<bool>() != nullptr;
}
bool isTrue(Runtime& /*runtime*/, const Value& value) {
  return value.as<bool>() != nullptr && *value.as<bool>();
}
bool isFalse(Runtime& /*runtime*/, const Value& value) {
  return value.as<bool>() != nullptr && !*value.as<bool>();
}
bool isIntegerValue(Runtime& /*runtime*/, const Value& value) {
  return value.as<Integer>() != nullptr;
}
bool isFloat(Runtime& /*runtime*/, const Value& value) {
  return value.as<double>() != nullptr;
}
bool isNumberValue(Runtime& /*runtime*/, const Value& value) {
  return value.isNumber();
}
bool isLowerValue(Runtime& runtime, const Value& value) {
  return isLowerCase(shown(runtime, value));
}
bool isUpperValue(Runtime& runtime, const Value& value) {
  return isUpperCase(shown(runtime, value));
}
bool isString(Runtime& /*runtime*/, const Value& value) {
  return value.asText() != nullptr;
}
bool isMapping(Runtime& /*runtime*/, const Value& value) {
  return value.asDict() != nullptr;
}
bool isSequence(Runtime& /*runtime*/, const Value& value) {
  return value.asText() != nullptr || value.asItems() != nullptr || value.asDict() != nullptr || value.isUndefined() ||
         value.asObject<Range>() != nullptr;
}
bool isIterableValue(Runtime& runtime, const Value& value) {
  return isIterable(runtime, value);
}
bool isCallable(Runtime& /*runtime*/, const Value& value) {
  const auto* object = value.as<Value::ObjectRef>();
  return value.isUndefined() || (object != nullptr && (*object)->callable());
}
bool isEscaped(Runtime& /*runtime*/, const Value& value) {
  return value.asText() != nullptr && value.asText()->markup;
}
bool isFilter(Runtime& /*runtime*/, const Value& value) {
  if (value.asText() == nullptr) (void)hashOf(value);  // what cannot be a key is a TypeError
  return value.asText() != nullptr && findFilter(value.asText()->utf8) != nullptr;
}
bool isTest(Runtime& /*runtime*/, const Value& value) {
  if (value.asText() == nullptr) (void)hashOf(value);
  return value.asText() != nullptr && findPredicate(value.asText()->utf8) != nullptr;
}

}  // namespace

Predicate findPredicate(std::string_view name) {
  static const std::unordered_map<std::string_view, Predicate> kPredicates = {
      {"odd", plain<isOdd>},
      {"even", plain<isEven>},
      {"divisibleby", divisibleBy},
      {"defined", plain<isDefined>},
      {"undefined", plain<isUndefined>},
      {"filter", plain<isFilter>},
      {"test", plain<isTest>},
      {"none", plain<isNone>},
      {"boolean", plain<isBoolean>},
      {"false", plain<isFalse>},
      {"true", plain<isTrue>},
      {"integer", plain<isIntegerValue>},
      {"float", plain<isFloat>},
      {"lower", plain<isLowerValue>},
      {"upper", plain<isUpperValue>},
      {"string", plain<isString>},
      {"mapping", plain<isMapping>},
      {"number", plain<isNumberValue>},
      {"sequence", plain<isSequence>},
      {"iterable", plain<isIterableValue>},
      {"callable", plain<isCallable>},
      {"sameas", sameAs},
      {"escaped", plain<isEscaped>},
      {"in", compared<Comparison::In>},
      {"==", compared<Comparison::Equal>},
      {"eq", compared<Comparison::Equal>},
      {"equalto", compared<Comparison::Equal>},
      {"!=", compared<Comparison::NotEqual>},
      {"ne", compared<Comparison::NotEqual>},
      {">", compared<Comparison::Greater>},
      {"gt", compared<Comparison::Greater>},
      {"greaterthan", compared<Comparison::Greater>},
      {"ge", compared<Comparison::GreaterOrEqual>},
      {">=", compared<Comparison::GreaterOrEqual>},
      {"<", compared<Comparison::Less>},
      {"lt", compared<Comparison::Less>},
      {"lessthan", compared<Comparison::Less>},
      {"<=", compared<Comparison::LessOrEqual>},
      {"le", compared<Comparison::LessOrEqual>},
  };
  const auto found = kPredicates.find(name);
  return found == kPredicates.end() ? nullptr : found->second;
}

}  // namespace rosa::text::jinja
