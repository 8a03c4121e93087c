// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/gguf_config.h"
#include "convert/gguf_tokenizer.h"
#include "fuzz/fuzz_input.h"
#include "gguf/gguf_file.h"
#include "model/model_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const auto file = gguf::GgufFile::open(base::FileSystem::real(), fuzz::fileWith(fuzz::asText(data, size)));
  if (!file) return 0;  // gguf_fuzz
  const auto json = convert::configOfGguf(*file);
  if (!json) {
    fuzz::requireSentence(json.error().message);
  } else if (const auto config = model::parseModelConfig(*json, "model.gguf"); !config) {
    fuzz::requireSentence(config.error().message);
  }
  if (const auto texts = convert::textsOfGguf(*file); !texts) fuzz::requireSentence(texts.error().message);
  return 0;
}
