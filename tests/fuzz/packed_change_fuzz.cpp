// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "checkpoint/packed_change.h"
#include "fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  if (size < 2) return 0;
  constexpr std::array kDtypes = {checkpoint::Dtype::F32, checkpoint::Dtype::BF16, checkpoint::Dtype::F16};
  const auto dtype = kDtypes[data[0] % kDtypes.size()];
  const std::size_t width = dtype == checkpoint::Dtype::F32 ? 4 : 2;
  const auto rest = fuzz::asText(data + 2, size - 2);

  // As a damaged delta.
  std::vector<std::byte> numbers(data[1] * width);
  if (const auto applied = checkpoint::applyChange(dtype, rest, numbers); !applied) {
    fuzz::requireSentence(applied.error().message);
  }
  const auto plain = checkpoint::unpackBytes(rest, 1 << 16);
  fuzz::require(!plain || plain->size() <= 1 << 16, "no more than asked for is unpacked");

  // As two tensors.
  const std::size_t bytes = rest.size() / (2 * width) * width;
  std::vector<std::byte> base(bytes), target(bytes);
  std::transform(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(bytes), base.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  std::transform(rest.begin() + static_cast<std::ptrdiff_t>(bytes),
                 rest.begin() + static_cast<std::ptrdiff_t>(2 * bytes), target.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  const auto packed = checkpoint::packChange(dtype, base, target);
  fuzz::require(packed.hasValue(), "any two tensors can be packed");
  fuzz::require(checkpoint::applyChange(dtype, *packed, base).hasValue() && base == target, "and come back exactly");
  return 0;
}
