// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gguf/value.h"

namespace rosa::convert {

/// What Ollama's `ollama create` takes beside a GGUF file: where it lies, and the tokens that end an answer. The chat
/// template is the one inside the file; Ollama's own is in another language and is left out.
[[nodiscard]] std::string modelfile(std::string_view fileName, const gguf::Metadata& metadata);

}  // namespace rosa::convert
