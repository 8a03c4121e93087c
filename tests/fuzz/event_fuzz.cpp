// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/fuzz_input.h"
#include "rosa/events.h"
#include "store/record_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const auto text = fuzz::asText(data, size);
  if (const auto record = store::recordFromBytes(text)) {
    const auto written = store::recordToBytes(*record);
    const auto again = store::recordFromBytes(written);
    fuzz::require(again && store::recordToBytes(*again) == written, "a written record is read back to the same");
  }
  const auto event = eventFromJson(text);
  if (!event) {
    fuzz::requireSentence(event.error().message);
    return 0;
  }
  const auto written = toJson(*event);
  fuzz::require(written.find('\n') == std::string::npos, "an event is one line");
  const auto again = eventFromJson(written);
  fuzz::require(again && toJson(*again) == written, "a written event is read back to the same");
  return 0;
}
