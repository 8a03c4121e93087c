// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "data/parquet/metadata.h"
#include "rosa/expected.h"

/// The columns of a Parquet file as a tree of values, lists, maps and structs.
namespace rosa::data::parquet {

/// A node below one column. Its levels are those of the format: a value of a leaf is stored with a definition level,
/// which says how many of the optional and repeated nodes on the way to it are there, and a repetition level, which
/// says at which of the repeated ones a new entry begins.
struct Node {
  enum class Kind { Leaf, Struct, List, Map };
  Kind kind = Kind::Leaf;
  std::string name;
  int present = 0;     ///< definition level from which on it is not null
  int filled = 0;      ///< list, map: definition level from which on it is not empty
  int repetition = 0;  ///< list, map: repetition level at which a further entry begins
  /// Struct: its members; list: the element; map: key and value. Two nodes of one struct never share a name.
  std::vector<Node> children;

  // Leaf:
  std::size_t leaf = 0;  ///< its place among all leaves, which is that of its chunk in a row group
  Physical type = Physical::Boolean;
  int width = 0;  ///< bytes of a value of fixed length
  Meaning meaning;
  int deepest = 0;     ///< definition level of a value
  int repeatable = 0;  ///< largest repetition level
};

/// One node a column. Legacy ways to write lists and maps are understood (apache/parquet-format, LogicalTypes.md).
[[nodiscard]] Expected<std::vector<Node>> readSchema(std::span<const SchemaElement> elements);

}  // namespace rosa::data::parquet
