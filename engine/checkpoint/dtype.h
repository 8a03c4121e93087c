// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rosa::checkpoint {

/// The number formats of safetensors, in the order in which the official library ranks them (a file is written with the
/// highest first).
enum class Dtype {
  Bool,
  F4,
  F6E2M3,
  F6E3M2,
  U8,
  I8,
  F8E5M2,
  F8E4M3,
  F8E8M0,
  F8E4M3Fnuz,
  F8E5M2Fnuz,
  I16,
  U16,
  F16,
  BF16,
  I32,
  U32,
  F32,
  C64,
  F64,
  I64,
  U64,
};

/// As the file spells it: "BF16".
[[nodiscard]] std::string_view dtypeName(Dtype dtype);
[[nodiscard]] std::optional<Dtype> parseDtype(std::string_view name);
/// 4 and 6 for the formats below a byte.
[[nodiscard]] std::uint64_t dtypeBits(Dtype dtype);
/// Real numbers, as weights are; not integers, truth values or complex numbers.
[[nodiscard]] bool isFloating(Dtype dtype);
/// As people say it: "bf16", "fp32", "int64".
[[nodiscard]] std::string_view dtypeWord(Dtype dtype);
/// As config.json of transformers spells the dtypes of weights: "bfloat16"; empty for what no model computes in.
[[nodiscard]] std::string_view configWord(Dtype dtype);

}  // namespace rosa::checkpoint
