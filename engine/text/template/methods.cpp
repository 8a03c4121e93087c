// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/methods.h"

#include <cmath>
#include <string>

#include "text/template/failure.h"
#include "text/template/objects.h"
#include "text/template/operators.h"
#include "text/template/show.h"

namespace rosa::text::jinja {
namespace {

Value bound(std::string_view name, const Value& self, Method method) {
  return Value::object(std::make_shared<Function>(
      std::string(name) + " of " + typeName(self) + " object",
      [self, method](Runtime& runtime, const Arguments& arguments) { return method(runtime, self, arguments); }, true));
}

// ---- dict ----

Value dictGet(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("dict.get", arguments, 1, 2);
  const auto* found = self.asDict()->find(arguments.positional[0]);
  if (found != nullptr) return *found;
  return arguments.positional.size() > 1 ? arguments.positional[1] : Value();
}

template <DictView::Kind kind>
Value dictView(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("dict view", arguments, 0, 0);
  return Value::object(std::make_shared<DictView>(self, kind));
}

Value copied(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("copy", arguments, 0, 0);
  return self;  // nothing can change it
}

Value dictFromKeys(Runtime& runtime, const Value& /*self*/, const Arguments& arguments) {
  requirePositional("fromkeys", arguments, 1, 2);
  Dict dict;
  for (auto& key : itemsOf(runtime, arguments.positional[0])) {
    dict.set(std::move(key), arguments.positional.size() > 1 ? arguments.positional[1] : Value());
  }
  return makeDict(runtime.meter, std::move(dict));
}

Method dictMethod(std::string_view name) {
  if (name == "get") return dictGet;
  if (name == "items") return dictView<DictView::Kind::Items>;
  if (name == "keys") return dictView<DictView::Kind::Keys>;
  if (name == "values") return dictView<DictView::Kind::Values>;
  if (name == "copy") return copied;
  if (name == "fromkeys") return dictFromKeys;
  return nullptr;
}

// ---- list, tuple ----

Value itemCount(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("count", arguments, 1, 1);
  Integer count = 0;
  runtime.meter.step(self.asItems()->values.size());
  for (const auto& value : self.asItems()->values) count += equal(value, arguments.positional[0]) ? 1 : 0;
  return Value::integer(count);
}

Value itemIndex(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("index", arguments, 1, 3);
  const auto& values = self.asItems()->values;
  const auto given = [&](std::size_t at) {
    return arguments.positional.size() > at ? std::optional(integerArgument(arguments.positional[at])) : std::nullopt;
  };
  const auto bounds = sliceBounds(given(1), given(2), 1, values.size());
  runtime.meter.step(values.size());
  for (auto i = bounds.first; i < bounds.last; ++i) {
    if (equal(values[static_cast<std::size_t>(i)], arguments.positional[0])) return Value::integer(i);
  }
  if (self.as<Tuple>() != nullptr) valueError("tuple.index(x): x not in tuple");
  valueError(represented(runtime, arguments.positional[0]) + " is not in list");
}

Method sequenceMethod(const Value& self, std::string_view name) {
  if (name == "count") return itemCount;
  if (name == "index") return itemIndex;
  if (name == "copy" && self.as<List>() != nullptr) return copied;
  return nullptr;
}

// ---- ranges ----

Value rangeCount(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("range.count", arguments, 1, 1);
  return Value::integer(self.asObject<Range>()->contains(arguments.positional[0]) ? 1 : 0);
}

Value rangeIndex(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("range.index", arguments, 1, 1);
  const auto& wanted = arguments.positional[0];
  const auto range = self.asObject<Range>();
  runtime.meter.step(range->size());
  for (std::size_t i = 0; i < range->size(); ++i) {
    if (equal(Value::integer(range->at(i)), wanted)) return Value::integer(static_cast<Integer>(i));
  }
  if (wanted.asInteger()) valueError(represented(runtime, wanted) + " is not in range");
  valueError("sequence.index(x): x not in sequence");
}

// ---- numbers ----

Value bitLength(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("bit_length", arguments, 0, 0);
  Integer bits = 0;
  for (Integer rest = *self.asInteger(); rest != 0; rest /= 2) ++bits;
  return Value::integer(bits);
}

Value bitCount(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("bit_count", arguments, 0, 0);
  Integer bits = 0;
  for (Integer rest = *self.asInteger(); rest != 0; rest /= 2) bits += rest % 2 == 0 ? 0 : 1;
  return Value::integer(bits);
}

Value conjugate(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("conjugate", arguments, 0, 0);
  return positive(self);
}

Value isInteger(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("is_integer", arguments, 0, 0);
  const double real = self.toDouble();
  return Value::boolean(std::isfinite(real) && std::floor(real) == real);
}

std::optional<Value> numberAttribute(const Value& self, std::string_view name) {
  const bool whole = self.asInteger().has_value();
  if (name == "real") return positive(self);
  if (name == "imag") return whole ? Value::integer(0) : Value::real(0);
  if (name == "conjugate") return bound(name, self, conjugate);
  if (!whole) return name == "is_integer" ? std::optional(bound(name, self, isInteger)) : std::nullopt;
  if (name == "numerator") return positive(self);
  if (name == "denominator") return Value::integer(1);
  if (name == "bit_length") return bound(name, self, bitLength);
  if (name == "bit_count") return bound(name, self, bitCount);
  return std::nullopt;
}

}  // namespace

std::optional<Value> methodOf(Runtime& /*runtime*/, const Value& value, std::string_view name) {
  Method method = nullptr;
  if (value.asDict() != nullptr) {
    method = dictMethod(name);
  } else if (value.asText() != nullptr) {
    method = textMethod(name);
  } else if (const auto* items = value.asItems()) {
    if (items->named && name == "grouper") return items->values[0];
    if (items->named && name == "list") return items->values[1];
    method = sequenceMethod(value, name);
  } else if (value.isNumber()) {
    return numberAttribute(value, name);
  } else if (value.asObject<Range>() != nullptr) {
    method = name == "count" ? rangeCount : name == "index" ? rangeIndex : nullptr;
  }
  if (method == nullptr) return std::nullopt;
  return bound(name, value, method);
}

void requirePositional(std::string_view function, const Arguments& arguments, std::size_t least, std::size_t most) {
  const std::string name(function);
  if (!arguments.named.empty()) typeError(name + "() takes no keyword arguments");
  const auto given = arguments.positional.size();
  if (given >= least && given <= most) return;
  if (most == 0) typeError(name + "() takes no arguments (" + std::to_string(given) + " given)");
  const auto wanted = given < least ? least : most;
  typeError(name +
            (least == most   ? " expected "
             : given < least ? " expected at least "
                             : " expected at most ") +
            std::to_string(wanted) + " argument" + (wanted == 1 ? "" : "s") + ", got " + std::to_string(given));
}

const Text& textArgument(std::string_view function, const Value& value) {
  const auto* text = value.asText();
  if (text == nullptr) typeError(std::string(function) + "() argument must be str, not " + typeName(value));
  return *text;
}

Integer integerArgument(const Value& value) {
  const auto integer = value.asInteger();
  if (!integer) typeError(pythonQuoted(typeName(value)) + " object cannot be interpreted as an integer");
  return *integer;
}

}  // namespace rosa::text::jinja
