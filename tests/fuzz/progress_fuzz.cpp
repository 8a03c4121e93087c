// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/progress_json.h"

#include "fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const auto stored = train::parseProgress(fuzz::asText(data, size), "progress.json");
  if (!stored) {
    fuzz::requireSentence(stored.error().message);
    return 0;
  }
  fuzz::require(stored->progress.step >= 0 && stored->progress.resampledStep <= stored->progress.step,
                "what is read is in range");
  for (const auto& slice : stored->slices) {
    fuzz::require(slice.start >= 0 && slice.count >= 0 && slice.count <= slice.directions, "a slice lies in its layer");
    for (const auto index : slice.indices) {
      fuzz::require(index >= 0 && index < slice.directions, "an index lies in its layer");
    }
  }
  const auto written = train::formatProgress(*stored);
  const auto again = train::parseProgress(written, "progress.json");
  fuzz::require(again && train::formatProgress(*again) == written, "what is written is read back to the same");
  return 0;
}
