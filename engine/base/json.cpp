// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"

namespace rosa::base {
namespace {

/// "line 3, column 17" of a byte counted from 1; "column 17" in a text of one line, which may itself be a line of a
/// file.
std::string place(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position > 0 ? position - 1 : 0);
  const auto line = 1 + std::ranges::count(before, '\n');
  const auto lineStart = before.rfind('\n');
  const std::size_t column = before.size() - (lineStart == std::string_view::npos ? 0 : lineStart + 1) + 1;
  if (text.find('\n') == std::string_view::npos) return fmt::format("column {}", column);
  return fmt::format("line {}, column {}", line, column);
}

Error invalid(std::string_view source, std::string_view where, std::string_view reason) {
  return Error{fmt::format("{} is not valid JSON{}{}: {}. Repair the file or fetch it again.", printable(source),
                           where.empty() ? "" : " at ", where, reason)};
}

/// Builds a Json value, checking depth and keys.
class Builder final : public JsonEvents {
 public:
  explicit Builder(const JsonLimits& limits) : limits_(limits) {}

  Json take() { return std::move(root_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const std::string& /*text*/) override { return add(value); }
  bool string(std::string& value) override { return add(std::move(value)); }

  bool start_object(std::size_t /*count*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*count*/) override { return open(Json::array()); }
  bool key(std::string& name) override {
    key_ = std::move(name);
    return true;
  }
  bool end_object() override {
    if (const std::string* twice = repeatedKey(object(*open_.back()))) {
      return fail(fmt::format("the key {} stands twice in one object", inQuotes(*twice)));
    }
    open_.pop_back();
    return true;
  }
  bool end_array() override {
    open_.pop_back();
    return true;
  }

 private:
  static Json::object_t& object(Json& value) { return value.get_ref<Json::object_t&>(); }

  /// Looking each key up as it comes would make a vocabulary of n entries cost n² comparisons.
  static const std::string* repeatedKey(const Json::object_t& members) {
    std::vector<const std::string*> keys;
    keys.reserve(members.size());
    for (const auto& [name, value] : members) keys.push_back(&name);
    const auto text = [](const std::string* key) -> const std::string& { return *key; };
    std::ranges::sort(keys, {}, text);
    const auto twice = std::ranges::adjacent_find(keys, {}, text);
    return twice == keys.end() ? nullptr : *twice;
  }

  Json* place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    object(parent).emplace_back(std::move(key_), std::move(value));
    return &object(parent).back().second;
  }

  template <typename T>
  bool add(T&& value) {
    place(Json(std::forward<T>(value)));
    return true;
  }

  bool open(Json empty) {
    if (open_.size() >= limits_.depth) {
      return fail(fmt::format("objects and arrays lie more than {} deep", limits_.depth));
    }
    open_.push_back(place(std::move(empty)));
    return true;
  }

  JsonLimits limits_;
  Json root_;
  std::vector<Json*> open_;  ///< pointers stay valid: only the innermost container grows
  std::string key_;
};

}  // namespace

bool JsonEvents::binary(binary_t& /*value*/) {
  return fail("binary values do not belong in JSON text");
}

bool JsonEvents::parse_error(std::size_t position, const std::string& lastToken,
                             const nlohmann::json::exception& error) {
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - unexpected
  // end of input; expected string literal": what it was doing and what it wanted; the place is counted anew, in the
  // words of this project.
  std::string_view reason = error.what();
  if (const auto colon = reason.find(": "); colon != std::string_view::npos) reason.remove_prefix(colon + 2);
  if (const auto token = reason.find("; last read: "); token != std::string_view::npos) {
    const auto end = reason.find("'; expected ", token);
    const std::string_view rest = end == std::string_view::npos ? std::string_view() : reason.substr(end + 1);
    message_ = fmt::format("{}, near {}{}", printable(reason.substr(0, token)), inQuotes(lastToken), printable(rest));
  } else {
    message_ = printable(reason);
  }
  position_ = std::max<std::size_t>(position, 1);
  return false;
}

bool JsonEvents::fail(std::string message) {
  message_ = std::move(message);
  return false;
}

Status parseJsonEvents(std::string_view text, std::string_view source, JsonEvents& events) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    return Error{fmt::format("{} begins with a byte-order mark. Save it as UTF-8 without one.", printable(source))};
  }
  // The parser takes a NUL byte for the end of the text and would not see what follows.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return invalid(source, place(text, nul + 1), "a NUL byte");
  }
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &events)) return {};
  return invalid(source, events.position_ > 0 ? place(text, events.position_) : std::string(), events.message_);
}

Expected<Json> parseJson(std::string_view text, std::string_view source, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return Error{fmt::format("{} has {}, more than the {} that are read of it.", printable(source),
                             formatBytes(text.size()), formatBytes(limits.bytes))};
  }
  Builder builder(limits);
  ROSA_CHECK(parseJsonEvents(text, source, builder));
  return builder.take();
}

Expected<Json> readJsonFile(FileSystem& files, const std::filesystem::path& path, const JsonLimits& limits) {
  ROSA_TRY(const std::string text, readFile(files, path, limits.bytes));
  return parseJson(text, path.native(), limits);
}

}  // namespace rosa::base
