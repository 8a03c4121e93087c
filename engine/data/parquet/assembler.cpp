// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/assembler.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"

namespace rosa::data::parquet {
namespace {

using base::Json;

/// What a value takes in memory, roughly.
std::size_t costOf(const Json& value) {
  if (value.is_string()) return sizeof(Json) + value.get_ref<const Json::string_t&>().size();
  if (value.is_binary()) return sizeof(Json) + value.get_binary().size();
  return sizeof(Json);
}

class Assembler {
 public:
  explicit Assembler(std::span<const std::unique_ptr<ColumnCursor>> cursors) : cursors_(cursors) {}

  /// A node whose first entry has this repetition level, below something that is there from `definition` on.
  [[nodiscard]] Expected<Json> value(const Node& node, int repetition, int definition) {
    ColumnCursor& first = firstOf(node);
    ROSA_CHECK(first.expect(repetition, definition));
    if (node.kind == Node::Kind::Leaf) {
      ROSA_TRY(Json value, first.take());
      ROSA_CHECK(spend(costOf(value), first));
      return value;
    }
    ROSA_CHECK(spend(sizeof(Json), first));
    if (first.definition() < node.present) {
      ROSA_CHECK(drop(node, repetition, definition, node.present));
      return Json(nullptr);
    }
    if (node.kind == Node::Kind::Struct) return members(node, repetition);
    if (first.definition() < node.filled) {
      ROSA_CHECK(drop(node, repetition, node.present, node.filled));
      return Json::array();
    }
    return entries(node, repetition);
  }

 private:
  [[nodiscard]] ColumnCursor& firstOf(const Node& node) const {
    const Node* at = &node;
    while (at->kind != Node::Kind::Leaf) at = &at->children.front();
    return *cursors_[at->leaf];
  }

  [[nodiscard]] Expected<Json> members(const Node& node, int repetition) {
    Json result = Json::object();
    auto& object = result.get_ref<Json::object_t&>();
    object.reserve(node.children.size());
    for (const Node& child : node.children) {
      ROSA_TRY(Json member, value(child, repetition, node.present));
      ROSA_CHECK(spend(child.name.size() + sizeof(std::string), firstOf(child)));
      // Looking for the key first, as operator[] does, would make n members cost n² comparisons.
      object.emplace_back(child.name, std::move(member));
    }
    return result;
  }

  [[nodiscard]] Expected<Json> entries(const Node& node, int repetition) {
    Json result = Json::array();
    ColumnCursor& first = firstOf(node);
    for (int level = repetition;; level = node.repetition) {
      if (node.kind == Node::Kind::Map) {
        Json pair = Json::array();
        for (const Node& child : node.children) {
          ROSA_TRY(Json part, value(child, level, node.filled));
          pair.push_back(std::move(part));
        }
        result.push_back(std::move(pair));
      } else {
        ROSA_TRY(Json entry, value(node.children.front(), level, node.filled));
        result.push_back(std::move(entry));
      }
      ROSA_TRY(const bool more, first.load());
      if (!more || first.repetition() != node.repetition) return result;
    }
  }

  /// Lets go of the entries that stand for a node which is not there: their definition levels are at least `least` and
  /// below `below`.
  [[nodiscard]] Status drop(const Node& node, int repetition, int least, int below) {
    if (node.kind == Node::Kind::Leaf) {
      ColumnCursor& cursor = *cursors_[node.leaf];
      ROSA_CHECK(cursor.expect(repetition, least));
      return cursor.drop(below);
    }
    for (const Node& child : node.children) ROSA_CHECK(drop(child, repetition, least, below));
    return {};
  }

  [[nodiscard]] Status spend(std::size_t bytes, const ColumnCursor& cursor) {
    spent_ += bytes;
    if (spent_ <= kLargestValueBytes) return {};
    return cursor.fault(
        fmt::format("it has a row that takes more than {} of memory", base::formatBytes(kLargestValueBytes)));
  }

  std::span<const std::unique_ptr<ColumnCursor>> cursors_;
  std::size_t spent_ = 0;
};

}  // namespace

Expected<Json> assemble(const Node& column, std::span<const std::unique_ptr<ColumnCursor>> cursors) {
  return Assembler(cursors).value(column, 0, 0);
}

}  // namespace rosa::data::parquet
