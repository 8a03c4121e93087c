// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "text/template/operators.h"
#include "text/template/value.h"

/// A template taken apart. Names are numbers into the template's table of names.
namespace rosa::text::jinja {

using NameId = std::size_t;

struct Expression;
struct Statement;
using ExpressionPtr = std::unique_ptr<Expression>;
using Statements = std::vector<Statement>;

struct CallArguments {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr spread, spreadNamed;  ///< *values, **values; may be null
};

struct Constant {
  Value value;
};
struct Name {
  NameId id = 0;
};
/// `ns.name` as the target of a {% set %}.
struct NamespaceTarget {
  NameId id = 0;
  std::string attribute;
};
struct TupleOf {
  std::vector<ExpressionPtr> items;
};
struct ListOf {
  std::vector<ExpressionPtr> items;
};
struct DictOf {
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> items;
};
struct Conditional {
  ExpressionPtr test, value, otherwise;  ///< otherwise may be null
};
struct Logical {
  bool both = true;  ///< and; false: or
  ExpressionPtr left, right;
};
struct Not {
  ExpressionPtr value;
};
struct Signed {
  bool negative = true;
  ExpressionPtr value;
};
struct Compared {
  ExpressionPtr first;
  std::vector<std::pair<Comparison, ExpressionPtr>> rest;
};
struct Concatenated {
  std::vector<ExpressionPtr> parts;
};
struct Computed {
  Arithmetic op = Arithmetic::Add;
  ExpressionPtr left, right;
};
struct AttributeOf {
  ExpressionPtr value;
  std::string name;
};
struct ItemOf {
  ExpressionPtr value, key;
};
struct SliceOf {
  ExpressionPtr value, start, stop, step;  ///< all but the value may be null
};
struct Call {
  ExpressionPtr callee;
  CallArguments arguments;
};
struct FilterOf {
  ExpressionPtr value;  ///< null: the text of a block
  std::string name;
  CallArguments arguments;
};
struct TestOf {
  ExpressionPtr value;
  std::string name;
  CallArguments arguments;
};

struct Expression {
  using Node = std::variant<Constant, Name, NamespaceTarget, TupleOf, ListOf, DictOf, Conditional, Logical, Not, Signed,
                            Compared, Concatenated, Computed, AttributeOf, ItemOf, SliceOf, Call, FilterOf, TestOf>;
  int line = 1;
  Node node;
  std::size_t depth = 1;  ///< expressions inside one another, this one included
};

struct Data {
  std::string text;
};
struct Print {
  ExpressionPtr value;
};
struct For {
  ExpressionPtr target, source, test;  ///< test may be null
  bool recursive = false;
  Statements body, otherwise;
};
struct If {
  std::vector<std::pair<ExpressionPtr, Statements>> branches;
  Statements otherwise;
};
struct With {
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> values;
  Statements body;
};
struct Set {
  ExpressionPtr target, value;
};
struct SetBlock {
  ExpressionPtr target, filter;  ///< filter may be null
  Statements body;
};
struct Signature {
  std::vector<NameId> parameters;
  std::vector<ExpressionPtr> defaults;  ///< of the last parameters
  bool usesCaller = false, usesKwargs = false, usesVarargs = false;
};
struct MacroDefinition {
  std::string name;
  NameId id = 0;
  Signature signature;
  Statements body;
};
struct CallBlock {
  Signature signature;
  ExpressionPtr call;
  Statements body;
};
struct FilterBlock {
  ExpressionPtr filter;
  Statements body;
};
struct Autoescape {
  ExpressionPtr value;
  Statements body;
};
struct Block {
  std::string name;
  bool scoped = false, required = false;
  Statements body;
};
struct Generation {
  Statements body;
};
/// include, import, from and extends: there is never a second template to take.
struct OtherTemplate {
  ExpressionPtr name;
  bool extends = false;
};
struct Jump {
  bool again = false;  ///< continue; false: break
};

struct Statement {
  using Node = std::variant<Data, Print, For, If, With, Set, SetBlock, MacroDefinition, CallBlock, FilterBlock,
                            Autoescape, Block, Generation, OtherTemplate, Jump>;
  int line = 1;
  Node node;
};

struct Syntax {
  std::vector<std::string> names;
  Statements body;
  bool hasGeneration = false;
};

/// Calls `visit` for what an expression is made of, in Jinja's order.
void forEachPart(const Expression& expression, const std::function<void(const Expression&)>& visit);
/// The expressions and blocks of statements inside a statement, in Jinja's order.
void forEachPart(const Statement& statement, const std::function<void(const Expression&)>& visitExpression,
                 const std::function<void(const Statements&)>& visitBody);
}  // namespace rosa::text::jinja
