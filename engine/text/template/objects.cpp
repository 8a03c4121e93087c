// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/objects.h"

#include <algorithm>
#include <array>

#include "text/template/attributes.h"
#include "text/template/failure.h"
#include "text/template/operators.h"
#include "text/template/show.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

/// Walks a list, tuple or whatever can be asked for its items by number.
template <typename Source>
class ByIndex : public Iterator {
 public:
  ByIndex(Source source, std::size_t size, std::size_t depth)
      : source_(std::move(source)), size_(size), depth_(depth) {}
  bool next(Runtime& runtime, Value& out) override {
    if (at_ >= size_) return false;
    runtime.meter.step();
    out = source_(runtime, at_++);
    return true;
  }
  [[nodiscard]] std::size_t depth() const override { return depth_; }

 private:
  Source source_;
  std::size_t size_, depth_, at_ = 0;
};

template <typename Source>
std::shared_ptr<Iterator> byIndex(Source source, std::size_t size, std::size_t depth = 0) {
  return std::make_shared<ByIndex<Source>>(std::move(source), size, depth);
}

class Characters : public Iterator {
 public:
  explicit Characters(Value::TextRef text) : text_(std::move(text)) {}
  bool next(Runtime& runtime, Value& out) override {
    if (at_ >= text_->utf8.size()) return false;
    runtime.meter.step();
    const auto end = characterFrom(text_->utf8, at_ + 1);
    out = makeText(runtime.meter, text_->utf8.substr(at_, end - at_));
    at_ = end;
    return true;
  }

 private:
  Value::TextRef text_;
  std::size_t at_ = 0;
};

std::string pythonCount(std::size_t count) {
  return std::to_string(count);
}

}  // namespace

Bound::Bound(std::string_view function, const Arguments& arguments, std::initializer_list<std::string_view> parameters,
             std::size_t required)
    : values_(parameters.size(), nullptr) {
  const std::string name(function);
  if (arguments.positional.size() > parameters.size()) {
    typeError(name + "() takes at most " + pythonCount(parameters.size()) + " arguments (" +
              pythonCount(arguments.positional.size()) + " given)");
  }
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) values_[i] = &arguments.positional[i];
  for (const auto& [key, value] : arguments.named) {
    const auto* found = std::find(parameters.begin(), parameters.end(), key);
    if (found == parameters.end()) typeError(name + "() got an unexpected keyword argument " + pythonQuoted(key));
    auto& slot = values_[static_cast<std::size_t>(found - parameters.begin())];
    if (slot != nullptr) typeError(name + "() got multiple values for argument " + pythonQuoted(key));
    slot = &value;
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (values_[i] == nullptr) {
      typeError(name + "() missing 1 required positional argument: " + pythonQuoted(*(parameters.begin() + i)));
    }
  }
}

Value Object::call(Runtime& /*runtime*/, Arguments /*arguments*/) {
  typeError(pythonQuoted(typeName()) + " object is not callable");
}

std::string Object::repr(Runtime& /*runtime*/) {
  const auto module = moduleName();
  return "<" + (module.empty() ? "" : module + ".") + typeName() + " object>";
}

std::size_t Range::size() const {
  if (step_ > 0 ? start_ >= stop_ : start_ <= stop_) return 0;
  const Integer count = step_ > 0 ? (stop_ - start_ - 1) / step_ + 1 : (start_ - stop_ - 1) / -step_ + 1;
  return static_cast<std::size_t>(count);
}

std::shared_ptr<Range> Range::slice(std::optional<Integer> start, std::optional<Integer> stop, Integer step) const {
  const auto bounds = sliceBounds(start, stop, step, size());
  return std::make_shared<Range>(start_ + step_ * bounds.first, start_ + step_ * bounds.last, step_ * step);
}

bool Range::contains(const Value& value) const {
  if (!value.isNumber()) return false;
  for (std::size_t i = 0; i < size(); ++i) {
    if (equal(Value::integer(at(i)), value)) return true;
  }
  return false;
}

std::optional<Value> Range::attribute(Runtime& /*runtime*/, std::string_view name) {
  if (name == "start") return Value::integer(start_);
  if (name == "stop") return Value::integer(stop_);
  if (name == "step") return Value::integer(step_);
  return std::nullopt;
}

std::shared_ptr<Iterator> Range::iterate(Runtime& /*runtime*/) {
  return byIndex([self = std::static_pointer_cast<Range>(shared_from_this())](
                     Runtime&, std::size_t i) { return Value::integer(self->at(i)); },
                 size());
}

std::string Range::repr(Runtime& /*runtime*/) {
  auto text = "range(" + integerText(start_) + ", " + integerText(stop_);
  if (step_ != 1) text += ", " + integerText(step_);
  return text + ")";
}

bool Range::equals(const Object& other) const {
  const auto* range = dynamic_cast<const Range*>(&other);
  if (range == nullptr || size() != range->size()) return false;
  return size() == 0 || (start_ == range->start_ && (size() == 1 || step_ == range->step_));
}

Value DictView::at(Runtime& runtime, std::size_t index) const {
  const auto& [key, value] = dict().entries()[index];
  if (kind_ == Kind::Keys) return key;
  if (kind_ == Kind::Values) return value;
  return makeTuple(runtime.meter, {key, value});
}

std::string DictView::typeName() const {
  return kind_ == Kind::Keys ? "dict_keys" : kind_ == Kind::Values ? "dict_values" : "dict_items";
}

std::shared_ptr<Iterator> DictView::iterate(Runtime& /*runtime*/) {
  return byIndex([self = std::static_pointer_cast<DictView>(shared_from_this())](
                     Runtime& runtime, std::size_t i) { return self->at(runtime, i); },
                 dict().size(), depth());
}

std::string DictView::repr(Runtime& runtime) {
  return typeName() + "(" +
         represented(runtime, makeList(runtime.meter, itemsOf(runtime, Value::object(shared_from_this())))) + ")";
}

bool DictView::equals(const Object& other) const {
  const auto* view = dynamic_cast<const DictView*>(&other);
  if (view == nullptr) return false;
  if (kind_ == Kind::Values || view->kind_ == Kind::Values) return this == view;
  if (kind_ != view->kind_ || dict().size() != view->dict().size()) return false;
  return std::all_of(dict().entries().begin(), dict().entries().end(), [&](const Dict::Entry& entry) {
    const auto* value = view->dict().find(entry.first);
    return value != nullptr && (kind_ == Kind::Keys || equal(*value, entry.second));
  });
}

Generator::Generator(std::string name, std::shared_ptr<Iterator> iterator)
    : name_(std::move(name)), iterator_(std::move(iterator)), depth_(iterator_->depth() + 1) {}

std::optional<Value> Generator::attribute(Runtime& /*runtime*/, std::string_view name) {
  if (name != "close" && name != "send" && name != "throw") return std::nullopt;
  return Value::object(std::make_shared<Function>(
      std::string(name),
      [](Runtime&, const Arguments&) -> Value { fail("SecurityError", "generators cannot be steered by a template"); },
      true));
}

std::string Function::repr(Runtime& /*runtime*/) {
  return method_ ? "<built-in method " + name_ + ">" : "<function " + name_ + ">";
}

void Namespace::set(std::string_view name, Value value) {
  if (name.starts_with("_")) {
    fail("SecurityError", "Chat templates cannot store underscore-prefixed attributes on a namespace, but got " +
                              pythonQuoted(name) + ". Please rename the attribute.");
  }
  attributes_.set(Value::text(std::string(name)), std::move(value));
}

std::string Namespace::moduleName() const {
  return "transformers.utils.chat_template_utils";
}

std::optional<Value> Namespace::attribute(Runtime& /*runtime*/, std::string_view name) {
  const auto* value = attributes_.find(name);
  if (value == nullptr) return std::nullopt;
  return *value;
}

std::string Namespace::repr(Runtime& runtime) {
  std::string out = "<Namespace {";
  bool first = true;
  for (const auto& [key, value] : attributes_.entries()) {
    if (!first) out += ", ";
    first = false;
    out += represented(runtime, key) + ": " + represented(runtime, value);
  }
  return out + "}>";
}

std::size_t Cycler::depth() const {
  std::size_t deepest = 0;
  for (const auto& item : items_) deepest = std::max(deepest, item.depth());
  return deepest + 1;
}

std::optional<Value> Cycler::attribute(Runtime& runtime, std::string_view name) {
  if (name == "current") return items_[position_];
  if (name == "pos") return Value::integer(static_cast<Integer>(position_));
  if (name == "items") return makeTuple(runtime.meter, items_);
  if (name != "next" && name != "reset") return std::nullopt;
  return Value::object(std::make_shared<Function>(
      std::string(name),
      [self = std::static_pointer_cast<Cycler>(shared_from_this()), next = name == "next"](
          Runtime&, const Arguments& arguments) -> Value {
        const Bound bound(next ? "Cycler.next" : "Cycler.reset", arguments, {}, 0);
        if (!next) {
          self->position_ = 0;
          return {};
        }
        auto value = self->items_[self->position_];
        self->position_ = (self->position_ + 1) % self->items_.size();
        return value;
      },
      true));
}

Value Joiner::call(Runtime& runtime, Arguments arguments) {
  const Bound bound("Joiner.__call__", arguments, {}, 0);
  if (used_) return separator_;
  used_ = true;
  return makeText(runtime.meter, "");
}

std::optional<Value> Joiner::attribute(Runtime& /*runtime*/, std::string_view name) {
  if (name == "sep") return separator_;
  if (name == "used") return Value::boolean(used_);
  return std::nullopt;
}

std::shared_ptr<Iterator> iterate(Runtime& runtime, const Value& value) {
  if (const auto* text = value.as<Value::TextRef>()) return std::make_shared<Characters>(*text);
  if (const auto* items = value.asItems()) {
    return byIndex([value, items](Runtime&, std::size_t i) { return items->values[i]; }, items->values.size(),
                   items->depth);
  }
  if (const auto* dict = value.asDict()) {
    return byIndex([value, dict](Runtime&, std::size_t i) { return dict->entries()[i].first; }, dict->size(),
                   dict->depth());
  }
  if (value.isUndefined()) {
    return byIndex([](Runtime&, std::size_t) { return Value(); }, 0);
  }
  if (const auto* object = value.as<Value::ObjectRef>()) {
    if (auto iterator = (*object)->iterate(runtime)) return iterator;
  }
  typeError(pythonQuoted(typeName(value)) + " object is not iterable");
}

bool isIterable(Runtime& runtime, const Value& value) {
  if (value.asText() != nullptr || value.asItems() != nullptr || value.asDict() != nullptr || value.isUndefined()) {
    return true;
  }
  const auto* object = value.as<Value::ObjectRef>();
  return object != nullptr && (*object)->iterate(runtime) != nullptr;
}

std::vector<Value> itemsOf(Runtime& runtime, const Value& value) {
  if (const auto* items = value.asItems()) {
    runtime.meter.step(items->values.size());
    runtime.meter.bytes(items->values.size() * sizeof(Value));
    return items->values;
  }
  std::vector<Value> all;
  const auto iterator = iterate(runtime, value);
  for (Value item; iterator->next(runtime, item);) {
    runtime.meter.bytes(sizeof(Value));
    all.push_back(item);
  }
  return all;
}

std::optional<std::size_t> lengthOf(Runtime& runtime, const Value& value) {
  if (const auto* text = value.asText()) return text->points;
  if (const auto* items = value.asItems()) return items->values.size();
  if (const auto* dict = value.asDict()) return dict->size();
  if (value.isUndefined()) return 0;
  if (const auto* object = value.as<Value::ObjectRef>()) return (*object)->length(runtime);
  return std::nullopt;
}

Value makeGenerator(std::string name, std::shared_ptr<Iterator> iterator) {
  auto generator = std::make_shared<Generator>(std::move(name), std::move(iterator));
  constexpr std::size_t kDeepest = 200;  // each next() calls the next() below it
  if (generator->depth() > kDeepest) fail("RecursionError", "generators are nested more than 200 levels deep");
  return Value::object(std::move(generator));
}

Value callValue(Runtime& runtime, const Value& callee, Arguments arguments) {
  runtime.meter.step();
  if (const auto* missing = callee.as<Value::Undefined>()) (*missing)->raise();
  const auto* object = callee.as<Value::ObjectRef>();
  if (object == nullptr) typeError(pythonQuoted(typeName(callee)) + " object is not callable");
  const Meter::Level level(runtime.meter);
  return (*object)->call(runtime, std::move(arguments));
}

}  // namespace rosa::text::jinja
