// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/schema.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/data/temporary_folder.h"

namespace rosa::data::parquet {
namespace {

using Kind = Meaning::Kind;
using enum Repetition;

SchemaElement leaf(std::string name, Repetition repetition, Physical type = Physical::Int32, Kind kind = Kind::Plain) {
  SchemaElement element;
  element.name = std::move(name);
  element.type = type;
  element.repetition = repetition;
  element.meaning.kind = kind;
  return element;
}

SchemaElement group(std::string name, Repetition repetition, std::size_t children, Kind kind = Kind::Plain) {
  SchemaElement element;
  element.name = std::move(name);
  element.repetition = repetition;
  element.children = children;
  element.meaning.kind = kind;
  return element;
}

/// "list<struct<a,b>>": what the only column below the root is.
std::string shapeOf(const Node& node) {
  if (node.kind == Node::Kind::Leaf) return node.name;
  std::string shape = node.kind == Node::Kind::Struct ? "struct" : node.kind == Node::Kind::Map ? "map" : "list";
  char separator = '<';
  for (const Node& child : node.children) {
    shape += separator;
    shape += shapeOf(child);
    separator = ',';
  }
  return shape += '>';
}

std::string shapeOf(std::vector<SchemaElement> elements) {
  elements.insert(elements.begin(), group("schema", Required, 1));
  const auto columns = readSchema(elements);
  return columns ? shapeOf(columns->front()) : columns.error().message;
}

TEST(Schema, CountsLevelsOfListsInStructs) {
  const auto columns = readSchema(std::vector{group("schema", Required, 2), leaf("id", Required),
                                              group("s", Optional, 1), group("l", Optional, 1, Kind::List),
                                              group("list", Repeated, 1), leaf("element", Optional)});
  ASSERT_TRUE(columns);
  ASSERT_EQ(columns->size(), 2U);
  const Node& structure = columns->at(1);
  const Node& list = structure.children.front();
  const Node& element = list.children.front();
  EXPECT_EQ(columns->at(0).deepest, 0);
  EXPECT_EQ(structure.present, 1);
  EXPECT_EQ(list.present, 2);
  EXPECT_EQ(list.filled, 3);
  EXPECT_EQ(list.repetition, 1);
  EXPECT_EQ(element.leaf, 1U);
  EXPECT_EQ(element.deepest, 4);
  EXPECT_EQ(element.repeatable, 1);
}

TEST(Schema, KnowsEveryWayToWriteAList) {
  const auto list = group("l", Optional, 1, Kind::List);
  EXPECT_EQ(shapeOf({list, group("list", Repeated, 1), leaf("x", Optional)}), "list<x>");
  EXPECT_EQ(shapeOf({list, leaf("x", Repeated)}), "list<x>") << "two levels";
  EXPECT_EQ(shapeOf({list, group("bag", Repeated, 2), leaf("a", Optional), leaf("b", Optional)}), "list<struct<a,b>>");
  EXPECT_EQ(shapeOf({list, group("array", Repeated, 1), leaf("x", Optional)}), "list<struct<x>>");
  EXPECT_EQ(shapeOf({list, group("l_tuple", Repeated, 1), leaf("x", Optional)}), "list<struct<x>>");
  EXPECT_EQ(shapeOf({list, group("list", Repeated, 1), leaf("x", Repeated)}), "list<struct<list<x>>>");
  EXPECT_EQ(shapeOf({leaf("x", Repeated)}), "list<x>") << "without a list around it";
  EXPECT_EQ(shapeOf({group("g", Repeated, 1), leaf("x", Optional)}), "list<struct<x>>");
}

TEST(Schema, AMapWithoutValuesIsAList) {
  const auto map = group("m", Optional, 1, Kind::Map);
  EXPECT_EQ(shapeOf({map, group("key_value", Repeated, 2), leaf("k", Required), leaf("v", Optional)}), "map<k,v>");
  EXPECT_EQ(shapeOf({map, group("key_value", Repeated, 1), leaf("k", Required)}), "list<k>");
}

TEST(Schema, RefusesWhatContradictsItself) {
  EXPECT_TRUE(contains(shapeOf({group("l", Optional, 1, Kind::List), leaf("x", Optional)}), "nothing in it repeats"));
  EXPECT_TRUE(contains(shapeOf({group("m", Optional, 1, Kind::Map), group("kv", Repeated, 3), leaf("a", Required),
                                leaf("b", Required), leaf("c", Required)}),
                       "does not hold keys and values"));
  EXPECT_TRUE(contains(shapeOf({group("s", Optional, 2), leaf("a", Required), leaf("a", Required)}), "two columns"));
  EXPECT_TRUE(contains(shapeOf({group("s", Optional, 0)}), "is empty"));
  EXPECT_TRUE(contains(shapeOf({group("s", Optional, 9), leaf("a", Required)}), "ends early"));
  EXPECT_TRUE(contains(shapeOf({leaf("a", Required), leaf("b", Required)}), "outside the root"));
  EXPECT_TRUE(contains(shapeOf({leaf("\xFF", Required)}), "not valid UTF-8"));
  EXPECT_TRUE(contains(shapeOf({leaf("a", Required, Physical::Int32, Kind::Text)}), "contradicts itself"));
  EXPECT_TRUE(contains(shapeOf({leaf("a", Required, Physical::FixedBytes)}), "no bytes"));
  EXPECT_TRUE(contains(shapeOf({leaf("a", Required, Physical::Int64, Kind::Date)}), "contradicts itself"));
  EXPECT_TRUE(contains(shapeOf({leaf("a", Required, Physical::Int64, Kind::List)}), "contradicts itself"));
  EXPECT_TRUE(contains(messageOf(readSchema({})), "no root"));
}

TEST(Schema, RefusesDepthsThatNoFileHas) {
  for (const Kind kind : {Kind::Plain, Kind::List}) {
    const std::vector<SchemaElement> nested(10'000, group("g", kind == Kind::Plain ? Optional : Repeated, 1, kind));
    EXPECT_TRUE(contains(shapeOf(nested), "nests more than"));
  }
  std::vector<SchemaElement> lists;
  for (int i = 0; i < 10'000; ++i) {
    lists.push_back(group("l", Optional, 1, Kind::List));
    lists.push_back(group("list", Repeated, 1));
  }
  EXPECT_TRUE(contains(shapeOf(lists), "nests more than"));
}

}  // namespace
}  // namespace rosa::data::parquet
