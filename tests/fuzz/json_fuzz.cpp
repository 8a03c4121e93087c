// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"
#include "fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const auto json = base::parseJson(fuzz::asText(data, size), "the input");
  if (!json) {
    fuzz::requireSentence(json.error().message);
    return 0;
  }
  const auto again = base::parseJson(json->dump(), "its own text");
  fuzz::require(again && *again == *json, "what was read and written is read back to the same value");
  return 0;
}
