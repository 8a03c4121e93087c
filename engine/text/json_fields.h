// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "rosa/expected.h"

/// Typed access to the parts of a tokenizer.json, none of which can be trusted to be there. `place` names the part in
/// messages, e.g. "normalizer".
namespace rosa::text {

/// The member, or null where it is missing or the value is no object.
[[nodiscard]] const base::Json& member(const base::Json& json, std::string_view key);

/// The member, or `otherwise` where it is no string, or neither true nor false.
[[nodiscard]] std::string textOr(const base::Json& json, std::string_view key, std::string otherwise);
[[nodiscard]] bool truthOr(const base::Json& json, std::string_view key, bool otherwise);

[[nodiscard]] Expected<std::string> textField(const base::Json& json, std::string_view key, std::string_view place);
[[nodiscard]] Expected<std::u32string> pointsField(const base::Json& json, std::string_view key,
                                                   std::string_view place);
[[nodiscard]] Expected<bool> boolField(const base::Json& json, std::string_view key, bool otherwise,
                                       std::string_view place);
/// A whole number in 0 .. 2^31 - 1.
[[nodiscard]] Expected<std::int32_t> numberField(const base::Json& json, std::string_view key, std::int32_t otherwise,
                                                 std::string_view place);
[[nodiscard]] Expected<std::int32_t> tokenId(const base::Json& json, std::string_view place);
/// The word in "type".
[[nodiscard]] Expected<std::string> typeOf(const base::Json& json, std::string_view place);

/// "normalizer "Cyrillic" is not known here. ..."
[[nodiscard]] Error unsupported(std::string_view place, std::string_view what);

}  // namespace rosa::text
