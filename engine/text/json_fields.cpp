// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/json_fields.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/text.h"
#include "text/unicode.h"

namespace rosa::text {

const base::Json& member(const base::Json& json, std::string_view key) {
  static const base::Json kNull;
  if (!json.is_object()) return kNull;
  const auto found = json.find(key);
  return found == json.end() ? kNull : *found;
}

std::string textOr(const base::Json& json, std::string_view key, std::string otherwise) {
  const auto& value = member(json, key);
  return value.is_string() ? value.get<std::string>() : std::move(otherwise);
}

bool truthOr(const base::Json& json, std::string_view key, bool otherwise) {
  const auto& value = member(json, key);
  return value.is_boolean() ? value.get<bool>() : otherwise;
}

Expected<std::string> textField(const base::Json& json, std::string_view key, std::string_view place) {
  const auto& value = member(json, key);
  if (!value.is_string()) return Error{fmt::format("{}.{} must be a string.", place, key)};
  return value.get<std::string>();
}

Expected<std::u32string> pointsField(const base::Json& json, std::string_view key, std::string_view place) {
  ROSA_TRY(const auto text, textField(json, key, place));
  return codePoints(text);
}

Expected<bool> boolField(const base::Json& json, std::string_view key, bool otherwise, std::string_view place) {
  const auto& value = member(json, key);
  if (value.is_null()) return otherwise;
  if (!value.is_boolean()) return Error{fmt::format("{}.{} must be true or false.", place, key)};
  return value.get<bool>();
}

Expected<std::int32_t> tokenId(const base::Json& json, std::string_view place) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max()) {
    return Error{fmt::format("{} must be a whole number from 0 to 2147483647.", place)};
  }
  return static_cast<std::int32_t>(json.get<std::uint64_t>());
}

Expected<std::int32_t> numberField(const base::Json& json, std::string_view key, std::int32_t otherwise,
                                   std::string_view place) {
  const auto& value = member(json, key);
  if (value.is_null()) return otherwise;
  return tokenId(value, fmt::format("{}.{}", place, key));
}

Expected<std::string> typeOf(const base::Json& json, std::string_view place) {
  return textField(json, "type", place);
}

Error unsupported(std::string_view place, std::string_view what) {
  return Error{fmt::format("{} {} is not known here. Save the tokenizer again with a tokenizers 0.23 that writes it.",
                           place, base::inQuotes(what))};
}

}  // namespace rosa::text
