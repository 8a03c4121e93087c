// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/interpreter.h"

#include <algorithm>

#include "text/template/attributes.h"
#include "text/template/callables.h"
#include "text/template/failure.h"
#include "text/template/filters.h"
#include "text/template/operators.h"
#include "text/template/overloaded.h"
#include "text/template/predicates.h"
#include "text/template/show.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

ScopePtr inside(const ScopePtr& parent) {
  auto scope = std::make_shared<Scope>();
  scope->parent = parent;
  return scope;
}

/// Values for a tuple of names.
std::vector<Value> unpacked(Runtime& runtime, const Value& value, std::size_t wanted) {
  if (!isIterable(runtime, value)) typeError("cannot unpack non-iterable " + typeName(value) + " object");
  std::vector<Value> values;
  const auto iterator = iterate(runtime, value);
  for (Value item; iterator->next(runtime, item);) {
    if (values.size() == wanted) {
      valueError("too many values to unpack (expected " + std::to_string(wanted) + ")");
    }
    values.push_back(item);
  }
  if (values.size() < wanted) {
    valueError("not enough values to unpack (expected " + std::to_string(wanted) + ", got " +
               std::to_string(values.size()) + ")");
  }
  return values;
}

}  // namespace

Interpreter::Interpreter(const Syntax& syntax, Runtime& runtime, std::vector<std::optional<Value>> names)
    : syntax_(syntax), runtime_(runtime), names_(std::move(names)) {
  loop_ = idOf("loop");
  caller_ = idOf("caller");
  kwargs_ = idOf("kwargs");
  varargs_ = idOf("varargs");
  super_ = idOf("super");
  findBlocks(syntax.body);
  if (const auto self = idOf("self")) names_[*self] = Value::object(std::make_shared<TemplateReference>(*this));
}

Interpreter::~Interpreter() {
  for (const auto& weak : runtime_.circles) {
    if (const auto object = weak.lock()) object->release();
  }
}

std::string Interpreter::run() {
  run(syntax_.body, nullptr, root_);
  return std::move(root_);
}

std::optional<NameId> Interpreter::idOf(std::string_view name) const {
  const auto found = std::find(syntax_.names.begin(), syntax_.names.end(), name);
  if (found == syntax_.names.end()) return std::nullopt;
  return static_cast<NameId>(found - syntax_.names.begin());
}

void Interpreter::findBlocks(const Statements& statements) {
  for (const auto& statement : statements) {
    if (const auto* block = std::get_if<Block>(&statement.node)) blocks_.emplace(block->name, block);
    forEachPart(
        statement, [](const Expression&) {}, [&](const Statements& inner) { findBlocks(inner); });
  }
}

const Block* Interpreter::findBlock(std::string_view name) const {
  const auto found = blocks_.find(name);
  return found == blocks_.end() ? nullptr : found->second;
}

Value Interpreter::made(std::string text) {
  return makeText(runtime_.meter, std::move(text), runtime_.autoescape);
}

// ---- statements ----

void Interpreter::write(std::string& out, std::string_view text) {
  if (out.size() + text.size() > runtime_.meter.limits().output) fail("LimitError", "the rendered text is too long");
  out += text;
}

void Interpreter::print(std::string& out, const Value& value) {
  if (runtime_.autoescape) return write(out, escaped(runtime_, value));
  if (const auto* text = value.asText()) return write(out, text->utf8);
  write(out, shown(runtime_, value));
}

Interpreter::Signal Interpreter::run(const Statements& statements, const ScopePtr& scope, std::string& out) {
  for (const auto& statement : statements) {
    if (const auto signal = run(statement, scope, out); signal != Signal::Next) return signal;
  }
  return Signal::Next;
}

Interpreter::Signal Interpreter::run(const Statement& statement, const ScopePtr& scope, std::string& out) {
  try {
    runtime_.meter.step();
    const Meter::Level level(runtime_.meter);
    return runNode(statement, scope, out);
  } catch (Failure& failure) {
    if (failure.line == 0) failure.line = statement.line;
    throw;
  }
}

Interpreter::Signal Interpreter::runNode(const Statement& statement, const ScopePtr& scope, std::string& out) {
  return std::visit(Overloaded{
                        [&](const Data& node) {
                          write(out, node.text);
                          return Signal::Next;
                        },
                        [&](const Print& node) {
                          print(out, evaluate(*node.value, scope));
                          return Signal::Next;
                        },
                        [&](const For& node) {
                          const auto source = evaluate(*node.source, scope);
                          if (!node.recursive) return runFor(node, scope, out, source, 0);
                          print(out, renderLoop(node, scope, source, 0));
                          return Signal::Next;
                        },
                        [&](const If& node) { return runIf(node, scope, out); },
                        [&](const With& node) { return runWith(node, scope, out); },
                        [&](const Set& node) {
                          runSet(node, scope);
                          return Signal::Next;
                        },
                        [&](const SetBlock& node) { return runSetBlock(node, scope); },
                        [&](const MacroDefinition& node) {
                          auto macro = std::make_shared<Macro>(*this, node.signature, node.name, node.body, scope);
                          runtime_.circles.push_back(macro);
                          runtime_.meter.bytes(sizeof(Macro));
                          setName(node.id, Value::object(std::move(macro)), scope);
                          return Signal::Next;
                        },
                        [&](const CallBlock& node) {
                          runCallBlock(node, scope, out);
                          return Signal::Next;
                        },
                        [&](const FilterBlock& node) { return runFilterBlock(node, scope, out); },
                        [&](const Autoescape& node) {
                          const bool before = runtime_.autoescape;
                          const auto inner = inside(scope);
                          runtime_.autoescape = evaluate(*node.value, inner).truth();
                          const auto signal = run(node.body, inner, out);
                          runtime_.autoescape = before;
                          return signal;
                        },
                        [&](const Block& node) {
                          if (node.required)
                            fail("TemplateRuntimeError", "Required block " + pythonQuoted(node.name) + " not found");
                          const auto inner = inside(node.scoped ? scope : nullptr);
                          if (super_) {
                            inner->names.emplace_back(*super_, Value::undefinedHint("there is no parent block called " +
                                                                                    pythonQuoted(node.name) + "."));
                          }
                          return run(node.body, inner, out);
                        },
                        [&](const Generation& node) {
                          runGeneration(node, scope, out);
                          return Signal::Next;
                        },
                        [&](const OtherTemplate& node) -> Signal {
                          (void)evaluate(*node.name, scope);
                          typeError("no loader for this environment specified");
                        },
                        [&](const Jump& node) { return node.again ? Signal::Continue : Signal::Break; },
                    },
                    statement.node);
}

Interpreter::Signal Interpreter::runIf(const If& node, const ScopePtr& scope, std::string& out) {
  for (const auto& [test, body] : node.branches) {
    if (evaluate(*test, scope).truth()) return run(body, scope, out);
  }
  return run(node.otherwise, scope, out);
}

bool Interpreter::passes(const For& loop, const ScopePtr& scope, const Value& item) {
  const auto inner = inside(scope);
  assign(*loop.target, item, inner);
  return evaluate(*loop.test, inner).truth();
}

Interpreter::Signal Interpreter::runFor(const For& node, const ScopePtr& scope, std::string& out, const Value& source,
                                        Integer depth) {
  auto iterator = iterate(runtime_, source);
  if (node.test != nullptr) iterator = filteredSource(*this, node, scope, std::move(iterator));
  const auto loop = std::make_shared<LoopContext>(*this, node, scope, source, std::move(iterator), depth);
  // As in Jinja, a body that is left by break or continue each time does not count as a round.
  bool round = false;
  auto inner = inside(scope);
  for (Value item; loop->advance(runtime_, item);) {
    runtime_.meter.step();
    if (inner.use_count() > 1) {
      inner = inside(scope);  // a macro keeps the names of its round
    } else {
      inner->names.clear();
    }
    if (loop_) inner->names.emplace_back(*loop_, Value::object(loop));
    assign(*node.target, item, inner);
    const auto signal = run(node.body, inner, out);
    if (signal == Signal::Break) break;
    round = round || signal == Signal::Next;
  }
  if (!round && !node.otherwise.empty()) return run(node.otherwise, inside(scope), out);
  return Signal::Next;
}

Value Interpreter::renderLoop(const For& loop, const ScopePtr& scope, const Value& source, Integer depth) {
  std::string text;
  runFor(loop, scope, text, source, depth);
  return made(std::move(text));
}

Value Interpreter::renderBlock(const Block& block, const ScopePtr& scope) {
  std::string text;
  run(block.body, inside(scope), text);
  return made(std::move(text));
}

Interpreter::Signal Interpreter::runWith(const With& node, const ScopePtr& scope, std::string& out) {
  const auto inner = inside(scope);
  for (const auto& [target, value] : node.values) assign(*target, evaluate(*value, scope), inner);
  return run(node.body, inner, out);
}

void Interpreter::runSet(const Set& node, const ScopePtr& scope) {
  requireNamespaces(*node.target, scope);
  assign(*node.target, evaluate(*node.value, scope), scope);
}

Interpreter::Signal Interpreter::runSetBlock(const SetBlock& node, const ScopePtr& scope) {
  const auto inner = inside(scope);
  std::string text;
  if (const auto signal = run(node.body, inner, text); signal != Signal::Next) return signal;
  auto value = made(std::move(text));
  if (node.filter != nullptr) {
    const auto* outer = std::exchange(blockText_, &value);
    auto filtered = evaluate(*node.filter, inner);
    blockText_ = outer;
    value = runtime_.autoescape ? makeText(runtime_.meter, shown(runtime_, filtered), true) : std::move(filtered);
  }
  requireNamespaces(*node.target, scope);
  assign(*node.target, value, scope);
  return Signal::Next;
}

Interpreter::Signal Interpreter::runFilterBlock(const FilterBlock& node, const ScopePtr& scope, std::string& out) {
  const auto inner = inside(scope);
  std::string text;
  if (const auto signal = run(node.body, inner, text); signal != Signal::Next) return signal;
  const auto value = made(std::move(text));
  const auto* outer = std::exchange(blockText_, &value);
  const auto filtered = evaluate(*node.filter, inner);
  blockText_ = outer;
  // Jinja joins what the filter gives without making it a text first.
  if (filtered.asText() == nullptr) {
    typeError("sequence item 0: expected str instance, " + typeName(filtered) + " found");
  }
  write(out, filtered.asText()->utf8);
  return Signal::Next;
}

void Interpreter::runCallBlock(const CallBlock& node, const ScopePtr& scope, std::string& out) {
  auto macro = std::make_shared<Macro>(*this, node.signature, "", node.body, scope);
  runtime_.circles.push_back(macro);
  runtime_.meter.bytes(sizeof(Macro));
  const auto caller = Value::object(std::move(macro));
  const auto result = evaluateCall(std::get<Call>(node.call->node), scope, &caller);
  if (result.asText() == nullptr) {
    typeError("sequence item 0: expected str instance, " + typeName(result) + " found");
  }
  write(out, result.asText()->utf8);
}

void Interpreter::runGeneration(const Generation& node, const ScopePtr& scope, std::string& out) {
  std::string text;
  run(node.body, inside(scope), text);
  // As in transformers, the block starts where the text rendered so far ends. Text that a macro or {% set %} still
  // holds back is not in it.
  countedPoints_ += countCodePoints(std::string_view(root_).substr(countedBytes_));
  countedBytes_ = root_.size();
  generations_.emplace_back(countedPoints_, countedPoints_ + countCodePoints(text));
  runtime_.meter.bytes(sizeof generations_[0]);
  write(out, text);
}

// ---- names ----

Value Interpreter::lookUp(NameId id, const ScopePtr& scope) {
  for (const auto* at = scope.get(); at != nullptr; at = at->parent.get()) {
    for (const auto& [name, value] : at->names) {
      if (name == id) return value ? *value : Value::undefinedName(syntax_.names[id]);
    }
  }
  if (names_[id]) return *names_[id];
  return Value::undefinedName(syntax_.names[id]);
}

void Interpreter::setName(NameId id, Value value, const ScopePtr& scope) {
  if (scope == nullptr) {
    names_[id] = std::move(value);
    return;
  }
  for (auto& [name, held] : scope->names) {
    if (name == id) {
      held = std::move(value);
      return;
    }
  }
  runtime_.meter.bytes(2 * sizeof(Value));
  scope->names.emplace_back(id, std::move(value));
}

void Interpreter::requireNamespaces(const Expression& target, const ScopePtr& scope) {
  if (const auto* node = std::get_if<NamespaceTarget>(&target.node)) {
    if (lookUp(node->id, scope).asObject<Namespace>() == nullptr) {
      fail("TemplateRuntimeError", "cannot assign attribute on non-namespace object");
    }
  }
  forEachPart(target, [&](const Expression& part) { requireNamespaces(part, scope); });
}

void Interpreter::assign(const Expression& target, const Value& value, const ScopePtr& scope) {
  if (const auto* name = std::get_if<Name>(&target.node)) {
    setName(name->id, value, scope);
  } else if (const auto* tuple = std::get_if<TupleOf>(&target.node)) {
    const auto values = unpacked(runtime_, value, tuple->items.size());
    for (std::size_t i = 0; i < values.size(); ++i) assign(*tuple->items[i], values[i], scope);
  } else if (const auto* attribute = std::get_if<NamespaceTarget>(&target.node)) {
    const auto holder = lookUp(attribute->id, scope).asObject<Namespace>();
    if (holder == nullptr) fail("TemplateRuntimeError", "cannot assign attribute on non-namespace object");
    runtime_.meter.bytes(4 * sizeof(Value));
    holder->set(attribute->attribute, value);
  }
}

// ---- macros ----

Value Interpreter::callMacro(const Signature& signature, const std::string& name, const Statements& body,
                             const ScopePtr& scope, Arguments arguments) {
  const auto& parameters = signature.parameters;
  const auto inner = inside(scope);
  auto& named = arguments.named;
  const auto take = [&](std::string_view wanted) -> std::optional<Value> {
    const auto found = std::find_if(named.begin(), named.end(), [&](const auto& pair) { return pair.first == wanted; });
    if (found == named.end()) return std::nullopt;
    auto value = std::move(found->second);
    named.erase(found);
    return value;
  };
  const auto shownName = name.empty() ? std::string("None") : pythonQuoted(name);
  const auto filled = std::min(arguments.positional.size(), parameters.size());
  bool foundCaller = false;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const bool isCaller = syntax_.names[parameters[i]] == "caller";
    foundCaller = foundCaller || (isCaller && (i >= filled || filled == parameters.size()));
    inner->names.emplace_back(parameters[i],
                              i < filled ? std::optional(arguments.positional[i]) : take(syntax_.names[parameters[i]]));
  }
  if (signature.usesCaller && !foundCaller) {
    auto caller = take("caller");
    if (!caller || caller->isNone()) caller = Value::undefinedHint("No caller defined");
    inner->names.emplace_back(*caller_, std::move(caller));
  }
  if (signature.usesKwargs) {
    Dict rest;
    for (auto& [key, value] : named) rest.set(Value::text(key), std::move(value));
    inner->names.emplace_back(*kwargs_, makeDict(runtime_.meter, std::move(rest)));
  } else if (!named.empty()) {
    const bool twice = std::any_of(named.begin(), named.end(), [](const auto& pair) { return pair.first == "caller"; });
    if (twice) {
      typeError("macro " + shownName +
                " was invoked with two values for the special caller argument. This is most likely a bug.");
    }
    typeError("macro " + shownName + " takes no keyword argument " + pythonQuoted(named[0].first));
  }
  if (signature.usesVarargs) {
    std::vector<Value> rest(arguments.positional.begin() + static_cast<std::ptrdiff_t>(filled),
                            arguments.positional.end());
    inner->names.emplace_back(*varargs_, makeTuple(runtime_.meter, std::move(rest)));
  } else if (arguments.positional.size() > parameters.size()) {
    typeError("macro " + shownName + " takes not more than " + std::to_string(parameters.size()) + " argument(s)");
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (inner->names[i].second) continue;
    const auto fromEnd = parameters.size() - i;
    if (fromEnd <= signature.defaults.size()) {
      inner->names[i].second = evaluate(*signature.defaults[signature.defaults.size() - fromEnd], inner);
    } else {
      inner->names[i].second =
          Value::undefinedHint("parameter " + pythonQuoted(syntax_.names[parameters[i]]) + " was not provided");
    }
  }
  std::string text;
  run(body, inner, text);
  return made(std::move(text));
}

// ---- expressions ----

Value Interpreter::evaluate(const Expression& expression, const ScopePtr& scope) {
  runtime_.meter.step();
  const Meter::Level level(runtime_.meter);
  return evaluateNode(expression, scope);
}

Value Interpreter::evaluateNode(const Expression& expression, const ScopePtr& scope) {
  return std::visit(
      Overloaded{
          [&](const Constant& node) { return node.value; },
          [&](const Name& node) { return lookUp(node.id, scope); },
          [&](const NamespaceTarget&) { return Value(); },
          [&](const TupleOf& node) { return makeTuple(runtime_.meter, evaluateAll(node.items, scope)); },
          [&](const ListOf& node) { return makeList(runtime_.meter, evaluateAll(node.items, scope)); },
          [&](const DictOf& node) {
            Dict dict;
            for (const auto& [key, value] : node.items) {
              auto itsKey = evaluate(*key, scope);
              dict.set(std::move(itsKey), evaluate(*value, scope));
            }
            return makeDict(runtime_.meter, std::move(dict));
          },
          [&](const Conditional& node) {
            if (evaluate(*node.test, scope).truth()) return evaluate(*node.value, scope);
            if (node.otherwise != nullptr) return evaluate(*node.otherwise, scope);
            return Value::undefinedHint("the inline if-expression on line " + std::to_string(expression.line) +
                                        " evaluated to false and no else section was defined.");
          },
          [&](const Logical& node) {
            auto left = evaluate(*node.left, scope);
            return left.truth() == node.both ? evaluate(*node.right, scope) : left;
          },
          [&](const Not& node) { return Value::boolean(!evaluate(*node.value, scope).truth()); },
          [&](const Signed& node) {
            const auto value = evaluate(*node.value, scope);
            return node.negative ? negated(value) : positive(value);
          },
          [&](const Compared& node) { return evaluateCompared(node, scope); },
          [&](const Concatenated& node) { return evaluateConcatenated(node, scope); },
          [&](const Computed& node) {
            const auto left = evaluate(*node.left, scope);
            return arithmetic(runtime_, node.op, left, evaluate(*node.right, scope));
          },
          [&](const AttributeOf& node) { return attributeOf(runtime_, evaluate(*node.value, scope), node.name); },
          [&](const ItemOf& node) {
            const auto value = evaluate(*node.value, scope);
            return itemOf(runtime_, value, evaluate(*node.key, scope));
          },
          [&](const SliceOf& node) {
            const auto value = evaluate(*node.value, scope);
            const auto start = orNone(node.start, scope);
            const auto stop = orNone(node.stop, scope);
            return sliced(runtime_, value, start, stop, orNone(node.step, scope));
          },
          [&](const Call& node) { return evaluateCall(node, scope, nullptr); },
          [&](const FilterOf& node) { return evaluateFilter(node, scope); },
          [&](const TestOf& node) { return evaluateTest(node, scope); },
      },
      expression.node);
}

Value Interpreter::orNone(const ExpressionPtr& expression, const ScopePtr& scope) {
  return expression == nullptr ? Value() : evaluate(*expression, scope);
}

Value Interpreter::evaluateCompared(const Compared& node, const ScopePtr& scope) {
  auto left = evaluate(*node.first, scope);
  for (const auto& [op, operand] : node.rest) {
    auto right = evaluate(*operand, scope);
    if (!compare(runtime_, op, left, right)) return Value::boolean(false);
    left = std::move(right);
  }
  return Value::boolean(true);
}

Value Interpreter::evaluateConcatenated(const Concatenated& node, const ScopePtr& scope) {
  const auto values = evaluateAll(node.parts, scope);
  const bool markup = runtime_.autoescape && std::any_of(values.begin(), values.end(), [](const Value& value) {
                        return value.asText() != nullptr && value.asText()->markup;
                      });
  std::string out;
  for (const auto& value : values) out += markup ? escaped(runtime_, value) : shown(runtime_, value);
  return makeText(runtime_.meter, std::move(out), markup);
}

std::vector<Value> Interpreter::evaluateAll(const std::vector<ExpressionPtr>& items, const ScopePtr& scope) {
  std::vector<Value> values;
  values.reserve(items.size());
  for (const auto& item : items) values.push_back(evaluate(*item, scope));
  return values;
}

Arguments Interpreter::evaluateArguments(const CallArguments& given, const ScopePtr& scope) {
  Arguments arguments;
  arguments.positional = evaluateAll(given.positional, scope);
  for (const auto& [name, value] : given.named) arguments.named.emplace_back(name, evaluate(*value, scope));
  if (given.spread != nullptr) {
    const auto values = evaluate(*given.spread, scope);
    if (!isIterable(runtime_, values)) {
      typeError("Value after * must be an iterable, not " + typeName(values));
    }
    for (auto& value : itemsOf(runtime_, values)) arguments.positional.push_back(std::move(value));
  }
  if (given.spreadNamed != nullptr) {
    const auto values = evaluate(*given.spreadNamed, scope);
    const auto* dict = values.asDict();
    if (dict == nullptr) typeError("argument after ** must be a mapping, not " + typeName(values));
    for (const auto& [key, value] : dict->entries()) {
      const auto* name = key.asText();
      if (name == nullptr) typeError("keywords must be strings");
      const bool repeated = std::any_of(arguments.named.begin(), arguments.named.end(),
                                        [&](const auto& pair) { return pair.first == name->utf8; });
      if (repeated) typeError("got multiple values for keyword argument " + pythonQuoted(name->utf8));
      arguments.named.emplace_back(name->utf8, value);
    }
  }
  return arguments;
}

Value Interpreter::evaluateCall(const Call& node, const ScopePtr& scope, const Value* caller) {
  const auto callee = evaluate(*node.callee, scope);
  auto arguments = evaluateArguments(node.arguments, scope);
  if (caller != nullptr) arguments.named.emplace_back("caller", *caller);
  return callValue(runtime_, callee, std::move(arguments));
}

Value Interpreter::evaluateFilter(const FilterOf& node, const ScopePtr& scope) {
  const auto value = node.value == nullptr ? *blockText_ : evaluate(*node.value, scope);
  const auto arguments = evaluateArguments(node.arguments, scope);
  const auto filter = findFilter(node.name);
  if (filter == nullptr) fail("TemplateRuntimeError", "No filter named " + pythonQuoted(node.name) + " found.");
  return filter(runtime_, value, arguments);
}

Value Interpreter::evaluateTest(const TestOf& node, const ScopePtr& scope) {
  const auto value = evaluate(*node.value, scope);
  const auto arguments = evaluateArguments(node.arguments, scope);
  const auto test = findPredicate(node.name);
  if (test == nullptr) fail("TemplateRuntimeError", "No test named " + pythonQuoted(node.name) + " found.");
  return test(runtime_, value, arguments);
}

}  // namespace rosa::text::jinja
