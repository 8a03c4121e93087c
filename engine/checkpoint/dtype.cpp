// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/dtype.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace rosa::checkpoint {
namespace {

struct Facts {
  std::string_view name;
  std::uint64_t bits;
  std::string_view word;
};

/// In the order of the enumeration.
constexpr std::array<Facts, 22> kFacts = {{
    {"BOOL", 8, "bool"},   {"F4", 4, "fp4"},          {"F6_E2M3", 6, "fp6"},     {"F6_E3M2", 6, "fp6"},
    {"U8", 8, "uint8"},    {"I8", 8, "int8"},         {"F8_E5M2", 8, "fp8"},     {"F8_E4M3", 8, "fp8"},
    {"F8_E8M0", 8, "fp8"}, {"F8_E4M3FNUZ", 8, "fp8"}, {"F8_E5M2FNUZ", 8, "fp8"}, {"I16", 16, "int16"},
    {"U16", 16, "uint16"}, {"F16", 16, "fp16"},       {"BF16", 16, "bf16"},      {"I32", 32, "int32"},
    {"U32", 32, "uint32"}, {"F32", 32, "fp32"},       {"C64", 64, "complex64"},  {"F64", 64, "fp64"},
    {"I64", 64, "int64"},  {"U64", 64, "uint64"},
}};
static_assert(kFacts.size() == static_cast<std::size_t>(Dtype::U64) + 1);

const Facts& facts(Dtype dtype) {
  return kFacts[static_cast<std::size_t>(dtype)];
}

}  // namespace

std::string_view dtypeName(Dtype dtype) {
  return facts(dtype).name;
}

std::optional<Dtype> parseDtype(std::string_view name) {
  const auto* found = std::ranges::find(kFacts, name, &Facts::name);
  if (found == kFacts.end()) return std::nullopt;
  return static_cast<Dtype>(found - kFacts.begin());
}

std::uint64_t dtypeBits(Dtype dtype) {
  return facts(dtype).bits;
}

bool isFloating(Dtype dtype) {
  const std::string_view name = dtypeName(dtype);
  return name.starts_with('F') || name == "BF16";
}

std::string_view dtypeWord(Dtype dtype) {
  return facts(dtype).word;
}

std::string_view configWord(Dtype dtype) {
  switch (dtype) {
    case Dtype::F16:
      return "float16";
    case Dtype::BF16:
      return "bfloat16";
    case Dtype::F32:
      return "float32";
    case Dtype::F64:
      return "float64";
    default:
      return {};
  }
}

}  // namespace rosa::checkpoint
