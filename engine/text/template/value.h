// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "text/template/meter.h"

/// The values that a template works with: Python's, as far as Jinja's sandbox lets a template see them.
///
/// All but objects are immutable, as the sandbox has it; copies share what they hold.
namespace rosa::text::jinja {

/// Python's integers have no limit. These have 128 bits, and what goes beyond them is refused (OverflowError).
__extension__ typedef __int128 Integer;

class Value;
class Dict;
class Object;

/// A string. `points` are code points, which Python counts in.
struct Text {
  std::string utf8;
  std::size_t points = 0;
  bool markup = false;  ///< markupsafe's Markup: text that is not escaped again

  [[nodiscard]] bool ascii() const { return points == utf8.size(); }
};

/// Items of a list or a tuple. `names` are those of a named tuple (groupby's pairs), else empty.
struct Items {
  std::vector<Value> values;
  std::size_t depth = 1;  ///< containers inside one another, to keep recursion over values short
  bool named = false;     ///< groupby's pair (grouper, list)
};

struct List {
  std::shared_ptr<const Items> items;
};
struct Tuple {
  std::shared_ptr<const Items> items;
};

/// What a name, attribute or item that is not there gives: empty where it is printed, an error where it is used.
struct Missing {
  std::string hint;        ///< the whole message, if not empty
  std::string objectType;  ///< as object_type_repr has it; empty: a plain name
  std::string name;        ///< of the attribute, or the repr of an element that is no string
  bool element = false;
  bool unsafe = false;  ///< SecurityError instead of UndefinedError

  [[nodiscard]] std::string message() const;
  [[noreturn]] void raise() const;
};

class Value {
 public:
  using None = std::monostate;
  using Undefined = std::shared_ptr<const Missing>;
  using TextRef = std::shared_ptr<const Text>;
  using DictRef = std::shared_ptr<const Dict>;
  using ObjectRef = std::shared_ptr<Object>;
  using State = std::variant<None, Undefined, bool, Integer, double, TextRef, List, Tuple, DictRef, ObjectRef>;

  Value() = default;
  explicit Value(State state) : state_(std::move(state)) {}
  static Value boolean(bool value) { return Value(State(value)); }
  static Value integer(Integer value) { return Value(State(value)); }
  static Value real(double value) { return Value(State(value)); }
  static Value text(std::string utf8, bool markup = false);
  static Value undefined(Missing missing);
  static Value undefinedName(std::string_view name);
  static Value undefinedHint(std::string hint);
  static Value object(ObjectRef object) { return Value(State(std::move(object))); }

  template <typename T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&state_);
  }
  [[nodiscard]] bool isNone() const { return state_.index() == 0; }
  [[nodiscard]] bool isUndefined() const { return state_.index() == 1; }
  /// Null where it is no string.
  [[nodiscard]] const Text* asText() const {
    const auto* text = as<TextRef>();
    return text == nullptr ? nullptr : text->get();
  }
  /// Null where it is neither a list nor a tuple.
  [[nodiscard]] const Items* asItems() const;
  [[nodiscard]] const Dict* asDict() const {
    const auto* dict = as<DictRef>();
    return dict == nullptr ? nullptr : dict->get();
  }
  template <typename T>
  [[nodiscard]] std::shared_ptr<T> asObject() const {
    const auto* object = as<ObjectRef>();
    return object == nullptr ? nullptr : std::dynamic_pointer_cast<T>(*object);
  }
  /// An integer or a truth value, which Python counts among them.
  [[nodiscard]] std::optional<Integer> asInteger() const;
  /// An integer, truth value or float.
  [[nodiscard]] bool isNumber() const;
  [[nodiscard]] double toDouble() const;  ///< of a number

  [[nodiscard]] bool truth() const;
  /// Python's `is`, as far as it can be told apart.
  [[nodiscard]] bool same(const Value& other) const;
  /// Containers inside one another; 0 for plain values.
  [[nodiscard]] std::size_t depth() const;

  [[nodiscard]] const State& state() const { return state_; }

 private:
  State state_;
};

/// Keys in the order in which they came, found by Python's equality: 1, 1.0 and True are one key.
class Dict {
 public:
  using Entry = std::pair<Value, Value>;

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const Value* find(const Value& key) const;
  [[nodiscard]] const Value* find(std::string_view key) const;
  /// Throws a TypeError where the key cannot be hashed.
  void set(Value key, Value value);
  [[nodiscard]] std::size_t depth() const { return depth_; }

 private:
  [[nodiscard]] std::size_t position(const Value& key, std::size_t hash) const;

  std::vector<Entry> entries_;
  std::vector<std::size_t> hashes_;
  std::unordered_multimap<std::size_t, std::size_t> index_;  ///< filled once there are many entries
  std::size_t depth_ = 1;
};

/// Throws a TypeError "unhashable type: 'list'" where Python does.
[[nodiscard]] std::size_t hashOf(const Value& value);

/// Makes a list, tuple or dict; counts its size, and refuses one that is nested too deeply.
[[nodiscard]] Value makeList(Meter& meter, std::vector<Value> values);
[[nodiscard]] Value makeTuple(Meter& meter, std::vector<Value> values);
[[nodiscard]] Value makeDict(Meter& meter, Dict dict);
/// Counts the text's size.
[[nodiscard]] Value makeText(Meter& meter, std::string utf8, bool markup = false);

/// type(value).__name__
[[nodiscard]] std::string typeName(const Value& value);
/// As Jinja names a value in messages: "dict object", "None", "jinja2.utils.Namespace object".
[[nodiscard]] std::string objectTypeName(const Value& value);

[[nodiscard]] Value fromJson(const base::Json& json);

}  // namespace rosa::text::jinja
