// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/role.h"
#include "text/tokenizer_class.h"

namespace rosa::text {

struct BuiltTokenizer {
  base::Json json;                 ///< a tokenizer.json that says what the class builds
  std::vector<std::string> parts;  ///< those of the file that are not used because the class has others
};

/// `roles` are the texts of the tokens in use; empty = none.
[[nodiscard]] BuiltTokenizer buildAs(TokenizerClass kind, base::Json tokenizerJson, const base::Json& tokenizerConfig,
                                     const std::array<std::string, kRoles>& roles);

}  // namespace rosa::text
