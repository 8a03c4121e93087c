// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/checks.h"

#include <algorithm>
#include <set>
#include <string>

#include "text/template/failure.h"
#include "text/template/filters.h"
#include "text/template/predicates.h"
#include "text/template/show.h"

namespace rosa::text::jinja {
namespace {

/// Finds which of some names a body reads before it gives them a value itself.
class UsedNames {
 public:
  UsedNames(const std::vector<std::string>& names, std::set<std::string> wanted)
      : names_(names), wanted_(std::move(wanted)) {}

  void body(const Statements& statements) {
    for (const auto& statement : statements) one(statement);
  }
  [[nodiscard]] bool uses(const std::string& name) const { return used_.contains(name); }

 private:
  void one(const Statement& statement) {
    if (std::holds_alternative<Block>(statement.node)) return;
    if (const auto* macro = std::get_if<MacroDefinition>(&statement.node)) parameters(macro->signature);
    forEachPart(
        statement, [&](const Expression& part) { read(part, isTarget(statement, part)); },
        [&](const Statements& inner) { body(inner); });
    if (const auto* call = std::get_if<CallBlock>(&statement.node)) parameters(call->signature);
  }

  static bool isTarget(const Statement& statement, const Expression& part) {
    if (const auto* loop = std::get_if<For>(&statement.node)) return loop->target.get() == &part;
    if (const auto* set = std::get_if<Set>(&statement.node)) return set->target.get() == &part;
    if (const auto* set = std::get_if<SetBlock>(&statement.node)) return set->target.get() == &part;
    if (const auto* with = std::get_if<With>(&statement.node)) {
      return std::any_of(with->values.begin(), with->values.end(),
                         [&](const auto& value) { return value.first.get() == &part; });
    }
    return false;
  }

  void parameters(const Signature& signature) {
    for (const auto id : signature.parameters) wanted_.erase(names_[id]);
  }

  void read(const Expression& expression, bool target) {
    if (const auto* name = std::get_if<Name>(&expression.node)) {
      if (target) {
        wanted_.erase(names_[name->id]);
      } else if (wanted_.contains(names_[name->id])) {
        used_.insert(names_[name->id]);
      }
    }
    forEachPart(expression, [&](const Expression& part) { read(part, target); });
  }

  const std::vector<std::string>& names_;
  std::set<std::string> wanted_, used_;
};

class Checker {
 public:
  explicit Checker(Syntax& syntax) : names_(syntax.names) {}

  void body(Statements& statements, bool soft, bool inLoop) {
    for (auto& statement : statements) one(statement, soft, inLoop);
  }

 private:
  /// `soft`: inside a condition, where an unknown filter fails only when it is used.
  void one(Statement& statement, bool soft, bool inLoop) {
    if (const auto* jump = std::get_if<Jump>(&statement.node); jump != nullptr && !inLoop) {
      throw Failure("SyntaxError", jump->again ? "'continue' not properly in loop" : "'break' outside loop",
                    statement.line);
    }
    if (auto* loop = std::get_if<For>(&statement.node)) return loopOf(*loop, soft, inLoop);
    if (auto* condition = std::get_if<If>(&statement.node)) {
      for (auto& [test, branch] : condition->branches) {
        expression(*test, true);
        body(branch, true, inLoop);
      }
      return body(condition->otherwise, true, inLoop);
    }
    if (auto* macro = std::get_if<MacroDefinition>(&statement.node)) {
      complete(macro->signature, macro->body, statement.line);
      return body(macro->body, false, false);
    }
    if (auto* call = std::get_if<CallBlock>(&statement.node)) {
      complete(call->signature, call->body, statement.line);
      body(call->body, false, false);
      return expression(*call->call, soft);
    }
    if (auto* block = std::get_if<Block>(&statement.node)) {
      if (!blocks_.insert(block->name).second) {
        throw Failure("TemplateAssertionError", "block " + pythonQuoted(block->name) + " defined twice",
                      statement.line);
      }
      return body(block->body, false, false);
    }
    const bool inner = std::holds_alternative<SetBlock>(statement.node) ||
                       std::holds_alternative<FilterBlock>(statement.node) ||
                       std::holds_alternative<Autoescape>(statement.node);
    forEachPart(
        statement, [&](const Expression& part) { expression(part, soft && !inner); }, [](const Statements&) {});
    if (auto* node = std::get_if<With>(&statement.node)) body(node->body, false, inLoop);
    if (auto* node = std::get_if<SetBlock>(&statement.node)) body(node->body, false, inLoop);
    if (auto* node = std::get_if<FilterBlock>(&statement.node)) body(node->body, false, inLoop);
    if (auto* node = std::get_if<Autoescape>(&statement.node)) body(node->body, false, inLoop);
    if (auto* node = std::get_if<Generation>(&statement.node)) body(node->body, false, false);
  }

  void loopOf(For& loop, bool soft, bool inLoop) {
    if (loop.test != nullptr) expression(*loop.test, false);
    refuseLoopTarget(*loop.target);
    refuseLoopTargets(loop.body);
    refuseLoopTargets(loop.otherwise);
    expression(*loop.source, soft);
    body(loop.body, false, true);
    body(loop.otherwise, false, inLoop && !loop.recursive);
  }

  void refuseLoopTarget(const Expression& target) {
    if (const auto* name = std::get_if<Name>(&target.node); name != nullptr && names_[name->id] == "loop") {
      throw Failure("TemplateAssertionError", "Can't assign to special loop variable in for-loop target", target.line);
    }
    forEachPart(target, [&](const Expression& part) { refuseLoopTarget(part); });
  }

  void refuseLoopTargets(const Statements& statements) {
    for (const auto& statement : statements) {
      if (const auto* set = std::get_if<Set>(&statement.node)) refuseLoopTarget(*set->target);
      if (const auto* set = std::get_if<SetBlock>(&statement.node)) refuseLoopTarget(*set->target);
      if (const auto* loop = std::get_if<For>(&statement.node)) refuseLoopTarget(*loop->target);
      forEachPart(
          statement, [](const Expression&) {}, [&](const Statements& inner) { refuseLoopTargets(inner); });
    }
  }

  void expression(const Expression& node, bool soft) {
    if (const auto* filter = std::get_if<FilterOf>(&node.node); filter != nullptr && !soft) {
      if (findFilter(filter->name) == nullptr) unknown("filter", filter->name, node.line);
    }
    if (const auto* test = std::get_if<TestOf>(&node.node); test != nullptr && !soft) {
      if (findPredicate(test->name) == nullptr) unknown("test", test->name, node.line);
    }
    const bool inner = soft || std::holds_alternative<Conditional>(node.node);
    forEachPart(node, [&](const Expression& part) { expression(part, inner); });
  }

  [[noreturn]] static void unknown(const char* kind, const std::string& name, int line) {
    throw Failure("TemplateAssertionError", std::string("No ") + kind + " named " + pythonQuoted(name) + ".", line);
  }

  void complete(Signature& signature, const Statements& inside, int line) {
    for (const auto& value : signature.defaults) expression(*value, false);
    std::set<NameId> seen;
    const auto named = [&](const char* name) {
      return std::find_if(signature.parameters.begin(), signature.parameters.end(),
                          [&](NameId id) { return names_[id] == name; });
    };
    for (const auto id : signature.parameters) {
      if (!seen.insert(id).second) {
        throw Failure("SyntaxError", "duplicate argument " + pythonQuoted(names_[id]) + " in function definition",
                      line);
      }
    }
    UsedNames used(names_, {"caller", "kwargs", "varargs"});
    used.body(inside);
    const auto caller = named("caller");
    if (used.uses("caller") && caller != signature.parameters.end()) {
      const auto behind = static_cast<std::size_t>(signature.parameters.end() - caller);
      if (behind > signature.defaults.size()) {
        throw Failure("TemplateAssertionError",
                      "When defining macros or call blocks the special \"caller\" argument must be omitted or be given "
                      "a default.",
                      line);
      }
    }
    signature.usesCaller = used.uses("caller");
    signature.usesKwargs = used.uses("kwargs") && named("kwargs") == signature.parameters.end();
    signature.usesVarargs = used.uses("varargs") && named("varargs") == signature.parameters.end();
  }

  const std::vector<std::string>& names_;
  std::set<std::string> blocks_;
};

}  // namespace

void checkAndComplete(Syntax& syntax) {
  Checker checker(syntax);
  checker.body(syntax.body, false, false);
}

}  // namespace rosa::text::jinja
