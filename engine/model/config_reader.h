// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace rosa::model {

/// Reads keys of a config.json object and remembers the first mistake, so that reading code stays a list of keys. A
/// null counts as absent. What a mistaken key returns is always inside its limits.
class ConfigReader {
 public:
  /// `json` must be an object and outlive the reader; `file` opens every message.
  ConfigReader(const nlohmann::ordered_json& json, std::string file) : json_(json), file_(std::move(file)) {}

  /// Without `fallback` the key is required.
  std::int64_t integer(const char* key, std::int64_t smallest, std::int64_t largest,
                       std::optional<std::int64_t> fallback = std::nullopt);
  double number(const char* key, double smallest, double largest, double fallback);
  bool truth(const char* key, bool fallback);
  std::string text(const char* key, std::string fallback);
  /// A token id; none where the key is absent or names no token (some files say -1).
  std::optional<std::int64_t> tokenId(const char* key, std::int64_t vocabularySize);
  /// One token id or a list of them, as eos_token_id is written.
  std::vector<std::int64_t> tokenIds(const char* key, std::int64_t vocabularySize);
  /// Whether the key is there at all, be it with null.
  [[nodiscard]] bool says(const char* key) const { return json_.contains(key); }
  /// Null where the key is absent or null.
  [[nodiscard]] const nlohmann::ordered_json* find(const char* key) const;

  void fail(const std::string& key, const std::string& what);
  /// Takes over the mistake of a reader of an object inside this one.
  void adopt(const ConfigReader& inner);
  /// A key that must have this value because the model computes nothing else.
  void requireTruth(const char* key, bool only);

  [[nodiscard]] const std::string& file() const { return file_; }
  /// Empty while nothing is wrong.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  const nlohmann::ordered_json& json_;
  std::string file_;
  std::string error_;
};

}  // namespace rosa::model
