// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "rosa/config.h"

/// How each kind of setting is written as text, and read back.
///
/// `parseValue` checks the form alone ("is it a number?"); ranges are `checkConfig`'s, so that one place knows them.
/// Its error says what the text should look like and leaves the key to the caller; `value` is untouched on failure.
/// Both directions ignore the locale, and what `formatValue` writes `parseValue` reads back to an equal value.
namespace rosa::config {

/// The spellings of an enumeration, in the order of its values, as they stand in help texts.
[[nodiscard]] constexpr std::string_view spellings(Task) {
  return "lm|completion|classification|regression|token-classification|masked-lm";
}
[[nodiscard]] constexpr std::string_view spellings(Method) {
  return "rosa|lora|full|dora|ia3|relora|galore|bitfit|head|houlsby|pfeiffer|prompt|prefix";
}
[[nodiscard]] constexpr std::string_view spellings(LossOn) {
  return "auto|assistant|last-assistant|completion|all";
}
[[nodiscard]] constexpr std::string_view spellings(Shape) {
  return "auto|messages|sharegpt|alpaca|prompt-completion|text|preference-chosen";
}
[[nodiscard]] constexpr std::string_view spellings(Reading) {
  return "auto|yes|no";
}
[[nodiscard]] constexpr std::string_view spellings(GradientCheckpointing) {
  return "auto|yes|no";
}
[[nodiscard]] constexpr std::string_view spellings(WeightType) {
  return "fp32|bf16|int8|auto";
}
[[nodiscard]] constexpr std::string_view spellings(Schedule) {
  return "constant|linear|cosine|cosine_with_restarts|polynomial|inverse_sqrt|cosine_with_min_lr|warmup_stable_decay";
}
[[nodiscard]] constexpr std::string_view spellings(RampShape) {
  return "linear|cosine|1-sqrt";
}
[[nodiscard]] constexpr std::string_view spellings(Optimizer) {
  return "adamw|sgd|adam|adafactor|lion|muon|adamw8bit";
}
[[nodiscard]] constexpr std::string_view spellings(DeviceChoice) {
  return "auto|cpu|cuda";
}
[[nodiscard]] constexpr std::string_view spellings(Form) {
  return "auto|merged|branch";
}
[[nodiscard]] constexpr std::string_view spellings(MomentReset) {
  return "resampled|all|keep-second|prune|rotate";
}
[[nodiscard]] constexpr std::string_view spellings(Factorise) {
  return "svd_equal|svd_add|additive|random_add|random_projection|random_orthogonal";
}
[[nodiscard]] constexpr std::string_view spellings(SliceRule) {
  return "window|uniform|sweep|top|bottom|sigma|gradient";
}
[[nodiscard]] constexpr std::string_view spellings(AdaptFactors) {
  return "ab|a|b";
}
[[nodiscard]] constexpr std::string_view spellings(Basis) {
  return "exact|reference|fast";
}
[[nodiscard]] constexpr std::string_view spellings(LoraStart) {
  return "kaiming|gaussian|pissa|orthogonal";
}

[[nodiscard]] Status parseValue(std::string_view text, std::string& value);
[[nodiscard]] Status parseValue(std::string_view text, std::filesystem::path& value);
[[nodiscard]] Status parseValue(std::string_view text, bool& value);
[[nodiscard]] Status parseValue(std::string_view text, std::int64_t& value);
[[nodiscard]] Status parseValue(std::string_view text, double& value);
/// "8", "0.1", "10%". A bare whole number is a rank, so a whole layer is "1.0" or "100%".
[[nodiscard]] Status parseValue(std::string_view text, Rank& value);
/// "200steps", "200 steps", "200", "1epoch", "0.5epochs", "never".
[[nodiscard]] Status parseValue(std::string_view text, Interval& value);
/// "100", "100steps" or "6%".
[[nodiscard]] Status parseValue(std::string_view text, Warmup& value);
/// "6GB", "500 MB", "2GiB", "1.5GB", a bare number of bytes.
[[nodiscard]] Status parseValue(std::string_view text, MemorySize& value);

[[nodiscard]] std::string formatValue(const std::string& value);
[[nodiscard]] std::string formatValue(const std::filesystem::path& value);
[[nodiscard]] std::string formatValue(bool value);
[[nodiscard]] std::string formatValue(std::int64_t value);
[[nodiscard]] std::string formatValue(double value);
[[nodiscard]] std::string formatValue(const Rank& value);
[[nodiscard]] std::string formatValue(const Interval& value);
[[nodiscard]] std::string formatValue(const Warmup& value);
[[nodiscard]] std::string formatValue(const MemorySize& value);

/// The position of `word` in a list such as `spellings`, or an error that lists them all.
[[nodiscard]] Expected<std::size_t> spellingIndex(std::string_view word, std::string_view spellings);
[[nodiscard]] std::string_view spellingAt(std::size_t index, std::string_view spellings);

template <typename Enum>
requires std::is_enum_v<Enum>
[[nodiscard]] Status parseValue(std::string_view text, Enum& value) {
  ROSA_TRY(const std::size_t index, spellingIndex(text, spellings(Enum{})));
  value = static_cast<Enum>(index);
  return {};
}

template <typename Enum>
requires std::is_enum_v<Enum>
[[nodiscard]] std::string formatValue(Enum value) {
  return std::string(spellingAt(static_cast<std::size_t>(value), spellings(Enum{})));
}

}  // namespace rosa::config
