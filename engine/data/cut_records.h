// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/row_maker.h"
#include "rosa/expected.h"

/// The records of a journal (data/cut_journal.h). `textBytes`, of the piece that a record is of, stand in it too: a
/// record of another piece, or with anything wrong, is none.
namespace rosa::data {

/// The tokens of a stretch of text; none where it could not be cut for itself.
using PieceTokens = std::optional<std::vector<std::int32_t>>;
[[nodiscard]] std::vector<std::byte> recordOfTokens(const PieceTokens& ids, std::size_t textBytes);
[[nodiscard]] std::optional<PieceTokens> tokensOfRecord(std::span<const std::byte> record, std::size_t textBytes);

/// What became of rows that stand one after another; empty where an example has more of something than fits.
using MadeRows = std::vector<Expected<MadeRow>>;
[[nodiscard]] std::vector<std::byte> recordOfRows(const MadeRows& rows, std::size_t textBytes);
/// `count` rows.
[[nodiscard]] std::optional<MadeRows> rowsOfRecord(std::span<const std::byte> record, std::size_t count,
                                                   std::size_t textBytes);

}  // namespace rosa::data
