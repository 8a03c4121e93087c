// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/compact_reader.h"

#include <fmt/format.h>

#include "data/parquet/bits.h"

namespace rosa::data::parquet {
namespace {

constexpr int kDeepest = 64;

Expected<CompactReader::Type> typeOf(unsigned code) {
  if (code > static_cast<unsigned>(CompactReader::Type::Uuid)) {
    return Error{fmt::format("its metadata has a field of the unknown type {}", code)};
  }
  return static_cast<CompactReader::Type>(code);
}

}  // namespace

Expected<std::int64_t> CompactReader::integer(Field field) {
  if (field.type == Type::Byte) {
    ROSA_TRY(const std::uint8_t value, byte());
    return static_cast<std::int64_t>(static_cast<std::int8_t>(value));
  }
  if (field.type != Type::Int16 && field.type != Type::Int32) ROSA_CHECK(expect(field, Type::Int64));
  ROSA_TRY(const std::uint64_t value, varint());
  return fromZigZag(value);
}

Expected<bool> CompactReader::boolean(Field field) {
  if (field.type != Type::False) ROSA_CHECK(expect(field, Type::True));
  return field.type == Type::True;
}

Expected<std::string_view> CompactReader::binary(Field field) {
  ROSA_CHECK(expect(field, Type::Binary));
  ROSA_TRY(const std::uint64_t size, varint());
  const std::size_t begin = at_;
  ROSA_CHECK(advance(size));
  return bytes_.substr(begin, size);
}

Status CompactReader::skip(Field field) {
  constexpr std::uint64_t kDoubleBytes = 8;
  constexpr std::uint64_t kUuidBytes = 16;
  switch (field.type) {
    case Type::Stop:
      break;
    case Type::True:
    case Type::False:
      return {};
    case Type::Byte:
      return advance(1);
    case Type::Int16:
    case Type::Int32:
    case Type::Int64: {
      ROSA_TRY([[maybe_unused]] const std::uint64_t value, varint());
      return {};
    }
    case Type::Double:
      return advance(kDoubleBytes);
    case Type::Uuid:
      return advance(kUuidBytes);
    case Type::Binary: {
      ROSA_TRY([[maybe_unused]] const std::string_view value, binary(field));
      return {};
    }
    case Type::List:
    case Type::Set:
      return skipList();
    case Type::Map:
      return skipMap();
    case Type::Struct:
      return structure([this](Field inner) { return skip(inner); });
  }
  return Error{"its metadata has a value without a type"};
}

Status CompactReader::skipList() {
  return list({Type::List, 0}, [this](Field element) {
    // A truth value stands in the field's head, but in a list it is a byte of its own.
    const bool truth = element.type == Type::True || element.type == Type::False;
    return truth ? advance(1) : skip(element);
  });
}

Status CompactReader::skipMap() {
  ROSA_CHECK(enter());
  ROSA_TRY(const std::uint64_t count, varint());
  if (count > 0) {
    ROSA_TRY(const std::uint8_t types, byte());
    ROSA_TRY(const Type key, typeOf(types >> 4U));
    ROSA_TRY(const Type value, typeOf(types & 0x0FU));
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::size_t before = at_;
      for (const Type type : {key, value}) {
        const bool truth = type == Type::True || type == Type::False;
        ROSA_CHECK(truth ? advance(1) : skip({type, 0}));
      }
      if (at_ == before) return Error{"its metadata has an empty map entry"};
    }
  }
  --depth_;
  return {};
}

Expected<CompactReader::Field> CompactReader::nextField(int& id) {
  ROSA_TRY(const std::uint8_t head, byte());
  ROSA_TRY(const Type type, typeOf(head & 0x0FU));
  if (type == Type::Stop) return Field{};
  constexpr int kLargestId = 32767;
  if (head >> 4U != 0) {
    id += head >> 4U;
  } else {
    ROSA_TRY(const std::uint64_t coded, varint());
    const std::int64_t given = fromZigZag(coded);
    if (given < 0 || given > kLargestId) return Error{"its metadata has a field with an impossible number"};
    id = static_cast<int>(given);
  }
  if (id > kLargestId) return Error{"its metadata has a field with an impossible number"};
  return Field{type, id};
}

Expected<CompactReader::Type> CompactReader::listHead(std::size_t& count) {
  constexpr unsigned kLongForm = 15;
  ROSA_TRY(const std::uint8_t head, byte());
  ROSA_TRY(const Type type, typeOf(head & 0x0FU));
  std::uint64_t size = head >> 4U;
  if (size == kLongForm) {
    ROSA_TRY(size, varint());
  }
  // Each element takes a byte at least.
  if (size > bytes_.size() - at_) return endsEarly();
  count = size;
  return type;
}

Status CompactReader::expect(Field field, Type type) const {
  if (field.type == type) return {};
  return Error{fmt::format("its metadata has a field {} of the wrong type", field.id)};
}

Status CompactReader::enter() {
  if (++depth_ > kDeepest) return Error{fmt::format("its metadata nests more than {} deep", kDeepest)};
  return {};
}

Expected<std::uint8_t> CompactReader::byte() {
  if (at_ == bytes_.size()) return endsEarly();
  return static_cast<std::uint8_t>(bytes_[at_++]);
}

Expected<std::uint64_t> CompactReader::varint() {
  const auto value = readVarint(bytes_, at_);
  if (value) return *value;
  constexpr std::size_t kLongestVarint = 10;
  if (bytes_.size() - at_ >= kLongestVarint) return Error{"its metadata has a number of more than 64 bits"};
  return endsEarly();
}

Status CompactReader::advance(std::uint64_t count) {
  if (count > bytes_.size() - at_) return endsEarly();
  at_ += count;
  return {};
}

Error CompactReader::endsEarly() {
  ranOut_ = true;
  return Error{"its metadata ends early"};
}

}  // namespace rosa::data::parquet
