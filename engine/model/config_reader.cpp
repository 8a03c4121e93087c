// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/config_reader.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

namespace rosa::model {

using Json = nlohmann::ordered_json;

namespace {

/// A value for a message: hostile files hold text that is no UTF-8 or fills pages.
std::string shown(const Json& value) {
  constexpr std::size_t kLongest = 60;
  const auto text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= kLongest ? text : fmt::format("{}...", std::string_view(text).substr(0, kLongest));
}

bool fitsInt64(const Json& value) {
  return value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
}

std::optional<std::int64_t> asTokenId(const Json& value, std::int64_t vocabularySize) {
  if (!fitsInt64(value)) return std::nullopt;
  const auto id = value.get<std::int64_t>();
  return id >= 0 && id < vocabularySize ? std::optional(id) : std::nullopt;
}

}  // namespace

const Json* ConfigReader::find(const char* key) const {
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

void ConfigReader::fail(const std::string& key, const std::string& what) {
  if (error_.empty())
    error_ = fmt::format("{}: '{}' {}. Correct the key or choose another model folder.", file_, key, what);
}

void ConfigReader::adopt(const ConfigReader& inner) {
  if (error_.empty()) error_ = inner.error_;
}

std::int64_t ConfigReader::integer(const char* key, std::int64_t smallest, std::int64_t largest,
                                   std::optional<std::int64_t> fallback) {
  const auto* found = find(key);
  if (found == nullptr) {
    if (!fallback) fail(key, "is missing");
    return fallback.value_or(smallest);
  }
  if (!found->is_number_integer()) {
    fail(key, fmt::format("is {} where a whole number belongs", shown(*found)));
    return smallest;
  }
  if (!fitsInt64(*found) || found->get<std::int64_t>() < smallest || found->get<std::int64_t>() > largest) {
    fail(key, fmt::format("is {}, outside {} to {}", shown(*found), smallest, largest));
    return smallest;
  }
  return found->get<std::int64_t>();
}

double ConfigReader::number(const char* key, double smallest, double largest, double fallback) {
  const auto* found = find(key);
  if (found == nullptr) return fallback;
  if (!found->is_number()) {
    fail(key, fmt::format("is {} where a number belongs", shown(*found)));
    return fallback;
  }
  const auto value = found->get<double>();
  if (!std::isfinite(value) || value < smallest || value > largest) {
    fail(key, fmt::format("is {}, outside {} to {}", shown(*found), smallest, largest));
    return fallback;
  }
  return value;
}

bool ConfigReader::truth(const char* key, bool fallback) {
  const auto* found = find(key);
  if (found == nullptr) return fallback;
  if (!found->is_boolean()) {
    fail(key, fmt::format("is {} where true or false belongs", shown(*found)));
    return fallback;
  }
  return found->get<bool>();
}

void ConfigReader::requireTruth(const char* key, bool only) {
  if (truth(key, only) != only) fail(key, fmt::format("is {}, which is not supported", !only));
}

std::string ConfigReader::text(const char* key, std::string fallback) {
  const auto* found = find(key);
  if (found == nullptr) return fallback;
  if (!found->is_string()) {
    fail(key, fmt::format("is {} where a text belongs", shown(*found)));
    return fallback;
  }
  return found->get<std::string>();
}

std::optional<std::int64_t> ConfigReader::tokenId(const char* key, std::int64_t vocabularySize) {
  const auto* found = find(key);
  return found == nullptr ? std::nullopt : asTokenId(*found, vocabularySize);
}

std::vector<std::int64_t> ConfigReader::tokenIds(const char* key, std::int64_t vocabularySize) {
  std::vector<std::int64_t> ids;
  const auto* found = find(key);
  if (found == nullptr) return ids;
  const auto add = [&](const Json& value) {
    if (const auto id = asTokenId(value, vocabularySize)) ids.push_back(*id);
  };
  if (found->is_array()) {
    for (const auto& value : *found) add(value);
  } else {
    add(*found);
  }
  return ids;
}

}  // namespace rosa::model
