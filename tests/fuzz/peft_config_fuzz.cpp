// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <string>

#include "checkpoint/peft_adapter.h"
#include "checkpoint/peft_config.h"
#include "fuzz/fuzz_input.h"

/// The first line is the name of a stored tensor, the rest adapter_config.json.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const auto text = fuzz::asText(data, size);
  const auto lineEnd = std::min(text.find('\n'), text.size());
  const auto stored = text.substr(0, lineEnd);
  std::string module(stored);
  if (const auto tensor = checkpoint::parsePeftName(stored)) {
    module = tensor->module;
    // Names of whole modules lose a wrapper that they may hold twice.
    if (tensor->part != checkpoint::PeftPart::Saved) {
      const auto again = checkpoint::parsePeftName(checkpoint::peftName(tensor->part, module));
      fuzz::require(again && again->module == module && again->part == tensor->part,
                    "a tensor's name is read back to the same");
    }
  } else {
    fuzz::requireSentence(tensor.error().message);
  }

  const auto json = base::parseJson(text.substr(std::min(lineEnd + 1, text.size())), "the input");
  if (!json) return 0;
  const auto config = checkpoint::parsePeftConfig(*json, "the input");
  if (!config) {
    fuzz::requireSentence(config.error().message);
    return 0;
  }
  const auto rank = config->rankOf(module);
  fuzz::require(rank > 0, "every rank is positive");
  fuzz::require(std::isfinite(config->scaleOf(module, rank)), "every scale is a number");
  const auto written = checkpoint::formatPeftConfig(*config);
  const auto jsonAgain = base::parseJson(written, "its own text");
  fuzz::require(jsonAgain.hasValue(), "a written configuration is JSON");
  const auto again = checkpoint::parsePeftConfig(*jsonAgain, "its own text");
  fuzz::require(again && checkpoint::formatPeftConfig(*again) == written,
                "a written configuration is read back to the same");
  return 0;
}
