// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace rosa::text {

/// What a special token is for.
enum class Role { Begin, End, Unknown, Separator, Pad, Class, Mask };

inline constexpr std::size_t kRoles = 7;

/// The key that names the role's token in tokenizer_config.json and special_tokens_map.json, in the order of Role.
inline constexpr std::array<std::string_view, kRoles> kRoleKeys = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                                   "pad_token", "cls_token", "mask_token"};

}  // namespace rosa::text
