// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "checkpoint/dtype.h"
#include "rosa/expected.h"

/// What turns the numbers of one tensor into those of another, exactly and in few bytes.
///
/// Floating-point numbers are taken as the integers that count them in their order, so that a small change is a small
/// difference whatever its exponent and sign. The differences, folded to 0, -1, 1, -2, ... as 0, 1, 2, 3, ..., are laid
/// out by bytes or by bits of equal weight, whichever zstd makes smaller: most of the high ones are zero. Pure
/// functions, callable from any thread.
namespace rosa::checkpoint {

/// `base` and `target`: little-endian numbers of one dtype, as many in both. An empty `base` counts as zeros.
[[nodiscard]] Expected<std::string> packChange(Dtype dtype, std::span<const std::byte> base,
                                               std::span<const std::byte> target);

/// About how many bytes that makes, mostly a little more, in a fraction of the time.
[[nodiscard]] Expected<std::size_t> quickSize(Dtype dtype, std::span<const std::byte> base,
                                              std::span<const std::byte> target);

/// Turns `numbers` from what `packed` was made of into what it leads to. An error says that `packed` is damaged; the
/// numbers are then of no use.
[[nodiscard]] Status applyChange(Dtype dtype, std::string_view packed, std::span<std::byte> numbers);

/// Bytes as one zstd frame, and back. An error says that `packed` is damaged; one of more than `most` plain bytes
/// counts as that.
[[nodiscard]] Expected<std::string> packBytes(std::string_view plain);
[[nodiscard]] Expected<std::string> unpackBytes(std::string_view packed, std::uint64_t most);

}  // namespace rosa::checkpoint
