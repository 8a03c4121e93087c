// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/operators.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "text/template/failure.h"
#include "text/template/format.h"
#include "text/template/objects.h"
#include "text/template/show.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

std::string_view symbol(Arithmetic op) {
  switch (op) {
    case Arithmetic::Add:
      return "+";
    case Arithmetic::Subtract:
      return "-";
    case Arithmetic::Multiply:
      return "*";
    case Arithmetic::Divide:
      return "/";
    case Arithmetic::FloorDivide:
      return "//";
    case Arithmetic::Modulo:
      return "%";
    case Arithmetic::Power:
      return "** or pow()";
  }
  return "";
}

std::string_view symbol(Comparison op) {
  switch (op) {
    case Comparison::Less:
      return "<";
    case Comparison::LessOrEqual:
      return "<=";
    case Comparison::Greater:
      return ">";
    case Comparison::GreaterOrEqual:
      return ">=";
    default:
      return "==";
  }
}

[[noreturn]] void unsupported(Arithmetic op, const Value& left, const Value& right) {
  typeError("unsupported operand type(s) for " + std::string(symbol(op)) + ": " + pythonQuoted(typeName(left)) +
            " and " + pythonQuoted(typeName(right)));
}

[[noreturn]] void tooLarge() {
  fail("OverflowError", "integers of more than 128 bits cannot be used here");
}

Integer floorDivided(Integer left, Integer right) {
  const Integer quotient = left / right;
  return left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient;
}

Value integerPower(Integer base, Integer exponent) {
  if (exponent < 0) {
    if (base == 0) fail("ZeroDivisionError", "0.0 cannot be raised to a negative power");
    return Value::real(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  }
  if (base == 0 || base == 1) return Value::integer(exponent == 0 ? 1 : base);
  if (base == -1) return Value::integer(exponent % 2 == 0 ? 1 : -1);
  Integer result = 1;
  for (; exponent > 0; --exponent) {
    if (__builtin_mul_overflow(result, base, &result)) tooLarge();
  }
  return Value::integer(result);
}

Value onIntegers(Arithmetic op, Integer left, Integer right) {
  Integer result = 0;
  bool over = false;
  switch (op) {
    case Arithmetic::Add:
      over = __builtin_add_overflow(left, right, &result);
      break;
    case Arithmetic::Subtract:
      over = __builtin_sub_overflow(left, right, &result);
      break;
    case Arithmetic::Multiply:
      over = __builtin_mul_overflow(left, right, &result);
      break;
    case Arithmetic::Divide:
      if (right == 0) fail("ZeroDivisionError", "division by zero");
      return Value::real(static_cast<double>(static_cast<long double>(left) / static_cast<long double>(right)));
    case Arithmetic::FloorDivide:
      if (right == 0) fail("ZeroDivisionError", "integer division or modulo by zero");
      if (right == -1) {
        over = __builtin_sub_overflow(Integer{0}, left, &result);
      } else {
        result = floorDivided(left, right);
      }
      break;
    case Arithmetic::Modulo:
      if (right == 0) fail("ZeroDivisionError", "integer modulo by zero");
      if (right == -1) return Value::integer(0);
      result = left % right;
      if (result != 0 && (result < 0) != (right < 0)) result += right;
      break;
    case Arithmetic::Power:
      return integerPower(left, right);
  }
  if (over) tooLarge();
  return Value::integer(result);
}

double floatModulo(double left, double right) {
  double result = std::fmod(left, right);
  if (result != 0) {
    if ((right < 0) != (result < 0)) result += right;
  } else {
    result = std::copysign(0.0, right);
  }
  return result;
}

double floatFloorDivided(double left, double right) {
  const double modulo = floatModulo(left, right);
  double quotient = (left - modulo) / right;
  if (quotient == 0) return std::copysign(0.0, left / right);
  const double floor = std::floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

double floatPower(double left, double right) {
  if (left == 0 && right < 0) fail("ZeroDivisionError", "0.0 cannot be raised to a negative power");
  if (left < 0 && std::isfinite(left) && std::isfinite(right) && std::floor(right) != right) {
    valueError("complex numbers cannot be used here");
  }
  const double result = std::pow(left, right);
  if (std::isinf(result) && std::isfinite(left) && std::isfinite(right)) {
    fail("OverflowError", "(34, 'Numerical result out of range')");
  }
  return result;
}

Value onReals(Arithmetic op, double left, double right) {
  switch (op) {
    case Arithmetic::Add:
      return Value::real(left + right);
    case Arithmetic::Subtract:
      return Value::real(left - right);
    case Arithmetic::Multiply:
      return Value::real(left * right);
    case Arithmetic::Divide:
      if (right == 0) fail("ZeroDivisionError", "float division by zero");
      return Value::real(left / right);
    case Arithmetic::FloorDivide:
      if (right == 0) fail("ZeroDivisionError", "float floor division by zero");
      return Value::real(floatFloorDivided(left, right));
    case Arithmetic::Modulo:
      if (right == 0) fail("ZeroDivisionError", "float modulo");
      return Value::real(floatModulo(left, right));
    case Arithmetic::Power:
      return Value::real(floatPower(left, right));
  }
  return {};
}

bool isSequence(const Value& value) {
  return value.asText() != nullptr || value.asItems() != nullptr;
}

Value joined(Runtime& runtime, const Value& left, const Value& right) {
  if (const auto* text = left.asText()) {
    const auto* other = right.asText();
    if (other == nullptr) {
      typeError("can only concatenate str (not \"" + typeName(right) + "\") to str");
    }
    if (text->markup || other->markup) {
      return makeText(runtime.meter, escaped(runtime, left) + escaped(runtime, right), true);
    }
    return makeText(runtime.meter, text->utf8 + other->utf8);
  }
  const auto name = left.as<List>() != nullptr ? std::string("list") : std::string("tuple");
  if ((left.as<List>() != nullptr) != (right.as<List>() != nullptr) || right.asItems() == nullptr) {
    typeError("can only concatenate " + name + " (not \"" + typeName(right) + "\") to " + name);
  }
  std::vector<Value> all = itemsOf(runtime, left);
  const auto more = itemsOf(runtime, right);
  all.insert(all.end(), more.begin(), more.end());
  return name == "list" ? makeList(runtime.meter, std::move(all)) : makeTuple(runtime.meter, std::move(all));
}

Value repeated(Runtime& runtime, const Value& value, Integer times) {
  const auto count = static_cast<std::uint64_t>(std::clamp<Integer>(times, 0, Integer{1} << 60U));
  if (const auto* text = value.asText()) {
    runtime.meter.bytes(text->utf8.size(), count);
    std::string out;
    if (!text->utf8.empty()) {
      out.reserve(text->utf8.size() * count);
      for (std::uint64_t i = 0; i < count; ++i) out += text->utf8;
    }
    return makeText(runtime.meter, std::move(out), text->markup);
  }
  const auto& items = value.asItems()->values;
  runtime.meter.bytes(items.size() * sizeof(Value), count);
  std::vector<Value> all;
  if (!items.empty()) {
    all.reserve(items.size() * count);
    for (std::uint64_t i = 0; i < count; ++i) all.insert(all.end(), items.begin(), items.end());
  }
  return value.as<List>() != nullptr ? makeList(runtime.meter, std::move(all))
                                     : makeTuple(runtime.meter, std::move(all));
}

Value multiplied(Runtime& runtime, const Value& left, const Value& right) {
  const auto& sequence = isSequence(left) ? left : right;
  const auto& other = isSequence(left) ? right : left;
  const auto times = other.asInteger();
  if (!times) typeError("can't multiply sequence by non-int of type " + pythonQuoted(typeName(other)));
  return repeated(runtime, sequence, *times);
}

/// -1, 0, 1, or 2 where one of them is not a number.
int order(const Value& left, const Value& right) {
  const auto a = left.asInteger();
  const auto b = right.asInteger();
  if (a && b) return *a < *b ? -1 : *a > *b ? 1 : 0;
  const auto wide = [](const Value& value) {
    const auto integer = value.asInteger();
    return integer ? static_cast<long double>(*integer) : static_cast<long double>(*value.as<double>());
  };
  const long double x = wide(left), y = wide(right);
  if (std::isnan(x) || std::isnan(y)) return 2;
  return x < y ? -1 : x > y ? 1 : 0;
}

bool holds(Comparison op, int order) {
  if (order == 2) return false;
  switch (op) {
    case Comparison::Less:
      return order < 0;
    case Comparison::LessOrEqual:
      return order <= 0;
    case Comparison::Greater:
      return order > 0;
    default:
      return order >= 0;
  }
}

bool inOrder(Runtime& runtime, Comparison op, const Value& left, const Value& right) {
  if (left.isNumber() && right.isNumber()) return holds(op, order(left, right));
  if (const auto* missing = left.as<Value::Undefined>()) (*missing)->raise();
  if (const auto* missing = right.as<Value::Undefined>()) (*missing)->raise();
  if (left.asText() != nullptr && right.asText() != nullptr) {
    const auto way = left.asText()->utf8.compare(right.asText()->utf8);
    return holds(op, way < 0 ? -1 : way > 0 ? 1 : 0);
  }
  const bool lists = left.as<List>() != nullptr && right.as<List>() != nullptr;
  const bool tuples = left.as<Tuple>() != nullptr && right.as<Tuple>() != nullptr;
  if (lists || tuples) {
    const auto& a = left.asItems()->values;
    const auto& b = right.asItems()->values;
    runtime.meter.step(std::min(a.size(), b.size()));
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      if (!equal(a[i], b[i])) return inOrder(runtime, op, a[i], b[i]);
    }
    return holds(op, a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0);
  }
  typeError(pythonQuoted(symbol(op)) + " not supported between instances of " + pythonQuoted(typeName(left)) + " and " +
            pythonQuoted(typeName(right)));
}

std::optional<Integer> sliceIndex(const Value& value) {
  if (value.isNone()) return std::nullopt;
  const auto index = value.asInteger();
  if (!index) typeError("slice indices must be integers or None or have an __index__ method");
  return index;
}

}  // namespace

Value arithmetic(Runtime& runtime, Arithmetic op, const Value& left, const Value& right) {
  runtime.meter.step();
  const auto a = left.asInteger();
  const auto b = right.asInteger();
  if (a && b) return onIntegers(op, *a, *b);
  if (left.isNumber() && right.isNumber()) return onReals(op, left.toDouble(), right.toDouble());
  if (const auto* missing = left.as<Value::Undefined>()) (*missing)->raise();
  if (op == Arithmetic::Modulo && left.asText() != nullptr) return percentFormatted(runtime, left, right);
  if (const auto* missing = right.as<Value::Undefined>()) (*missing)->raise();
  if (op == Arithmetic::Add && right.asText() != nullptr && right.asText()->markup && left.asText() == nullptr) {
    unsupported(op, left, right);
  }
  if (op == Arithmetic::Add && isSequence(left)) return joined(runtime, left, right);
  if (op == Arithmetic::Multiply && (isSequence(left) || isSequence(right))) return multiplied(runtime, left, right);
  unsupported(op, left, right);
}

Value negated(const Value& value) {
  if (const auto integer = value.asInteger()) return onIntegers(Arithmetic::Subtract, 0, *integer);
  if (const auto* real = value.as<double>()) return Value::real(-*real);
  if (const auto* missing = value.as<Value::Undefined>()) (*missing)->raise();
  typeError("bad operand type for unary -: " + pythonQuoted(typeName(value)));
}

Value positive(const Value& value) {
  if (const auto integer = value.asInteger()) return Value::integer(*integer);
  if (value.as<double>() != nullptr) return value;
  if (const auto* missing = value.as<Value::Undefined>()) (*missing)->raise();
  typeError("bad operand type for unary +: " + pythonQuoted(typeName(value)));
}

bool equal(const Value& left, const Value& right) {
  if (left.isNumber() && right.isNumber()) return order(left, right) == 0;
  if (left.state().index() != right.state().index()) return false;
  if (left.isNone() || left.isUndefined()) return true;
  if (const auto* text = left.asText()) return text->utf8 == right.asText()->utf8;
  if (const auto* items = left.asItems()) {
    const auto* others = right.asItems();
    return items == others ||
           std::equal(items->values.begin(), items->values.end(), others->values.begin(), others->values.end(), equal);
  }
  if (const auto* dict = left.asDict()) {
    const auto* other = right.asDict();
    if (dict == other) return true;
    if (dict->size() != other->size()) return false;
    return std::all_of(dict->entries().begin(), dict->entries().end(), [&](const Dict::Entry& entry) {
      const auto* value = other->find(entry.first);
      return value != nullptr && equal(entry.second, *value);
    });
  }
  return (*left.as<Value::ObjectRef>())->equals(**right.as<Value::ObjectRef>());
}

bool compare(Runtime& runtime, Comparison op, const Value& left, const Value& right) {
  runtime.meter.step();
  switch (op) {
    case Comparison::Equal:
      return equal(left, right);
    case Comparison::NotEqual:
      return !equal(left, right);
    case Comparison::In:
      return contains(runtime, right, left);
    case Comparison::NotIn:
      return !contains(runtime, right, left);
    default:
      return inOrder(runtime, op, left, right);
  }
}

bool contains(Runtime& runtime, const Value& container, const Value& item) {
  if (const auto* text = container.asText()) {
    const auto* part = item.asText();
    if (part == nullptr) typeError("'in <string>' requires string as left operand, not " + typeName(item));
    runtime.meter.step(text->utf8.size() / 64);
    return text->utf8.find(part->utf8) != std::string::npos;
  }
  if (const auto* dict = container.asDict()) return dict->find(item) != nullptr;
  if (const auto view = container.asObject<DictView>(); view != nullptr && view->kind() == DictView::Kind::Keys) {
    return view->dict().find(item) != nullptr;
  }
  if (const auto range = container.asObject<Range>()) {
    runtime.meter.step(range->size());
    return range->contains(item);
  }
  if (const auto* items = container.asItems()) {
    runtime.meter.step(items->values.size());
    return std::any_of(items->values.begin(), items->values.end(),
                       [&](const Value& value) { return value.same(item) || equal(value, item); });
  }
  if (!isIterable(runtime, container)) {
    typeError("argument of type " + pythonQuoted(typeName(container)) + " is not iterable");
  }
  const auto iterator = iterate(runtime, container);
  for (Value value; iterator->next(runtime, value);) {
    if (equal(value, item)) return true;
  }
  return false;
}

SliceBounds sliceBounds(std::optional<Integer> start, std::optional<Integer> stop, Integer step, std::size_t size) {
  const auto length = static_cast<Integer>(size);
  const Integer low = step < 0 ? -1 : 0;
  const Integer high = step < 0 ? length - 1 : length;
  const auto place = [&](std::optional<Integer> index, Integer otherwise) {
    if (!index) return otherwise;
    // Indices far outside are cut first, so that adding the length cannot overflow.
    const Integer near = std::clamp(*index, -length - 1, length + 1);
    return std::clamp(near < 0 ? near + length : near, low, high);
  };
  SliceBounds bounds;
  bounds.first = place(start, step < 0 ? high : low);
  bounds.last = place(stop, step < 0 ? low : high);
  if (step > 0 && bounds.first < bounds.last) {
    bounds.count = static_cast<std::size_t>((bounds.last - bounds.first - 1) / step + 1);
  } else if (step < 0 && bounds.last < bounds.first) {
    bounds.count = static_cast<std::size_t>((bounds.first - bounds.last - 1) / -step + 1);
  }
  return bounds;
}

std::string_view pointsOf(const Text& text, std::size_t first, std::size_t count) {
  const std::string_view utf8 = text.utf8;
  if (text.ascii()) return utf8.substr(std::min(first, utf8.size()), count);
  const auto skip = [&](std::size_t from, std::size_t points) {
    for (; points > 0 && from < utf8.size(); --points) from = characterFrom(utf8, from + 1);
    return from;
  };
  const auto begin = skip(0, first);
  return utf8.substr(begin, skip(begin, count) - begin);
}

Value sliced(Runtime& runtime, const Value& value, const Value& start, const Value& stop, const Value& step) {
  runtime.meter.step();
  if (const auto* missing = value.as<Value::Undefined>()) (*missing)->raise();
  const auto range = value.asObject<Range>();
  if (value.asText() == nullptr && value.asItems() == nullptr && range == nullptr) {
    if (value.asDict() != nullptr) typeError("unhashable type: 'slice'");
    typeError(pythonQuoted(typeName(value)) + " object is not subscriptable");
  }
  const auto by = sliceIndex(step).value_or(1);
  if (by == 0) valueError("slice step cannot be zero");
  // Larger steps take one item as well, and cannot overflow.
  const Integer stride = std::clamp<Integer>(by, -(Integer{1} << 62U), Integer{1} << 62U);
  const auto from = sliceIndex(start), to = sliceIndex(stop);
  if (range != nullptr) return Value::object(range->slice(from, to, stride));
  if (const auto* text = value.asText()) {
    const auto bounds = sliceBounds(from, to, stride, text->points);
    if (stride == 1) {
      return makeText(runtime.meter, std::string(pointsOf(*text, static_cast<std::size_t>(bounds.first), bounds.count)),
                      text->markup);
    }
    runtime.meter.step(text->points / 16);
    const auto points = codePoints(text->utf8);
    std::string out;
    for (std::size_t i = 0; i < bounds.count; ++i) {
      appendUtf8(out, points[static_cast<std::size_t>(bounds.first + stride * static_cast<Integer>(i))]);
    }
    return makeText(runtime.meter, std::move(out), text->markup);
  }
  const auto& items = value.asItems()->values;
  const auto bounds = sliceBounds(from, to, stride, items.size());
  std::vector<Value> taken;
  taken.reserve(bounds.count);
  for (std::size_t i = 0; i < bounds.count; ++i) {
    taken.push_back(items[static_cast<std::size_t>(bounds.first + stride * static_cast<Integer>(i))]);
  }
  runtime.meter.step(bounds.count / 4);
  return value.as<List>() != nullptr ? makeList(runtime.meter, std::move(taken))
                                     : makeTuple(runtime.meter, std::move(taken));
}

}  // namespace rosa::text::jinja
