// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/functions.h"

#include <chrono>
#include <clocale>
#include <ctime>
#include <unordered_map>
#include <vector>

#include "text/template/failure.h"
#include "text/template/methods.h"
#include "text/template/objects.h"
#include "text/template/show.h"

namespace rosa::text::jinja {
namespace {

constexpr std::size_t kLongestRange = 100'000;  // the sandbox's MAX_RANGE

Value range(Runtime& /*runtime*/, const Arguments& arguments) {
  requirePositional("range", arguments, 1, 3);
  const auto at = [&](std::size_t index) { return integerArgument(arguments.positional[index]); };
  const auto count = arguments.positional.size();
  const Integer step = count > 2 ? at(2) : 1;
  if (step == 0) valueError("range() arg 3 must not be zero");
  auto made = std::make_shared<Range>(count > 1 ? at(0) : 0, count > 1 ? at(1) : at(0), step);
  if (made->size() > kLongestRange) {
    fail("OverflowError", "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
  }
  return Value::object(std::move(made));
}

/// What dict() and namespace() are given: a mapping or pairs, then names.
Dict dictFrom(Runtime& runtime, const Arguments& arguments) {
  if (arguments.positional.size() > 1) {
    typeError("dict expected at most 1 argument, got " + std::to_string(arguments.positional.size()));
  }
  Dict dict;
  if (!arguments.positional.empty()) {
    const auto& source = arguments.positional[0];
    if (const auto* given = source.asDict()) {
      dict = *given;
    } else {
      std::size_t at = 0;
      for (const auto& pair : itemsOf(runtime, source)) {
        if (!isIterable(runtime, pair)) {
          typeError("cannot convert dictionary update sequence element #" + std::to_string(at) + " to a sequence");
        }
        auto parts = itemsOf(runtime, pair);
        if (parts.size() != 2) {
          valueError("dictionary update sequence element #" + std::to_string(at) + " has length " +
                     std::to_string(parts.size()) + "; 2 is required");
        }
        dict.set(std::move(parts[0]), std::move(parts[1]));
        ++at;
      }
    }
  }
  for (const auto& [name, value] : arguments.named) dict.set(Value::text(name), value);
  return dict;
}

/// transformers' dict: callable, with fromkeys as its one attribute.
class DictFunction : public Object {
 public:
  [[nodiscard]] std::string typeName() const override { return "TemplateDict"; }
  [[nodiscard]] std::string moduleName() const override { return "transformers.utils.chat_template_utils"; }
  [[nodiscard]] bool callable() const override { return true; }
  Value call(Runtime& runtime, Arguments arguments) override {
    return makeDict(runtime.meter, dictFrom(runtime, arguments));
  }
  [[nodiscard]] std::optional<Value> attribute(Runtime& runtime, std::string_view name) override {
    if (name != "fromkeys") return std::nullopt;
    return methodOf(runtime, makeDict(runtime.meter, {}), name);
  }
};

Value makeNamespace(Runtime& runtime, const Arguments& arguments) {
  auto made = std::make_shared<Namespace>();
  runtime.circles.push_back(made);
  runtime.meter.bytes(256);
  const auto attributes = dictFrom(runtime, arguments);
  for (const auto& [name, value] : attributes.entries()) {
    if (const auto* text = name.asText()) made->set(text->utf8, value);
  }
  return Value::object(std::move(made));
}

Value cycler(Runtime& /*runtime*/, const Arguments& arguments) {
  if (!arguments.named.empty()) {
    typeError("Cycler.__init__() got an unexpected keyword argument " + pythonQuoted(arguments.named[0].first));
  }
  if (arguments.positional.empty()) fail("RuntimeError", "at least one item has to be provided");
  return Value::object(std::make_shared<Cycler>(arguments.positional));
}

Value joiner(Runtime& runtime, const Arguments& arguments) {
  const Bound bound("Joiner.__init__", arguments, {"sep"}, 0);
  return Value::object(std::make_shared<Joiner>(bound.has(0) ? bound[0] : makeText(runtime.meter, ", ")));
}

Value lipsum(Runtime& /*runtime*/, const Arguments& /*arguments*/) {
  fail("TemplateRuntimeError", "lipsum() makes random text, which a chat template cannot use here");
}

Value raiseException(Runtime& runtime, const Arguments& arguments) {
  const Bound bound("raise_exception", arguments, {"message"}, 1);
  fail("TemplateError", shown(runtime, bound[0]));
}

Value timeNow(Runtime& runtime, const Arguments& arguments) {
  const Bound bound("strftime_now", arguments, {"format"}, 1);
  const auto* format = bound[0].asText();
  if (format == nullptr) typeError("strftime() argument 1 must be str, not " + typeName(bound[0]));
  return makeText(runtime.meter, formattedTime(runtime.clock(), format->utf8));
}

locale_t plainLocale() {
  static const locale_t kLocale = newlocale(LC_ALL_MASK, "C", nullptr);
  return kLocale;
}

int dayOfWeek(const LocalTime& time) {
  const std::chrono::year_month_day date{std::chrono::year(time.year),
                                         std::chrono::month(static_cast<unsigned>(time.month)),
                                         std::chrono::day(static_cast<unsigned>(time.day))};
  return static_cast<int>(std::chrono::weekday(std::chrono::sys_days(date)).c_encoding());
}

int dayOfYear(const LocalTime& time) {
  using namespace std::chrono;
  const year_month_day date{year(time.year), month(static_cast<unsigned>(time.month)),
                            day(static_cast<unsigned>(time.day))};
  return static_cast<int>((sys_days(date) - sys_days(year(time.year) / January / 1)).count());
}

}  // namespace

LocalTime systemLocalTime() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm local{};
  localtime_r(&seconds, &local);
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() % 1'000'000;
  return {local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,          local.tm_hour,
          local.tm_min,         local.tm_sec,     static_cast<int>(micro)};
}

std::string formattedTime(const LocalTime& time, const std::string& format) {
  std::tm parts{};
  parts.tm_year = time.year - 1900;
  parts.tm_mon = time.month - 1;
  parts.tm_mday = time.day;
  parts.tm_hour = time.hour;
  parts.tm_min = time.minute;
  parts.tm_sec = time.second;
  parts.tm_wday = dayOfWeek(time);
  parts.tm_yday = dayOfYear(time);
  parts.tm_isdst = -1;
  // A time without a zone has neither %z nor %Z, and %f is Python's own.
  std::string pattern;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      pattern += format[i];
      continue;
    }
    const char kind = format[++i];
    if (kind == 'f') {
      const auto digits = std::to_string(time.microsecond);
      pattern += std::string(6 - digits.size(), '0') + digits;
    } else if (kind != 'z' && kind != 'Z') {
      pattern += '%';
      pattern += kind;
    }
  }
  // A mark at the end tells an empty result from one that did not fit.
  pattern += '.';
  std::vector<char> buffer(pattern.size() * 64 + 64);
  const auto size = strftime_l(buffer.data(), buffer.size(), pattern.c_str(), &parts, plainLocale());
  return size == 0 ? std::string() : std::string(buffer.data(), size - 1);
}

std::optional<Value> globalFunction(std::string_view name) {
  if (name == "dict") return Value::object(std::make_shared<DictFunction>());
  static const std::unordered_map<std::string_view, Value (*)(Runtime&, const Arguments&)> kFunctions = {
      {"range", range},   {"namespace", makeNamespace},        {"cycler", cycler},        {"joiner", joiner},
      {"lipsum", lipsum}, {"raise_exception", raiseException}, {"strftime_now", timeNow},
  };
  const auto found = kFunctions.find(name);
  if (found == kFunctions.end()) return std::nullopt;
  return Value::object(std::make_shared<Function>(std::string(name), found->second));
}

}  // namespace rosa::text::jinja
