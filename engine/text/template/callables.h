// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "text/template/interpreter.h"
#include "text/template/objects.h"

/// Values that run a part of the template when they are used. They live no longer than their interpreter.
namespace rosa::text::jinja {

class Macro : public Object {
 public:
  /// `name` is empty for the body of a {% call %}.
  Macro(Interpreter& interpreter, const Signature& signature, std::string name, const Statements& body, ScopePtr scope)
      : interpreter_(interpreter),
        signature_(signature),
        name_(std::move(name)),
        body_(body),
        scope_(std::move(scope)) {}

  [[nodiscard]] std::string typeName() const override { return "Macro"; }
  [[nodiscard]] std::string moduleName() const override { return "jinja2.runtime"; }
  [[nodiscard]] bool callable() const override { return true; }
  Value call(Runtime& runtime, Arguments arguments) override;
  [[nodiscard]] std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
  [[nodiscard]] std::string repr(Runtime& runtime) override;
  void release() override { scope_.reset(); }

 private:
  Interpreter& interpreter_;
  const Signature& signature_;
  std::string name_;
  const Statements& body_;
  ScopePtr scope_;
};

/// The variable `loop`, which also walks over what the loop is over.
class LoopContext : public Object {
 public:
  LoopContext(Interpreter& interpreter, const For& loop, ScopePtr scope, const Value& source,
              std::shared_ptr<Iterator> iterator, Integer depth);

  /// The next item, false at the end.
  bool advance(Runtime& runtime, Value& item);

  [[nodiscard]] std::string typeName() const override { return "LoopContext"; }
  [[nodiscard]] std::string moduleName() const override { return "jinja2.runtime"; }
  [[nodiscard]] bool callable() const override { return true; }
  Value call(Runtime& runtime, Arguments arguments) override;
  [[nodiscard]] std::optional<std::size_t> length(Runtime& runtime) override;
  [[nodiscard]] bool truth() const override { return true; }
  [[nodiscard]] std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
  [[nodiscard]] std::string repr(Runtime& runtime) override;

 private:
  bool peek(Runtime& runtime);

  Interpreter& interpreter_;
  const For& loop_;
  ScopePtr scope_;
  std::shared_ptr<Iterator> iterator_;
  std::optional<std::size_t> length_;
  Integer index_ = -1, depth_;
  std::optional<Value> before_, current_, after_, changed_;
};

/// A loop's source without the items that fail its condition.
[[nodiscard]] std::shared_ptr<Iterator> filteredSource(Interpreter& interpreter, const For& loop, ScopePtr scope,
                                                       std::shared_ptr<Iterator> source);

/// The variable `self`: the template's blocks by name.
class TemplateReference : public Object {
 public:
  explicit TemplateReference(Interpreter& interpreter) : interpreter_(interpreter) {}
  [[nodiscard]] std::string typeName() const override { return "TemplateReference"; }
  [[nodiscard]] std::string moduleName() const override { return "jinja2.runtime"; }
  [[nodiscard]] std::optional<Value> item(Runtime& runtime, const Value& key) override;
  [[nodiscard]] std::string repr(Runtime& /*runtime*/) override { return "<TemplateReference None>"; }

 private:
  Interpreter& interpreter_;
};

}  // namespace rosa::text::jinja
