// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/curves.h"
#include "rosa/events.h"

namespace rosa::store {

/// A header and a row for each step of which something is known.
[[nodiscard]] std::string curvesAsCsv(const std::vector<StoredEvent>& events);

/// The bytes of a TensorBoard event file: TFRecord frames (length, its checksum, data, their checksum; all little
/// endian) of Event messages, the first of which names the version, each other one with one scalar.
[[nodiscard]] std::string curvesAsTensorBoard(const std::vector<StoredEvent>& events);

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) of the bytes.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

}  // namespace rosa::store
