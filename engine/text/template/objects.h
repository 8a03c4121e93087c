// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/template/runtime.h"
#include "text/template/value.h"

namespace rosa::text::jinja {

/// Of a call, a filter or a test.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;

  [[nodiscard]] bool empty() const { return positional.empty() && named.empty(); }
};

/// Binds arguments to the parameters of a function, as Python does. Parameters from `required` on may be left out; they
/// are null then. Throws Python's TypeErrors.
class Bound {
 public:
  Bound(std::string_view function, const Arguments& arguments, std::initializer_list<std::string_view> parameters,
        std::size_t required);

  [[nodiscard]] bool has(std::size_t index) const { return values_[index] != nullptr; }
  [[nodiscard]] const Value& operator[](std::size_t index) const { return *values_[index]; }

 private:
  std::vector<const Value*> values_;
};

class Iterator {
 public:
  virtual ~Iterator() = default;
  /// False at the end; `out` is then untouched.
  virtual bool next(Runtime& runtime, Value& out) = 0;
  [[nodiscard]] virtual std::size_t depth() const { return 0; }
};

/// Values with a behaviour of their own: functions, ranges, generators, macros, namespaces, loops.
class Object : public std::enable_shared_from_this<Object> {
 public:
  virtual ~Object() = default;
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  [[nodiscard]] virtual std::string typeName() const = 0;
  [[nodiscard]] virtual std::string moduleName() const { return ""; }  ///< "jinja2.utils"; empty: Python's own
  [[nodiscard]] virtual bool truth() const { return true; }
  [[nodiscard]] virtual std::optional<std::size_t> length(Runtime& /*runtime*/) { return std::nullopt; }
  /// What is not there is nothing.
  [[nodiscard]] virtual std::optional<Value> attribute(Runtime& /*runtime*/, std::string_view /*name*/) {
    return std::nullopt;
  }
  [[nodiscard]] virtual std::optional<Value> item(Runtime& /*runtime*/, const Value& /*key*/) { return std::nullopt; }
  [[nodiscard]] virtual bool callable() const { return false; }
  virtual Value call(Runtime& runtime, Arguments arguments);
  /// Null where it cannot be walked over.
  [[nodiscard]] virtual std::shared_ptr<Iterator> iterate(Runtime& /*runtime*/) { return nullptr; }
  [[nodiscard]] virtual std::string repr(Runtime& runtime);
  [[nodiscard]] virtual bool equals(const Object& other) const { return this == &other; }
  [[nodiscard]] virtual std::size_t depth() const { return 0; }
  /// Lets go of what it holds, at the end of a rendering: namespaces and macros can hold one another in a circle.
  virtual void release() {}
};

/// range(): numbers that are made when they are asked for.
class Range : public Object {
 public:
  Range(Integer start, Integer stop, Integer step) : start_(start), stop_(stop), step_(step) {}

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] Integer at(std::size_t index) const { return start_ + step_ * static_cast<Integer>(index); }
  [[nodiscard]] Integer start() const { return start_; }
  [[nodiscard]] Integer step() const { return step_; }
  [[nodiscard]] std::shared_ptr<Range> slice(std::optional<Integer> start, std::optional<Integer> stop,
                                             Integer step) const;
  [[nodiscard]] bool contains(const Value& value) const;

  [[nodiscard]] std::string typeName() const override { return "range"; }
  [[nodiscard]] bool truth() const override { return size() > 0; }
  [[nodiscard]] std::optional<std::size_t> length(Runtime& /*runtime*/) override { return size(); }
  [[nodiscard]] std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
  [[nodiscard]] std::shared_ptr<Iterator> iterate(Runtime& runtime) override;
  [[nodiscard]] std::string repr(Runtime& runtime) override;
  [[nodiscard]] bool equals(const Object& other) const override;

 private:
  Integer start_, stop_, step_;
};

/// keys(), values() and items() of a dict.
class DictView : public Object {
 public:
  enum class Kind { Keys, Values, Items };
  DictView(Value dict, Kind kind) : dict_(std::move(dict)), kind_(kind) {}

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const Dict& dict() const { return *dict_.asDict(); }
  [[nodiscard]] Value at(Runtime& runtime, std::size_t index) const;

  [[nodiscard]] std::string typeName() const override;
  [[nodiscard]] bool truth() const override { return dict().size() > 0; }
  [[nodiscard]] std::optional<std::size_t> length(Runtime& /*runtime*/) override { return dict().size(); }
  [[nodiscard]] std::shared_ptr<Iterator> iterate(Runtime& runtime) override;
  [[nodiscard]] std::string repr(Runtime& runtime) override;
  [[nodiscard]] bool equals(const Object& other) const override;
  [[nodiscard]] std::size_t depth() const override { return dict_.depth(); }

 private:
  Value dict_;
  Kind kind_;
};

/// A generator or iterator: can be walked over once.
class Generator : public Object {
 public:
  Generator(std::string name, std::shared_ptr<Iterator> iterator);

  [[nodiscard]] std::string typeName() const override { return name_; }
  [[nodiscard]] std::shared_ptr<Iterator> iterate(Runtime& /*runtime*/) override { return iterator_; }
  [[nodiscard]] std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
  [[nodiscard]] std::size_t depth() const override { return depth_; }

 private:
  std::string name_;
  std::shared_ptr<Iterator> iterator_;
  std::size_t depth_;
};

/// A function of ours, or a method with the value it belongs to.
class Function : public Object {
 public:
  using Body = std::function<Value(Runtime&, const Arguments&)>;
  Function(std::string name, Body body, bool method = false)
      : name_(std::move(name)), body_(std::move(body)), method_(method) {}

  [[nodiscard]] std::string typeName() const override { return method_ ? "builtin_function_or_method" : "function"; }
  [[nodiscard]] bool callable() const override { return true; }
  Value call(Runtime& runtime, Arguments arguments) override { return body_(runtime, arguments); }
  [[nodiscard]] std::string repr(Runtime& runtime) override;

 private:
  std::string name_;
  Body body_;
  bool method_;
};

/// namespace(): the one value that a template may change. Attributes are changed by {% set ns.name = ... %}.
class Namespace : public Object {
 public:
  void set(std::string_view name, Value value);

  void release() override { attributes_ = Dict(); }
  [[nodiscard]] std::string typeName() const override { return "TemplateNamespace"; }
  [[nodiscard]] std::string moduleName() const override;
  [[nodiscard]] std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
  [[nodiscard]] std::string repr(Runtime& runtime) override;

 private:
  Dict attributes_;
};

class Cycler : public Object {
 public:
  explicit Cycler(std::vector<Value> items) : items_(std::move(items)) {}

  [[nodiscard]] std::string typeName() const override { return "Cycler"; }
  [[nodiscard]] std::string moduleName() const override { return "jinja2.utils"; }
  [[nodiscard]] std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
  [[nodiscard]] std::size_t depth() const override;

 private:
  std::vector<Value> items_;
  std::size_t position_ = 0;
};

class Joiner : public Object {
 public:
  explicit Joiner(Value separator) : separator_(std::move(separator)) {}

  [[nodiscard]] std::string typeName() const override { return "Joiner"; }
  [[nodiscard]] std::string moduleName() const override { return "jinja2.utils"; }
  [[nodiscard]] bool callable() const override { return true; }
  Value call(Runtime& runtime, Arguments arguments) override;
  [[nodiscard]] std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;

 private:
  Value separator_;
  bool used_ = false;
};

/// iter(value): throws a TypeError "'int' object is not iterable".
[[nodiscard]] std::shared_ptr<Iterator> iterate(Runtime& runtime, const Value& value);
[[nodiscard]] bool isIterable(Runtime& runtime, const Value& value);
/// list(value), without the list around it.
[[nodiscard]] std::vector<Value> itemsOf(Runtime& runtime, const Value& value);
/// len(value), nothing where it has none.
[[nodiscard]] std::optional<std::size_t> lengthOf(Runtime& runtime, const Value& value);
[[nodiscard]] Value makeGenerator(std::string name, std::shared_ptr<Iterator> iterator);
[[nodiscard]] Value callValue(Runtime& runtime, const Value& callee, Arguments arguments);

}  // namespace rosa::text::jinja
