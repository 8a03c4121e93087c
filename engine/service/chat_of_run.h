// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "rosa/expected.h"
#include "text/chat_template.h"
#include "train/session.h"

/// What an export keeps of the conversations that a run was trained on.
namespace rosa::service {

/// A template as tokenizer_config.json holds it: its text, or several by name.
[[nodiscard]] base::Json templateJson(const text::ChatTemplate& chatTemplate);

/// Lays the very template into the folder of a whole model, in chat_template.jinja and tokenizer_config.json, in place
/// of what its base model brought, and adds the token that ends a turn to generation_config.json's end tokens. Does
/// nothing for a run without conversations; says in `remarks` what differs from the base model.
[[nodiscard]] Status writeChat(const train::Session& session, const std::filesystem::path& folder,
                               std::vector<std::string>& remarks);

}  // namespace rosa::service
