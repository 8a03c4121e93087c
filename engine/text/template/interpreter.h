// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "text/template/objects.h"
#include "text/template/runtime.h"
#include "text/template/syntax.h"
#include "text/template/value.h"

namespace rosa::text::jinja {

/// The names that a loop, macro or block has for itself. Null stands for those of the whole template.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::vector<std::pair<NameId, std::optional<Value>>> names;  ///< without a value: a parameter not filled yet
};
using ScopePtr = std::shared_ptr<Scope>;

/// Runs a template once. Throws a Failure with its line.
class Interpreter {
 public:
  /// `names`: a value for each of the template's names that has one from the start.
  Interpreter(const Syntax& syntax, Runtime& runtime, std::vector<std::optional<Value>> names);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  [[nodiscard]] std::string run();
  /// Where {% generation %} stood in what run() gave, in code points, in the order in which the blocks ended.
  [[nodiscard]] const std::vector<std::pair<std::size_t, std::size_t>>& generations() const { return generations_; }

  // For macros, loops and blocks, which come back here when they are called.
  [[nodiscard]] Value callMacro(const Signature& signature, const std::string& name, const Statements& body,
                                const ScopePtr& scope, Arguments arguments);
  [[nodiscard]] Value renderLoop(const For& loop, const ScopePtr& scope, const Value& source, Integer depth);
  [[nodiscard]] Value renderBlock(const Block& block, const ScopePtr& scope);
  [[nodiscard]] const Block* findBlock(std::string_view name) const;
  [[nodiscard]] const std::string& nameOf(NameId id) const { return syntax_.names[id]; }
  /// Whether a loop's condition holds for an item.
  [[nodiscard]] bool passes(const For& loop, const ScopePtr& scope, const Value& item);

 private:
  enum class Signal { Next, Break, Continue };

  Signal run(const Statements& statements, const ScopePtr& scope, std::string& out);
  Signal run(const Statement& statement, const ScopePtr& scope, std::string& out);
  Signal runNode(const Statement& statement, const ScopePtr& scope, std::string& out);
  Signal runIf(const If& node, const ScopePtr& scope, std::string& out);
  Signal runFor(const For& node, const ScopePtr& scope, std::string& out, const Value& source, Integer depth);
  Signal runWith(const With& node, const ScopePtr& scope, std::string& out);
  Signal runSetBlock(const SetBlock& node, const ScopePtr& scope);
  Signal runFilterBlock(const FilterBlock& node, const ScopePtr& scope, std::string& out);
  void runCallBlock(const CallBlock& node, const ScopePtr& scope, std::string& out);
  void runGeneration(const Generation& node, const ScopePtr& scope, std::string& out);
  void runSet(const Set& node, const ScopePtr& scope);
  void write(std::string& out, std::string_view text);
  void print(std::string& out, const Value& value);

  [[nodiscard]] Value evaluate(const Expression& expression, const ScopePtr& scope);
  [[nodiscard]] Value evaluateNode(const Expression& expression, const ScopePtr& scope);
  [[nodiscard]] Value evaluateCompared(const Compared& node, const ScopePtr& scope);
  [[nodiscard]] Value evaluateConcatenated(const Concatenated& node, const ScopePtr& scope);
  [[nodiscard]] Value evaluateFilter(const FilterOf& node, const ScopePtr& scope);
  [[nodiscard]] Value evaluateTest(const TestOf& node, const ScopePtr& scope);
  [[nodiscard]] Value evaluateCall(const Call& node, const ScopePtr& scope, const Value* caller);
  [[nodiscard]] std::vector<Value> evaluateAll(const std::vector<ExpressionPtr>& items, const ScopePtr& scope);
  [[nodiscard]] Arguments evaluateArguments(const CallArguments& arguments, const ScopePtr& scope);
  [[nodiscard]] Value orNone(const ExpressionPtr& expression, const ScopePtr& scope);
  [[nodiscard]] Value lookUp(NameId id, const ScopePtr& scope);

  void assign(const Expression& target, const Value& value, const ScopePtr& scope);
  void setName(NameId id, Value value, const ScopePtr& scope);
  void requireNamespaces(const Expression& target, const ScopePtr& scope);
  [[nodiscard]] std::optional<NameId> idOf(std::string_view name) const;
  void findBlocks(const Statements& statements);
  [[nodiscard]] Value made(std::string text);

  const Syntax& syntax_;
  Runtime& runtime_;
  std::vector<std::optional<Value>> names_;
  std::unordered_map<std::string_view, const Block*> blocks_;
  std::optional<NameId> loop_, caller_, kwargs_, varargs_, super_;
  std::string root_;
  std::size_t countedBytes_ = 0, countedPoints_ = 0;  ///< of root_, as far as it was counted
  const Value* blockText_ = nullptr;                  ///< what {% filter %} and {% set | filter %} filter
  std::vector<std::pair<std::size_t, std::size_t>> generations_;
};

}  // namespace rosa::text::jinja
