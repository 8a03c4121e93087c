// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/json.h"
#include "gguf/gguf_file.h"
#include "rosa/expected.h"

namespace rosa::convert {

/// config.json of the decoder that a file holds, in Transformers' words: what its metadata say of the shape, with
/// llama.cpp's defaults where they are silent, and what only its tensors show (an output layer of its own, biases, the
/// factors of a rope). An error names the architecture, key or tensor that has no place in it.
[[nodiscard]] Expected<base::Json> configOfGguf(const gguf::GgufFile& file);

}  // namespace rosa::convert
