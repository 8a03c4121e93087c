// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/mix.h"

#include <cmath>

#include "base/text.h"
#include "config/values.h"

namespace rosa::config {

namespace {

/// Rows that count more often than this are a slip of the keyboard.
constexpr double kLargestWeight = 100;

}  // namespace

Expected<MixEntry> parseMix(std::string_view entry) {
  const auto sign = entry.rfind('=');
  MixEntry read{std::string(entry.substr(0, sign)), 1};
  if (read.path.empty()) return Error{base::inQuotes(entry) + " names no file; write PATH=WEIGHT, such as b.jsonl=0.5"};
  if (sign == std::string_view::npos) return read;
  const bool isNumber = parseValue(entry.substr(sign + 1), read.weight).hasValue();
  if (!isNumber || !(read.weight > 0) || read.weight > kLargestWeight) {
    return Error{base::inQuotes(entry) +
                 " has no weight behind its last \"=\"; write PATH=WEIGHT with a number above 0 "
                 "and at most 100, such as b.jsonl=0.5"};
  }
  return read;
}

std::string withMixPath(const std::string& entry,
                        const std::function<std::filesystem::path(const std::filesystem::path&)>& change) {
  const auto read = parseMix(entry);
  if (!read) return entry;
  const auto sign = entry.rfind('=');
  return change(read->path).string() + (sign == std::string::npos ? "" : entry.substr(sign));
}

}  // namespace rosa::config
