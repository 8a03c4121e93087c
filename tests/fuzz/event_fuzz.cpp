// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/fuzz_input.h"
#include "rosa/events.h"
#include "store/record_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const auto text = fuzz::asText(data, size);
  if (const auto record = store::recordFromJson(text)) {
    const auto written = store::recordToJson(*record);
    const auto again = store::recordFromJson(written);
    fuzz::require(again && store::recordToJson(*again) == written, "a written record is read back to the same");
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
