// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace rosa::text {

/// Templates for base models, which come without one: chatml, llama3, gemma, mistral, phi and alpaca. Each marks what
/// the model says with {% generation %}, the end of its turn included, and refuses what it has no place for. Null where
/// there is none of that name.
[[nodiscard]] const std::string_view* builtInChatTemplate(std::string_view name);

/// "chatml, llama3, gemma, mistral, phi, alpaca"
[[nodiscard]] const std::string& builtInChatTemplateNames();

}  // namespace rosa::text
