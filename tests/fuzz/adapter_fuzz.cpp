// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"
#include "checkpoint/peft_adapter.h"
#include "checkpoint/peft_config.h"
#include "fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const auto text = fuzz::asText(data, size);
  const auto name = checkpoint::parsePeftName(text);
  if (name && name->part != checkpoint::PeftPart::Saved) {
    const auto again = checkpoint::parsePeftName(checkpoint::peftName(name->part, name->module));
    fuzz::require(again && again->module == name->module && again->part == name->part,
                  "a name is written as it is read");
  }
  const auto json = base::parseJson(text, "the input");
  if (!json) return 0;
  const auto config = checkpoint::parsePeftConfig(*json, "adapter_config.json");
  if (!config) {
    fuzz::requireSentence(config.error().message);
    return 0;
  }
  const auto rank = config->rankOf("transformer.h.0.attn.c_attn");
  fuzz::require(rank > 0, "a rank is positive");
  static_cast<void>(config->scaleOf("transformer.h.0.attn.c_attn", rank));
  const auto written = checkpoint::formatPeftConfig(*config);
  const auto read = base::parseJson(written, "what was written");
  fuzz::require(read.hasValue(), "what is written is JSON");
  const auto again = checkpoint::parsePeftConfig(*read, "what was written");
  fuzz::require(again && checkpoint::formatPeftConfig(*again) == written, "what is written is read back");
  return 0;
}
