// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/fuzz_input.h"
#include "rosa/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  RunConfig config;
  const auto problems = parseConfig(fuzz::asText(data, size), "/", config);
  for (const auto& problem : problems) fuzz::requireSentence(problem.message);
  for (const auto& problem : checkConfig(config)) fuzz::requireSentence(problem.message);
  static_cast<void>(configCommand(config));
  if (!problems.empty()) return 0;
  RunConfig again;
  fuzz::require(parseConfig(formatConfig(config), "/", again).empty(),
                "a written configuration is read without problems");
  fuzz::require(formatConfig(again) == formatConfig(config), "a written configuration is read back to the same");
  return 0;
}
