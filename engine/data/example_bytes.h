// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/example.h"

/// Examples as files keep them, numbers with the lowest byte first. A number tells what an example has and how many
/// tokens; its bytes, which may lie elsewhere, are four numbers and what the first number says of tokens, segments and
/// targets.
namespace rosa::data {

/// Nothing for what the format has no place for.
[[nodiscard]] std::optional<std::uint32_t> numberOfExample(const Example& example);
[[nodiscard]] std::uint32_t tokensOfExample(std::uint32_t number);
/// Bytes of an example.
[[nodiscard]] std::uint64_t sizeOfExample(std::uint32_t number);

void appendExample(std::vector<std::byte>& bytes, const Example& example, std::uint32_t number);
/// `bytes` are as many as the number asks for.
[[nodiscard]] Example exampleFrom(std::span<const std::byte> bytes, std::uint32_t number);

}  // namespace rosa::data
