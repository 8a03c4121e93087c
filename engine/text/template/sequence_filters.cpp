// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "text/template/attributes.h"
#include "text/template/character.h"
#include "text/template/failure.h"
#include "text/template/filters.h"
#include "text/template/operators.h"
#include "text/template/predicates.h"
#include "text/template/show.h"
#include "text/unicode.h"

/// The filters of lists, dicts and whatever can be walked over.
namespace rosa::text::jinja {
namespace {

/// An iterator made of a function, for the filters that are generators in Python.
class FromFunction : public Iterator {
 public:
  using Next = std::function<bool(Runtime&, Value&)>;
  FromFunction(Next next, std::size_t depth) : next_(std::move(next)), depth_(depth) {}
  bool next(Runtime& runtime, Value& out) override {
    runtime.meter.step();
    return next_(runtime, out);
  }
  [[nodiscard]] std::size_t depth() const override { return depth_; }

 private:
  Next next_;
  std::size_t depth_;
};

Value generator(FromFunction::Next next, const Value& source) {
  return makeGenerator("generator", std::make_shared<FromFunction>(std::move(next), source.depth()));
}

/// Walks over a value, opened when the first item is asked for, as a generator does.
class Opened {
 public:
  explicit Opened(Value value) : value_(std::move(value)) {}
  bool next(Runtime& runtime, Value& out) {
    if (iterator_ == nullptr) iterator_ = iterate(runtime, value_);
    return iterator_->next(runtime, out);
  }

 private:
  Value value_;
  std::shared_ptr<Iterator> iterator_;
};

bool isDigits(std::string_view text) {
  const auto points = codePoints(text);
  return !points.empty() && std::all_of(points.begin(), points.end(), isDigit);
}

/// "a.0.b" taken apart: names and numbers.
std::vector<Value> attributeParts(const Value& attribute) {
  if (attribute.isNone()) return {};
  const auto* text = attribute.asText();
  if (text == nullptr) return {attribute};
  std::vector<Value> parts;
  std::size_t begin = 0;
  while (true) {
    const auto end = std::min(text->utf8.find('.', begin), text->utf8.size());
    const auto part = text->utf8.substr(begin, end - begin);
    if (isDigits(part) && part.size() < 18) {
      Integer number = 0;
      for (const char32_t c : codePoints(part)) number = number * 10 + std::max(0, decimalValue(c));
      parts.push_back(Value::integer(number));
    } else {
      parts.push_back(Value::text(part));
    }
    if (end == text->utf8.size()) return parts;
    begin = end + 1;
  }
}

Value ignoreCase(Runtime& runtime, const Value& value) {
  const auto* text = value.asText();
  return text == nullptr ? value : makeText(runtime.meter, lower(text->utf8));
}

/// make_attrgetter: follows the parts of an attribute, then lowers texts where case does not count.
class Getter {
 public:
  Getter(const Value& attribute, bool lowered, Value otherwise = {})
      : parts_(attributeParts(attribute)), lowered_(lowered), otherwise_(std::move(otherwise)) {}

  Value operator()(Runtime& runtime, const Value& item) const {
    auto value = item;
    for (const auto& part : parts_) {
      value = itemOf(runtime, value, part);
      if (!otherwise_.isNone() && value.isUndefined()) value = otherwise_;
    }
    return lowered_ ? ignoreCase(runtime, value) : value;
  }

 private:
  std::vector<Value> parts_;
  bool lowered_;
  Value otherwise_;
};

Value orNone(const Bound& bound, std::size_t index) {
  return bound.has(index) ? bound[index] : Value();
}
bool orFalse(const Bound& bound, std::size_t index) {
  return bound.has(index) && bound[index].truth();
}

/// sorted(values, key, reverse): stable both ways. `asLists`: the keys stand in lists, which are compared where they
/// differ, so that equal keys need no order.
void sortBy(Runtime& runtime, std::vector<std::pair<Value, Value>>& keyed, bool reverse, bool asLists = false) {
  const auto before = [&](const Value& a, const Value& b) { return !(asLists && equal(a, b)) && less(runtime, a, b); };
  runtime.meter.step(keyed.size());
  if (reverse) std::reverse(keyed.begin(), keyed.end());
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) { return before(a.first, b.first); });
  if (reverse) std::reverse(keyed.begin(), keyed.end());
}

std::vector<std::pair<Value, Value>> keyedBy(Runtime& runtime, const Value& value,
                                             const std::function<Value(const Value&)>& key) {
  std::vector<std::pair<Value, Value>> keyed;
  for (auto& item : itemsOf(runtime, value)) {
    auto itsKey = key(item);
    keyed.emplace_back(std::move(itsKey), std::move(item));
  }
  return keyed;
}

Value length(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("len", arguments, {}, 0);
  const auto size = lengthOf(runtime, value);
  if (!size) typeError("object of type " + pythonQuoted(typeName(value)) + " has no len()");
  return Value::integer(static_cast<Integer>(*size));
}

Value defaultTo(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_default", arguments, {"default_value", "boolean"}, 0);
  if (!value.isUndefined() && !(orFalse(bound, 1) && !value.truth())) return value;
  return bound.has(0) ? bound[0] : makeText(runtime.meter, "");
}

Value toList(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_list", arguments, {}, 0);
  return makeList(runtime.meter, itemsOf(runtime, value));
}

Value items(Runtime& /*runtime*/, const Value& value, const Arguments& arguments) {
  const Bound bound("do_items", arguments, {}, 0);
  return generator(
      [opened = std::optional<Opened>(), value](Runtime& inner, Value& out) mutable {
        if (value.isUndefined()) return false;
        if (value.asDict() == nullptr) typeError("Can only get item pairs from a mapping.");
        if (!opened) opened.emplace(Value::object(std::make_shared<DictView>(value, DictView::Kind::Items)));
        return opened->next(inner, out);
      },
      value);
}

Value first(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_first", arguments, {}, 0);
  Value out;
  if (iterate(runtime, value)->next(runtime, out)) return out;
  return Value::undefinedHint("No first item, sequence was empty.");
}

/// What reversed() takes: it needs a length and items by number.
bool isReversible(const Value& value) {
  return value.asText() != nullptr || value.asItems() != nullptr || value.asDict() != nullptr || value.isUndefined() ||
         value.asObject<Range>() != nullptr || value.asObject<DictView>() != nullptr;
}

Value last(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_last", arguments, {}, 0);
  if (!isReversible(value)) typeError(pythonQuoted(typeName(value)) + " object is not reversible");
  if (const auto* sequence = value.asItems(); sequence != nullptr && !sequence->values.empty()) {
    return sequence->values.back();
  }
  const auto all = itemsOf(runtime, value);
  if (all.empty()) return Value::undefinedHint("No last item, sequence was empty.");
  return all.back();
}

Value random(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_random", arguments, {}, 0);
  const auto size = lengthOf(runtime, value);
  if (!size) typeError("object of type " + pythonQuoted(typeName(value)) + " has no len()");
  if (*size == 0) return Value::undefinedHint("No random item, sequence was empty.");
  // xorshift64*
  runtime.randomState ^= runtime.randomState >> 12U;
  runtime.randomState ^= runtime.randomState << 25U;
  runtime.randomState ^= runtime.randomState >> 27U;
  const auto drawn = (runtime.randomState * 0x2545F4914F6CDD1DULL) >> 16U;
  return itemOf(runtime, value, Value::integer(static_cast<Integer>(drawn % *size)));
}

Value reverse(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_reverse", arguments, {}, 0);
  if (value.asText() != nullptr) return sliced(runtime, value, {}, {}, Value::integer(-1));
  if (!isIterable(runtime, value)) fail("FilterArgumentError", "argument must be iterable");
  auto all = itemsOf(runtime, value);
  std::reverse(all.begin(), all.end());
  const auto list = makeList(runtime.meter, std::move(all));
  if (!isReversible(value)) return list;
  return makeGenerator("list_reverseiterator", iterate(runtime, list));
}

Value join(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_join", arguments, {"d", "attribute"}, 0);
  const Getter getter(orNone(bound, 1), false);
  auto separator = bound.has(0) ? bound[0] : Value::text("");
  auto all = itemsOf(runtime, value);
  for (auto& item : all) item = getter(runtime, item);
  const auto isMarkup = [](const Value& of) { return of.asText() != nullptr && of.asText()->markup; };
  // Inside {% autoescape true %} one escaped item escapes all the others.
  const bool markup = runtime.autoescape && (isMarkup(separator) || std::any_of(all.begin(), all.end(), isMarkup));
  const auto written = [&](const Value& of) { return markup ? escaped(runtime, of) : shown(runtime, of); };
  const auto between = written(separator);
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out += between;
    out += written(all[i]);
    runtime.meter.bytes(between.size());
  }
  return makeText(runtime.meter, std::move(out), markup);
}

Value sort(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_sort", arguments, {"reverse", "case_sensitive", "attribute"}, 0);
  const auto attribute = orNone(bound, 2);
  const bool lowered = !orFalse(bound, 1);
  std::vector<Getter> getters;
  if (const auto* text = attribute.asText()) {
    std::size_t begin = 0;
    for (std::size_t end = 0; end < text->utf8.size() || begin == 0; begin = end + 1) {
      end = std::min(text->utf8.find(',', begin), text->utf8.size());
      getters.emplace_back(Value::text(text->utf8.substr(begin, end - begin)), lowered);
      if (end == text->utf8.size()) break;
    }
  } else {
    getters.emplace_back(attribute, lowered);
  }
  auto keyed = keyedBy(runtime, value, [&](const Value& item) {
    std::vector<Value> keys;
    for (const auto& getter : getters) keys.push_back(getter(runtime, item));
    return keys.size() == 1 ? keys[0] : makeList(runtime.meter, std::move(keys));
  });
  sortBy(runtime, keyed, orFalse(bound, 0), true);
  std::vector<Value> sorted;
  for (auto& pair : keyed) sorted.push_back(std::move(pair.second));
  return makeList(runtime.meter, std::move(sorted));
}

Value dictSort(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_dictsort", arguments, {"case_sensitive", "by", "reverse"}, 0);
  const auto by = bound.has(1) ? shown(runtime, bound[1]) : "key";
  if (by != "key" && by != "value") {
    fail("FilterArgumentError", "You can only sort by either \"key\" or \"value\"");
  }
  if (const auto* missing = value.as<Value::Undefined>()) (*missing)->raise();
  if (value.asDict() == nullptr) {
    fail("AttributeError", pythonQuoted(typeName(value)) + " object has no attribute 'items'");
  }
  const auto view = Value::object(std::make_shared<DictView>(value, DictView::Kind::Items));
  auto keyed = keyedBy(runtime, view, [&](const Value& pair) {
    const auto& part = pair.asItems()->values[by == "key" ? 0 : 1];
    return orFalse(bound, 0) ? part : ignoreCase(runtime, part);
  });
  sortBy(runtime, keyed, orFalse(bound, 2));
  std::vector<Value> sorted;
  for (auto& pair : keyed) sorted.push_back(std::move(pair.second));
  return makeList(runtime.meter, std::move(sorted));
}

Value unique(Runtime& /*runtime*/, const Value& value, const Arguments& arguments) {
  const Bound bound("do_unique", arguments, {"case_sensitive", "attribute"}, 0);
  return generator(
      [opened = Opened(value), getter = Getter(orNone(bound, 1), !orFalse(bound, 0)), seen = std::make_shared<Dict>()](
          Runtime& runtime, Value& out) mutable {
        Value item;
        while (opened.next(runtime, item)) {
          const auto key = getter(runtime, item);
          if (seen->find(key) != nullptr) continue;
          runtime.meter.bytes(4 * sizeof(Value));
          seen->set(key, {});
          out = item;
          return true;
        }
        return false;
      },
      value);
}

template <bool largest>
Value extreme(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(largest ? "do_max" : "do_min", arguments, {"case_sensitive", "attribute"}, 0);
  const Getter getter(orNone(bound, 1), !orFalse(bound, 0));
  const auto iterator = iterate(runtime, value);
  Value best;
  if (!iterator->next(runtime, best)) return Value::undefinedHint("No aggregated item, sequence was empty.");
  auto bestKey = getter(runtime, best);
  for (Value item; iterator->next(runtime, item);) {
    auto key = getter(runtime, item);
    if (!compare(runtime, largest ? Comparison::Greater : Comparison::Less, key, bestKey)) continue;
    best = item;
    bestKey = std::move(key);
  }
  return best;
}

Value sum(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_sum", arguments, {"attribute", "start"}, 0);
  const Getter getter(orNone(bound, 0), false);
  auto total = bound.has(1) ? bound[1] : Value::integer(0);
  if (total.asText() != nullptr) typeError("sum() can't sum strings [use ''.join(seq) instead]");
  const auto iterator = iterate(runtime, value);
  for (Value item; iterator->next(runtime, item);) {
    total = arithmetic(runtime, Arithmetic::Add, total, getter(runtime, item));
  }
  return total;
}

Value groupBy(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_groupby", arguments, {"attribute", "default", "case_sensitive"}, 1);
  const bool lowered = !orFalse(bound, 2);
  const Getter key(bound[0], lowered, orNone(bound, 1)), realKey(bound[0], false, orNone(bound, 1));
  auto keyed = keyedBy(runtime, value, [&](const Value& item) { return key(runtime, item); });
  sortBy(runtime, keyed, false);
  std::vector<Value> groups;
  for (std::size_t begin = 0; begin < keyed.size();) {
    std::vector<Value> members;
    std::size_t end = begin;
    for (; end < keyed.size() && equal(keyed[end].first, keyed[begin].first); ++end)
      members.push_back(keyed[end].second);
    if (end == begin) members.push_back(keyed[end++].second);  // a key that does not equal itself (nan)
    auto grouper = lowered ? realKey(runtime, members[0]) : keyed[begin].first;
    const auto pair = makeTuple(runtime.meter, {std::move(grouper), makeList(runtime.meter, std::move(members))});
    auto named = std::make_shared<Items>(*pair.asItems());
    named->named = true;
    groups.push_back(Value(Value::State(Tuple{std::move(named)})));
    begin = end;
  }
  return makeList(runtime.meter, std::move(groups));
}

Value batch(Runtime& /*runtime*/, const Value& value, const Arguments& arguments) {
  const Bound bound("do_batch", arguments, {"linecount", "fill_with"}, 1);
  const auto count = bound[0].isNumber() ? bound[0].toDouble() : -1;
  return generator(
      [opened = Opened(value), count, fill = orNone(bound, 1), held = std::vector<Value>(), ended = false](
          Runtime& runtime, Value& out) mutable {
        if (ended) return false;
        for (Value item; opened.next(runtime, item);) {
          const bool full = static_cast<double>(held.size()) == count;
          if (full) {
            out = makeList(runtime.meter, std::move(held));
            held = {};
          }
          held.push_back(item);
          if (full) return true;
        }
        ended = true;
        if (held.empty()) return false;
        while (!fill.isNone() && static_cast<double>(held.size()) < count) {
          runtime.meter.bytes(sizeof(Value));
          held.push_back(fill);
        }
        out = makeList(runtime.meter, std::move(held));
        return true;
      },
      value);
}

Value slice(Runtime& /*runtime*/, const Value& value, const Arguments& arguments) {
  const Bound bound("do_slice", arguments, {"slices", "fill_with"}, 1);
  const auto wanted = bound[0];
  return generator(
      [value, wanted, fill = orNone(bound, 1), all = std::optional<std::vector<Value>>(), number = Integer{0}](
          Runtime& runtime, Value& out) mutable {
        const auto slices = wanted.asInteger();
        if (!all) {
          all = itemsOf(runtime, value);
          if (!slices) typeError("unsupported operand type(s) for //: 'int' and " + pythonQuoted(typeName(wanted)));
          if (*slices == 0) fail("ZeroDivisionError", "integer division or modulo by zero");
        }
        if (number >= *slices) return false;
        const auto size = static_cast<Integer>(all->size());
        const Integer each = size / *slices, extra = size % *slices;
        const Integer begin = number * each + std::min(number, extra);
        const Integer end = begin + each + (number < extra ? 1 : 0);
        std::vector<Value> part(all->begin() + static_cast<std::ptrdiff_t>(begin),
                                all->begin() + static_cast<std::ptrdiff_t>(end));
        if (!fill.isNone() && number >= extra) part.push_back(fill);
        ++number;
        out = makeList(runtime.meter, std::move(part));
        return true;
      },
      value);
}

Value attribute(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_attr", arguments, {"name"}, 1);
  const auto* name = bound[0].asText();
  if (name == nullptr) typeError("attribute name must be string, not " + pythonQuoted(typeName(bound[0])));
  return plainAttributeOf(runtime, value, name->utf8);
}

[[noreturn]] void noneNamed(const char* kind, const Value& name, Runtime& runtime) {
  auto message = std::string("No ") + kind + " named " + represented(runtime, name) + ".";
  if (const auto* missing = name.as<Value::Undefined>()) {
    message += " (" + (*missing)->message() + "; did you forget to quote the callable name?)";
  }
  fail("TemplateRuntimeError", std::move(message));
}

using Function1 = std::function<Value(Runtime&, const Value&)>;

/// What map() applies: an attribute, or a filter with its arguments.
Function1 mapped(const Arguments& arguments) {
  const auto named = [&](std::string_view name) -> const Value* {
    for (const auto& [key, value] : arguments.named) {
      if (key == name) return &value;
    }
    return nullptr;
  };
  if (arguments.positional.empty() && named("attribute") != nullptr) {
    for (const auto& [key, value] : arguments.named) {
      if (key != "attribute" && key != "default") {
        fail("FilterArgumentError", "Unexpected keyword argument " + pythonQuoted(key));
      }
    }
    const auto* otherwise = named("default");
    return Getter(*named("attribute"), false, otherwise == nullptr ? Value() : *otherwise);
  }
  if (arguments.positional.empty()) fail("FilterArgumentError", "map requires a filter argument");
  const auto& name = arguments.positional[0];
  const auto filter = name.asText() == nullptr ? nullptr : findFilter(name.asText()->utf8);
  if (filter == nullptr) {
    return [name](Runtime& inner, const Value&) -> Value { noneNamed("filter", name, inner); };
  }
  Arguments rest{{arguments.positional.begin() + 1, arguments.positional.end()}, arguments.named};
  return [filter, rest](Runtime& inner, const Value& item) { return filter(inner, item, rest); };
}

Value map(Runtime& /*runtime*/, const Value& value, const Arguments& arguments) {
  return generator(
      [opened = Opened(value), value, arguments, function = Function1()](Runtime& runtime, Value& out) mutable {
        if (!value.truth()) return false;
        if (!function) function = mapped(arguments);
        Value item;
        if (!opened.next(runtime, item)) return false;
        const Meter::Level level(runtime.meter);
        out = function(runtime, item);
        return true;
      },
      value);
}

/// What select() and its kin ask of an item: its truth, or a test with its arguments.
Function1 asked(const Arguments& arguments, bool ofAttribute) {
  Function1 transform = [](Runtime&, const Value& item) { return item; };
  std::size_t at = 0;
  if (ofAttribute) {
    if (arguments.positional.empty()) fail("FilterArgumentError", "Missing parameter for attribute name");
    transform = Getter(arguments.positional[0], false);
    at = 1;
  }
  if (arguments.positional.size() <= at) return transform;
  const auto name = arguments.positional[at];
  const auto test = name.asText() == nullptr ? nullptr : findPredicate(name.asText()->utf8);
  Arguments rest{{arguments.positional.begin() + static_cast<std::ptrdiff_t>(at) + 1, arguments.positional.end()},
                 arguments.named};
  return [transform, name, test, rest](Runtime& runtime, const Value& item) {
    const auto value = transform(runtime, item);
    if (test == nullptr) noneNamed("test", name, runtime);
    return test(runtime, value, rest);
  };
}

template <bool wanted, bool ofAttribute>
Value select(Runtime& /*runtime*/, const Value& value, const Arguments& arguments) {
  return generator(
      [opened = Opened(value), value, arguments, function = Function1()](Runtime& runtime, Value& out) mutable {
        if (!value.truth()) return false;
        if (!function) function = asked(arguments, ofAttribute);
        const Meter::Level level(runtime.meter);
        for (Value item; opened.next(runtime, item);) {
          if (function(runtime, item).truth() != wanted) continue;
          out = item;
          return true;
        }
        return false;
      },
      value);
}

}  // namespace

Filter findSequenceFilter(std::string_view name) {
  static const std::unordered_map<std::string_view, Filter> kFilters = {
      {"attr", attribute},
      {"batch", batch},
      {"count", length},
      {"d", defaultTo},
      {"default", defaultTo},
      {"dictsort", dictSort},
      {"first", first},
      {"groupby", groupBy},
      {"items", items},
      {"join", join},
      {"last", last},
      {"length", length},
      {"list", toList},
      {"map", map},
      {"max", extreme<true>},
      {"min", extreme<false>},
      {"random", random},
      {"reject", select<false, false>},
      {"rejectattr", select<false, true>},
      {"reverse", reverse},
      {"select", select<true, false>},
      {"selectattr", select<true, true>},
      {"slice", slice},
      {"sort", sort},
      {"sum", sum},
      {"unique", unique},
  };
  const auto found = kFilters.find(name);
  return found == kFilters.end() ? nullptr : found->second;
}

}  // namespace rosa::text::jinja
