// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/syntax.h"

#include "text/template/overloaded.h"

namespace rosa::text::jinja {
namespace {

using Visit = std::function<void(const Expression&)>;

void visitPart(const ExpressionPtr& part, const Visit& visit) {
  if (part != nullptr) visit(*part);
}
void visitParts(const std::vector<ExpressionPtr>& parts, const Visit& visit) {
  for (const auto& part : parts) visitPart(part, visit);
}
void visitArguments(const CallArguments& arguments, const Visit& visit) {
  visitParts(arguments.positional, visit);
  for (const auto& named : arguments.named) visitPart(named.second, visit);
  visitPart(arguments.spread, visit);
  visitPart(arguments.spreadNamed, visit);
}

}  // namespace

void forEachPart(const Expression& expression, const Visit& visit) {
  std::visit(Overloaded{
                 [](const Constant&) {},
                 [](const Name&) {},
                 [](const NamespaceTarget&) {},
                 [&](const TupleOf& node) { visitParts(node.items, visit); },
                 [&](const ListOf& node) { visitParts(node.items, visit); },
                 [&](const DictOf& node) {
                   for (const auto& [key, value] : node.items) {
                     visitPart(key, visit);
                     visitPart(value, visit);
                   }
                 },
                 [&](const Conditional& node) {
                   visitPart(node.test, visit);
                   visitPart(node.value, visit);
                   visitPart(node.otherwise, visit);
                 },
                 [&](const Logical& node) {
                   visitPart(node.left, visit);
                   visitPart(node.right, visit);
                 },
                 [&](const Not& node) { visitPart(node.value, visit); },
                 [&](const Signed& node) { visitPart(node.value, visit); },
                 [&](const Compared& node) {
                   visitPart(node.first, visit);
                   for (const auto& operand : node.rest) visitPart(operand.second, visit);
                 },
                 [&](const Concatenated& node) { visitParts(node.parts, visit); },
                 [&](const Computed& node) {
                   visitPart(node.left, visit);
                   visitPart(node.right, visit);
                 },
                 [&](const AttributeOf& node) { visitPart(node.value, visit); },
                 [&](const ItemOf& node) {
                   visitPart(node.value, visit);
                   visitPart(node.key, visit);
                 },
                 [&](const SliceOf& node) {
                   visitPart(node.value, visit);
                   visitPart(node.start, visit);
                   visitPart(node.stop, visit);
                   visitPart(node.step, visit);
                 },
                 [&](const Call& node) {
                   visitPart(node.callee, visit);
                   visitArguments(node.arguments, visit);
                 },
                 [&](const FilterOf& node) {
                   visitPart(node.value, visit);
                   visitArguments(node.arguments, visit);
                 },
                 [&](const TestOf& node) {
                   visitPart(node.value, visit);
                   visitArguments(node.arguments, visit);
                 },
             },
             expression.node);
}

void forEachPart(const Statement& statement, const Visit& visit,
                 const std::function<void(const Statements&)>& visitBody) {
  std::visit(Overloaded{
                 [](const Data&) {},
                 [&](const Print& node) { visitPart(node.value, visit); },
                 [&](const For& node) {
                   visitPart(node.target, visit);
                   visitPart(node.source, visit);
                   visitBody(node.body);
                   visitBody(node.otherwise);
                   visitPart(node.test, visit);
                 },
                 [&](const If& node) {
                   for (const auto& [test, body] : node.branches) {
                     visitPart(test, visit);
                     visitBody(body);
                   }
                   visitBody(node.otherwise);
                 },
                 [&](const With& node) {
                   for (const auto& value : node.values) visitPart(value.first, visit);
                   for (const auto& value : node.values) visitPart(value.second, visit);
                   visitBody(node.body);
                 },
                 [&](const Set& node) {
                   visitPart(node.target, visit);
                   visitPart(node.value, visit);
                 },
                 [&](const SetBlock& node) {
                   visitPart(node.target, visit);
                   visitPart(node.filter, visit);
                   visitBody(node.body);
                 },
                 [&](const MacroDefinition& node) {
                   visitParts(node.signature.defaults, visit);
                   visitBody(node.body);
                 },
                 [&](const CallBlock& node) {
                   visitPart(node.call, visit);
                   visitParts(node.signature.defaults, visit);
                   visitBody(node.body);
                 },
                 [&](const FilterBlock& node) {
                   visitBody(node.body);
                   visitPart(node.filter, visit);
                 },
                 [&](const Autoescape& node) {
                   visitPart(node.value, visit);
                   visitBody(node.body);
                 },
                 [&](const Block& node) { visitBody(node.body); },
                 [&](const Generation& node) { visitBody(node.body); },
                 [&](const OtherTemplate& node) { visitPart(node.name, visit); },
                 [](const Jump&) {},
             },
             statement.node);
}

}  // namespace rosa::text::jinja
