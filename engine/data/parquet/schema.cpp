// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/text.h"

namespace rosa::data::parquet {
namespace {

constexpr int kDeepestSchema = 64;
constexpr int kLargestScale = 1'000;

/// Levels of what encloses a node.
struct Levels {
  int definition = 0;
  int repetition = 0;
};

class Builder {
 public:
  explicit Builder(std::span<const SchemaElement> elements) : elements_(elements) {}

  [[nodiscard]] Expected<std::vector<Node>> columns() {
    if (elements_.empty() || elements_.front().type) return Error{"its schema has no root"};
    std::vector<Node> columns;
    ROSA_TRY(columns, members(take(), {}));
    if (at_ != elements_.size()) return Error{"its schema has elements outside the root"};
    return columns;
  }

 private:
  const SchemaElement& take() { return elements_[at_++]; }

  /// The element that comes next, where the schema says that there is one.
  [[nodiscard]] Expected<const SchemaElement*> next() {
    if (at_ == elements_.size()) return Error{"its schema ends early"};
    return &take();
  }

  /// All children of a group.
  [[nodiscard]] Expected<std::vector<Node>> members(const SchemaElement& group, Levels levels) {
    ROSA_CHECK(enter());
    std::vector<Node> nodes;
    std::unordered_set<std::string_view> names;
    for (std::size_t i = 0; i < group.children; ++i) {
      ROSA_TRY(const SchemaElement* element, next());
      if (!base::isUtf8(element->name)) return Error{"the name of a column is not valid UTF-8"};
      if (!names.insert(element->name).second) {
        return Error{fmt::format("it gives two columns the name {}", base::inQuotes(element->name))};
      }
      ROSA_TRY(Node node, anyNode(*element, levels));
      nodes.push_back(std::move(node));
    }
    --depth_;
    return nodes;
  }

  [[nodiscard]] Expected<Node> anyNode(const SchemaElement& element, Levels levels) {
    if (element.repetition == Repetition::Repeated) return bareList(element, levels);
    if (element.repetition == Repetition::Optional) ++levels.definition;
    if (element.type) return leaf(element, levels);
    if (element.meaning.kind == Meaning::Kind::List) return list(element, levels);
    if (element.meaning.kind == Meaning::Kind::Map) return map(element, levels);
    return structure(element, levels);
  }

  /// A repeated node that stands in neither a list nor a map is a list that is never null, of values that never are.
  [[nodiscard]] Expected<Node> bareList(const SchemaElement& element, Levels levels) {
    Node node = repeating(element, levels);
    const Levels inner{levels.definition + 1, levels.repetition + 1};
    ROSA_TRY(Node entry, element.type ? leaf(element, inner) : structure(element, inner));
    node.children.push_back(std::move(entry));
    return node;
  }

  [[nodiscard]] Expected<Node> list(const SchemaElement& element, Levels levels) {
    ROSA_TRY(const SchemaElement* repeated, theRepeated(element));
    Node node = repeating(element, levels);
    const Levels inner{levels.definition + 1, levels.repetition + 1};
    if (repeated->type) {
      ROSA_TRY(Node entry, leaf(*repeated, inner));
      node.children.push_back(std::move(entry));
      return node;
    }
    ROSA_CHECK(enter());
    if (isEntryItself(*repeated, element.name)) {
      ROSA_TRY(Node entry, structure(*repeated, inner));
      node.children.push_back(std::move(entry));
    } else {
      ROSA_TRY(const SchemaElement* entryElement, next());
      ROSA_TRY(Node entry, anyNode(*entryElement, inner));
      node.children.push_back(std::move(entry));
    }
    --depth_;
    return node;
  }

  /// Whether the repeated group is what the list holds, and no mere wrapping of it.
  [[nodiscard]] bool isEntryItself(const SchemaElement& repeated, const std::string& listName) const {
    if (repeated.children != 1 || repeated.name == "array" || repeated.name == listName + "_tuple") return true;
    return at_ < elements_.size() && elements_[at_].repetition == Repetition::Repeated;
  }

  [[nodiscard]] Expected<Node> map(const SchemaElement& element, Levels levels) {
    ROSA_TRY(const SchemaElement* repeated, theRepeated(element));
    Node node = repeating(element, levels);
    ROSA_TRY(node.children, members(*repeated, {levels.definition + 1, levels.repetition + 1}));
    // A set is written as a map without values.
    if (node.children.size() == 2) node.kind = Node::Kind::Map;
    if (node.children.empty() || node.children.size() > 2) {
      return Error{fmt::format("its column {} is called a map, but does not hold keys and values",
                               base::inQuotes(element.name))};
    }
    return node;
  }

  [[nodiscard]] Expected<Node> structure(const SchemaElement& element, Levels levels) {
    Node node;
    node.kind = Node::Kind::Struct;
    node.name = element.name;
    node.present = levels.definition;
    ROSA_TRY(node.children, members(element, levels));
    if (node.children.empty()) return Error{fmt::format("its column {} is empty", base::inQuotes(element.name))};
    return node;
  }

  [[nodiscard]] Expected<Node> leaf(const SchemaElement& element, Levels levels) {
    Node node;
    node.name = element.name;
    node.present = levels.definition;
    node.leaf = leaves_++;
    node.type = *element.type;
    node.meaning = element.meaning;
    node.deepest = levels.definition;
    node.repeatable = levels.repetition;
    ROSA_TRY(node.width, widthOf(element));
    if (!fits(node)) {
      return Error{fmt::format("the type of its column {} contradicts itself", base::inQuotes(element.name))};
    }
    return node;
  }

  [[nodiscard]] static Expected<int> widthOf(const SchemaElement& element) {
    switch (*element.type) {
      case Physical::Boolean:
        return 1;
      case Physical::Int32:
      case Physical::Float:
        return 4;
      case Physical::Int64:
      case Physical::Double:
        return 8;
      case Physical::Int96:
        return 12;
      case Physical::ByteArray:
        return 0;
      case Physical::FixedBytes:
        break;
    }
    if (element.width > 0) return element.width;
    return Error{fmt::format("its column {} has values of no bytes", base::inQuotes(element.name))};
  }

  /// Whether the values can mean what the schema says.
  [[nodiscard]] static bool fits(const Node& node) {
    const Physical type = node.type;
    const bool integer = type == Physical::Int32 || type == Physical::Int64;
    const bool bytes = type == Physical::ByteArray || type == Physical::FixedBytes;
    switch (node.meaning.kind) {
      case Meaning::Kind::Text:
        return bytes;
      case Meaning::Kind::List:
      case Meaning::Kind::Map:
        return false;
      case Meaning::Kind::Decimal:
        return (integer || bytes) && node.meaning.scale <= kLargestScale;
      case Meaning::Kind::Date:
        return type == Physical::Int32;
      case Meaning::Kind::Time:
      case Meaning::Kind::Timestamp:
        return integer;
      case Meaning::Kind::Integer: {
        const int bits = node.meaning.bits;
        return integer && (bits == 8 || bits == 16 || bits == 32 || bits == 64) && bits <= 8 * node.width;
      }
      case Meaning::Kind::Uuid:
        return type == Physical::FixedBytes && node.width == 16;
      case Meaning::Kind::Float16:
        return type == Physical::FixedBytes && node.width == 2;
      case Meaning::Kind::Plain:
      case Meaning::Kind::Null:
        break;
    }
    return true;
  }

  [[nodiscard]] static Node repeating(const SchemaElement& element, Levels levels) {
    Node node;
    node.kind = Node::Kind::List;
    node.name = element.name;
    node.present = levels.definition;
    node.filled = levels.definition + 1;
    node.repetition = levels.repetition + 1;
    return node;
  }

  [[nodiscard]] Expected<const SchemaElement*> theRepeated(const SchemaElement& element) {
    if (element.children == 1) {
      ROSA_TRY(const SchemaElement* repeated, next());
      if (repeated->repetition == Repetition::Repeated) return repeated;
    }
    return Error{fmt::format("its column {} is called a list or a map, but nothing in it repeats",
                             base::inQuotes(element.name))};
  }

  [[nodiscard]] Status enter() {
    if (++depth_ > kDeepestSchema) return Error{fmt::format("its schema nests more than {} deep", kDeepestSchema)};
    return {};
  }

  std::span<const SchemaElement> elements_;
  std::size_t at_ = 0;
  std::size_t leaves_ = 0;
  int depth_ = 0;
};

}  // namespace

Expected<std::vector<Node>> readSchema(std::span<const SchemaElement> elements) {
  return Builder(elements).columns();
}

}  // namespace rosa::data::parquet
