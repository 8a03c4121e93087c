// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
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

Error invalid(std::string_view source, std::string_view text, std::size_t position, std::string_view reason) {
  return Error{fmt::format("{} is not valid JSON at {}: {}. Repair it or fetch it again.", printable(source),
                           place(text, position), reason)};
}

/// Builds a Json value, checking depth and keys.
class Builder final : public JsonEvents {
 public:
  Builder(std::string_view source, const JsonLimits& limits) : source_(source), limits_(limits) {}

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
      return fail({fmt::format("{} has the key {} twice in one object. Remove one of them.", printable(source_),
                               inQuotes(*twice))});
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
      return fail({fmt::format("{} nests objects and lists more than {} deep. Check that it is the right file.",
                               printable(source_), limits_.depth)});
    }
    open_.push_back(place(std::move(empty)));
    return true;
  }

  std::string_view source_;
  JsonLimits limits_;
  Json root_;
  std::vector<Json*> open_;  ///< pointers stay valid: only the innermost container grows
  std::string key_;
};

}  // namespace

bool JsonEvents::binary(binary_t& /*value*/) {
  assert(false && "JSON text has no binary values");
  return false;
}

bool JsonEvents::parse_error(std::size_t position, const std::string& lastToken,
                             const nlohmann::json::exception& error) {
  // The parser says "[...] parse error at line 1, column 2: syntax error while parsing value - unexpected end of input;
  // expected string literal", with "; last read: '...'" before the last part where there is a token. The place and the
  // token are told in our own way: the token is foreign text, and of a long one the end matters.
  std::string_view reason = error.what();
  if (const auto dash = reason.find(" - "); dash != std::string_view::npos) reason.remove_prefix(dash + 3);
  const auto token = reason.find("; last read: ");
  std::string said = printable(reason.substr(0, token));
  if (token != std::string_view::npos) {
    constexpr std::size_t kShown = 40;
    const std::string_view tail = lastToken;
    said += " near " + printable(tail.substr(tail.size() - std::min(tail.size(), kShown)));
    const auto wanted = reason.rfind("; expected ");
    if (wanted != std::string_view::npos && wanted > token) said += printable(reason.substr(wanted));
  }
  failure_.message = std::move(said);
  position_ = std::max<std::size_t>(position, 1);
  return false;
}

bool JsonEvents::fail(Error error) {
  failure_ = std::move(error);
  return false;
}

Status parseJsonEvents(std::string_view text, std::string_view source, JsonEvents& events) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    return Error{fmt::format("{} begins with a byte-order mark. Save it as UTF-8 without one.", printable(source))};
  }
  // The parser takes a NUL byte for the end of the text and would not see what follows.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return invalid(source, text, nul + 1, "a NUL byte");
  }
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &events)) return {};
  if (events.position_ == 0) return std::move(events.failure_);
  return invalid(source, text, events.position_, events.failure_.message);
}

Expected<Json> parseJson(std::string_view text, std::string_view source, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return Error{fmt::format("{} has {}, more than the {} that are read of it.", printable(source),
                             formatBytes(text.size()), formatBytes(limits.bytes))};
  }
  Builder builder(source, limits);
  ROSA_CHECK(parseJsonEvents(text, source, builder));
  return builder.take();
}

Expected<Json> readJsonFile(FileSystem& files, const std::filesystem::path& path, const JsonLimits& limits) {
  ROSA_TRY(const std::string text, readFile(files, path, limits.bytes));
  return parseJson(text, path.native(), limits);
}

}  // namespace rosa::base
