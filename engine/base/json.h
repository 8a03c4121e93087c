// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/file.h"
#include "rosa/expected.h"

/// Strict reading of JSON that may come from anywhere.
///
/// One value in valid UTF-8 and nothing after it; no comments, no byte-order mark, no NaN; objects in which a key
/// stands twice are refused, because readers disagree on which one counts; size and depth are limited. Numbers keep
/// their kind: only non-negative integers below 2^64 are `is_number_unsigned`. Pure functions, callable from any
/// thread.
namespace rosa::base {

/// Keys keep the order of the file; looking one up walks them all, so iterate over large objects.
using Json = nlohmann::ordered_json;

struct JsonLimits {
  std::uint64_t bytes = std::uint64_t{4} << 20;
  std::size_t depth = 64;  ///< objects and arrays inside one another
};

/// `source` names the text in messages: a file, or "line 7 of data.jsonl".
[[nodiscard]] Expected<Json> parseJson(std::string_view text, std::string_view source, const JsonLimits& limits = {});

[[nodiscard]] Expected<Json> readJsonFile(FileSystem& files, const std::filesystem::path& path,
                                          const JsonLimits& limits = {});

/// For readers that take a text apart as it is parsed, without the value in memory. Members return true to go on, or
/// `fail`, which stops with an error. Strings and keys may be moved from.
class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool binary(binary_t& value) final;
  bool parse_error(std::size_t position, const std::string& lastToken, const nlohmann::json::exception& error) final;

  bool fail(Error error);

 private:
  friend Status parseJsonEvents(std::string_view text, std::string_view source, JsonEvents& events);
  Error failure_;             ///< of fail(), or the reason of a syntax error
  std::size_t position_ = 0;  ///< of a syntax error, in bytes from 1; 0: none
};

/// Strict as above, except that depth and keys are the receiver's to check.
[[nodiscard]] Status parseJsonEvents(std::string_view text, std::string_view source, JsonEvents& events);

}  // namespace rosa::base
