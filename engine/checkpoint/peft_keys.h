// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

/// Every key that adapter_config.json of PEFT 0.21.2 can have, for the kinds of adapters that are read, and what
/// becomes of it: nothing of the file is passed over in silence.
namespace rosa::checkpoint {

/// What PEFT itself can make of an adapter that is refused here; each use was tried with PEFT 0.21.2.
constexpr std::string_view kMergeWithPeft =
    "merge it with PEFT (PeftModel.from_pretrained, then merge_and_unload and save_pretrained), and choose the model "
    "that this writes once its tokenizer's files lie beside it";

enum class PeftKind { Lora, Ia3, Prompt, Prefix };

/// Whether a value asks for nothing: null, false, or an empty text, list or object.
[[nodiscard]] bool isOff(const base::Json& value);

/// The first key whose value would change what the adapter computes in a way that is not built, or that is unknown: a
/// sentence without its full stop that names key, value and what to do. A key that is off, or has PEFT's own default,
/// is never refused.
[[nodiscard]] std::optional<std::string> refusedKey(const base::Json& config, PeftKind kind);

}  // namespace rosa::checkpoint
