// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace rosa::config {
namespace {

/// A number and what follows it, as in "0.5 epochs"; nothing when the text does not start with a finite number.
struct Quantity {
  double count = 0;
  std::string_view number, unit;
};

std::optional<Quantity> splitQuantity(std::string_view text) {
  text = base::trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  Quantity quantity;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), quantity.count);
  if (error != std::errc{} || !std::isfinite(quantity.count)) return std::nullopt;
  quantity.number = text.substr(0, static_cast<std::size_t>(end - text.data()));
  quantity.unit = base::trim(text.substr(quantity.number.size()));
  return quantity;
}

/// "6e-02" moved by 2 is "6e0". Percentages are converted on the decimal digits, because dividing by 100 in binary
/// would not give every fraction back.
std::string shiftDecimal(std::string_view number, int places) {
  const std::size_t mark = number.find_first_of("eE");
  int exponent = 0;
  if (mark != std::string_view::npos) {
    std::string_view digits = number.substr(mark + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  }
  return std::string(number.substr(0, mark)) + "e" + std::to_string(exponent + places);
}

std::optional<double> fractionOfPercent(std::string_view number) {
  const auto quantity = splitQuantity(shiftDecimal(number, -2));
  return quantity ? std::optional(quantity->count) : std::nullopt;
}

std::string formatPercent(double fraction) {
  std::array<char, 32> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), fraction, std::chars_format::scientific);
  const std::string exact = shiftDecimal({buffer.data(), written.ptr}, 2);
  const auto percent = splitQuantity(exact);
  const std::string plain = percent ? formatValue(percent->count) : exact;
  return (fractionOfPercent(plain) == fraction ? plain : exact) + "%";
}

/// The first that divides a size writes it.
constexpr std::array<std::pair<std::string_view, std::int64_t>, 8> kMemoryUnits{{
    {"TB", 1'000'000'000'000},
    {"GB", 1'000'000'000},
    {"MB", 1'000'000},
    {"TiB", std::int64_t{1} << 40},
    {"GiB", std::int64_t{1} << 30},
    {"MiB", std::int64_t{1} << 20},
    {"KB", 1'000},
    {"", 1},
}};

Error wrongNumber(std::string_view text, std::string_view wanted) {
  std::string message = base::inQuotes(text) + " is not " + std::string(wanted);
  if (text.find(',') != std::string_view::npos) message += " (decimals are written with a point)";
  return {message};
}

}  // namespace

Status parseValue(std::string_view text, std::string& value) {
  value = text;
  return {};
}

Status parseValue(std::string_view text, std::filesystem::path& value) {
  value = std::string(text);
  return {};
}

Status parseValue(std::string_view text, bool& value) {
  text = base::trim(text);
  if (text == "yes" || text == "true") {
    value = true;
  } else if (text == "no" || text == "false") {
    value = false;
  } else {
    return Error{base::inQuotes(text) + " is neither yes nor no"};
  }
  return {};
}

Status parseValue(std::string_view text, std::int64_t& value) {
  std::string_view digits = base::trim(text);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t parsed = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
  if (error == std::errc::result_out_of_range) return Error{base::inQuotes(text) + " is too large"};
  if (error != std::errc{} || end != digits.data() + digits.size()) return wrongNumber(text, "a whole number");
  value = parsed;
  return {};
}

Status parseValue(std::string_view text, double& value) {
  const auto quantity = splitQuantity(text);
  if (!quantity || !quantity->unit.empty()) return wrongNumber(text, "a number such as 0.5 or 1e-3");
  value = quantity->count;
  return {};
}

Status parseValue(std::string_view text, Rank& value) {
  constexpr std::string_view kWanted = "a rank: write a number such as 8, or a share of each layer such as 0.1 or 10%";
  const auto quantity = splitQuantity(text);
  if (!quantity) return wrongNumber(text, kWanted);
  if (quantity->unit == "%") {
    const auto fraction = fractionOfPercent(quantity->number);
    if (!fraction) return wrongNumber(text, kWanted);
    value.value = *fraction;
    return {};
  }
  if (!quantity->unit.empty()) return wrongNumber(text, kWanted);
  if (quantity->number.find_first_of(".eE") != std::string_view::npos) {
    value.value = quantity->count;
    return {};
  }
  std::int64_t number = 0;
  ROSA_CHECK(parseValue(quantity->number, number));
  value.value = number;
  return {};
}

Status parseValue(std::string_view text, Interval& value) {
  constexpr std::string_view kWanted = "an interval: write 200steps, 1epoch, 0.5epochs or never";
  if (base::trim(text) == "never") {
    value = {};
    return {};
  }
  const auto quantity = splitQuantity(text);
  if (!quantity) return wrongNumber(text, kWanted);
  if (quantity->unit.empty() || quantity->unit == "step" || quantity->unit == "steps") {
    value = {Interval::Unit::Steps, quantity->count};
  } else if (quantity->unit == "epoch" || quantity->unit == "epochs") {
    value = {Interval::Unit::Epochs, quantity->count};
  } else {
    return wrongNumber(text, kWanted);
  }
  return {};
}

Status parseValue(std::string_view text, Warmup& value) {
  constexpr std::string_view kWanted = "a warm-up: write a number of steps such as 100, or a share such as 6%";
  const auto quantity = splitQuantity(text);
  if (!quantity) return wrongNumber(text, kWanted);
  if (quantity->unit == "%") {
    const auto fraction = fractionOfPercent(quantity->number);
    if (!fraction) return wrongNumber(text, kWanted);
    value = {0, fraction};
  } else if (quantity->unit.empty() || quantity->unit == "step" || quantity->unit == "steps") {
    value = {quantity->count, std::nullopt};
  } else {
    return wrongNumber(text, kWanted);
  }
  return {};
}

Status parseValue(std::string_view text, MemorySize& value) {
  constexpr std::string_view kWanted = "an amount of memory: write 6GB, 500MB or 2GiB";
  const auto quantity = splitQuantity(text);
  if (!quantity) return wrongNumber(text, kWanted);
  for (const auto& [unit, bytes] : kMemoryUnits) {
    if (quantity->unit != unit) continue;
    const double exact = quantity->count * static_cast<double>(bytes);
    if (!(exact >= 0) || exact >= 0x1p62) return wrongNumber(text, kWanted);
    value.bytes = std::llround(exact);
    return {};
  }
  return wrongNumber(text, kWanted);
}

std::string formatValue(const std::string& value) {
  return value;
}

std::string formatValue(const std::filesystem::path& value) {
  return value.string();
}

std::string formatValue(bool value) {
  return value ? "yes" : "no";
}

std::string formatValue(std::int64_t value) {
  return std::to_string(value);
}

std::string formatValue(double value) {
  std::array<char, 32> buffer{};
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

std::string formatValue(const Rank& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value.value)) return formatValue(*number);
  std::string text = formatValue(std::get<double>(value.value));
  // A bare whole number would be read back as a rank.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string formatValue(const Interval& value) {
  if (value.unit == Interval::Unit::Never) return "never";
  const std::string_view unit = value.unit == Interval::Unit::Steps ? "step" : "epoch";
  return formatValue(value.count) + std::string(unit) + (value.count == 1 ? "" : "s");
}

std::string formatValue(const Warmup& value) {
  return value.fraction ? formatPercent(*value.fraction) : formatValue(value.steps);
}

std::string formatValue(const MemorySize& value) {
  for (const auto& [unit, bytes] : kMemoryUnits) {
    if (value.bytes != 0 && value.bytes % bytes == 0) return formatValue(value.bytes / bytes) + std::string(unit);
  }
  return formatValue(value.bytes);
}

Expected<std::size_t> spellingIndex(std::string_view word, std::string_view spellings) {
  word = base::trim(word);
  for (std::size_t index = 0;; ++index) {
    const std::string_view known = spellingAt(index, spellings);
    if (known.empty()) break;
    if (word == known) return index;
  }
  std::string choices(spellings);
  for (std::size_t bar = 0; (bar = choices.find('|', bar)) != std::string::npos;) choices.replace(bar, 1, ", ");
  return Error{base::inQuotes(word) + " is not known; choose one of " + choices};
}

std::string_view spellingAt(std::size_t index, std::string_view spellings) {
  for (; index > 0; --index) {
    const std::size_t bar = spellings.find('|');
    if (bar == std::string_view::npos) return {};
    spellings.remove_prefix(bar + 1);
  }
  return spellings.substr(0, spellings.find('|'));
}

}  // namespace rosa::config
