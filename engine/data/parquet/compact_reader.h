// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rosa/expected.h"

namespace rosa::data::parquet {

/// Thrift's compact protocol, in which a Parquet file keeps its metadata; read only. Takes any bytes: what is no such
/// text ends with an error, whose message is a reason for others to put into a sentence. Every step consumes bytes, so
/// the work is bounded by them, and nesting is limited.
class CompactReader {
 public:
  enum class Type : std::uint8_t {
    Stop,
    True,
    False,
    Byte,
    Int16,
    Int32,
    Int64,
    Double,
    Binary,
    List,
    Set,
    Map,
    Struct,
    Uuid,
  };
  struct Field {
    Type type = Type::Stop;
    int id = 0;
  };

  /// `bytes` must outlive the reader and the texts it hands out.
  explicit CompactReader(std::string_view bytes) : bytes_(bytes) {}

  /// Bytes read so far.
  [[nodiscard]] std::size_t position() const { return at_; }
  /// Whether an error came from bytes that ended early, so that more of them could help.
  [[nodiscard]] bool ranOut() const { return ranOut_; }

  /// Calls `onField(field)` for each field of a struct; it reads the field's value, or skips it, and returns a Status.
  template <typename OnField>
  [[nodiscard]] Status structure(OnField onField) {
    ROSA_CHECK(enter());
    for (int id = 0;;) {
      ROSA_TRY(const Field field, nextField(id));
      if (field.type == Type::Stop) break;
      ROSA_CHECK(onField(field));
    }
    --depth_;
    return {};
  }

  /// The same for a field that holds a struct.
  template <typename OnField>
  [[nodiscard]] Status structure(Field field, OnField onField) {
    ROSA_CHECK(expect(field, Type::Struct));
    return structure(std::move(onField));
  }

  /// Calls `onElement(element)` for each element of a list; `element.id` counts them from 0.
  template <typename OnElement>
  [[nodiscard]] Status list(Field field, OnElement onElement) {
    ROSA_CHECK(expect(field, Type::List));
    ROSA_CHECK(enter());
    std::size_t count = 0;
    ROSA_TRY(const Type type, listHead(count));
    for (std::size_t i = 0; i < count; ++i) ROSA_CHECK(onElement(Field{type, static_cast<int>(i)}));
    --depth_;
    return {};
  }

  /// A whole number of any width.
  [[nodiscard]] Expected<std::int64_t> integer(Field field);
  [[nodiscard]] Expected<bool> boolean(Field field);
  [[nodiscard]] Expected<std::string_view> binary(Field field);
  /// Passes over a field's value.
  [[nodiscard]] Status skip(Field field);

 private:
  [[nodiscard]] Expected<Field> nextField(int& id);
  [[nodiscard]] Expected<Type> listHead(std::size_t& count);
  [[nodiscard]] Status skipList();
  [[nodiscard]] Status skipMap();
  [[nodiscard]] Status expect(Field field, Type type) const;
  [[nodiscard]] Status enter();
  [[nodiscard]] Expected<std::uint8_t> byte();
  [[nodiscard]] Expected<std::uint64_t> varint();
  [[nodiscard]] Status advance(std::uint64_t count);
  [[nodiscard]] Error endsEarly();

  std::string_view bytes_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool ranOut_ = false;
};

}  // namespace rosa::data::parquet
