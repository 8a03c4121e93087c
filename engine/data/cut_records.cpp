// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/cut_records.h"

#include <string>
#include <utility>

#include "data/example_bytes.h"
#include "data/packed_bytes.h"

namespace rosa::data {
namespace {

enum RowBits : std::uint8_t { kFault = 1, kHasExample = 2, kLostEnd = 4, kEndsTurn = 8 };

/// False where the example has no place in a record.
bool packRow(BytePacker& out, const Expected<MadeRow>& row) {
  if (!row) {
    out.number(static_cast<std::uint8_t>(kFault));
    out.values(row.error().message);
    return true;
  }
  out.number(static_cast<std::uint8_t>((row->example ? kHasExample : 0) | (row->lostEnd ? kLostEnd : 0) |
                                       (row->endsTurn ? kEndsTurn : 0)));
  out.number(static_cast<std::uint64_t>(row->labels.size()));
  for (const auto& label : row->labels) out.values(label);
  if (!row->example) return true;
  const auto number = numberOfExample(*row->example);
  if (!number) return false;
  out.number(*number);
  appendExample(out.all(), *row->example, *number);
  return true;
}

Expected<MadeRow> unpackRow(ByteUnpacker& in) {
  const auto bits = in.number<std::uint8_t>();
  if ((bits & kFault) != 0) {
    Error fault;
    in.values(fault.message);
    return fault;
  }
  MadeRow row;
  row.lostEnd = (bits & kLostEnd) != 0;
  row.endsTurn = (bits & kEndsTurn) != 0;
  for (auto left = in.number<std::uint64_t>(); in.good() && left > 0; --left) in.values(row.labels.emplace_back());
  if ((bits & kHasExample) == 0) return row;
  const auto number = in.number<std::uint32_t>();
  const auto bytes = in.take(sizeOfExample(number));
  if (in.good()) row.example = exampleFrom(bytes, number);
  return row;
}

}  // namespace

std::vector<std::byte> recordOfTokens(const PieceTokens& ids, std::size_t textBytes) {
  BytePacker out;
  out.number(static_cast<std::uint64_t>(textBytes));
  out.number(static_cast<std::uint8_t>(ids ? 1 : 0));
  if (ids) out.smallValues(*ids);
  return std::move(out.all());
}

std::optional<PieceTokens> tokensOfRecord(std::span<const std::byte> record, std::size_t textBytes) {
  ByteUnpacker in(record);
  const bool same = in.number<std::uint64_t>() == textBytes;
  PieceTokens ids;
  if (in.number<std::uint8_t>() != 0) in.smallValues(ids.emplace());
  if (!same || !in.good() || !in.atEnd()) return std::nullopt;
  return ids;
}

std::vector<std::byte> recordOfRows(const MadeRows& rows, std::size_t textBytes) {
  BytePacker out;
  out.number(static_cast<std::uint64_t>(textBytes));
  out.number(static_cast<std::uint64_t>(rows.size()));
  for (const auto& row : rows) {
    if (!packRow(out, row)) return {};
  }
  return std::move(out.all());
}

std::optional<MadeRows> rowsOfRecord(std::span<const std::byte> record, std::size_t count, std::size_t textBytes) {
  ByteUnpacker in(record);
  if (in.number<std::uint64_t>() != textBytes || in.number<std::uint64_t>() != count) return std::nullopt;
  MadeRows rows;
  while (in.good() && rows.size() < count) rows.push_back(unpackRow(in));
  if (!in.good() || !in.atEnd()) return std::nullopt;
  return rows;
}

}  // namespace rosa::data
