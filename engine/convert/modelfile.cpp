// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/modelfile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace rosa::convert {
namespace {

/// In triple quotes where plain ones would end early.
std::string quoted(const std::string& text) {
  return text.find('"') == std::string::npos ? fmt::format("\"{}\"", text) : fmt::format("\"\"\"{}\"\"\"", text);
}

}  // namespace

std::string modelfile(std::string_view fileName, const gguf::Metadata& metadata) {
  std::string out = fmt::format("FROM ./{}\n", fileName);
  const auto* tokens = metadata.list<std::string>("tokenizer.ggml.tokens");
  std::vector<std::string> stops;
  for (const char* key : {"eos", "eot", "eom"}) {
    const auto* id = metadata.get<std::uint32_t>(fmt::format("tokenizer.ggml.{}_token_id", key));
    if (id == nullptr || tokens == nullptr || *id >= tokens->size()) continue;
    const auto& text = (*tokens)[*id];
    if (!text.empty() && std::ranges::find(stops, text) == stops.end()) stops.push_back(text);
  }
  for (const auto& stop : stops) out += fmt::format("PARAMETER stop {}\n", quoted(stop));
  if (metadata.get<std::string>("tokenizer.chat_template") != nullptr) {
    out +=
        "# The chat template lies in the GGUF file. Ollama knows the usual ones by their text; for another one, write\n"
        "# TEMPLATE in Ollama's own language here, which cannot be derived from it with certainty.\n";
  } else {
    out += "# The model has no chat template: Ollama hands it the text as it is.\nTEMPLATE {{ .Prompt }}\n";
  }
  return out;
}

}  // namespace rosa::convert
