// SPDX-License-Identifier: GPL-3.0-or-later
#include "rosa/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "base/text.h"
#include "config/fields.h"

namespace rosa {
namespace {

std::optional<double> numberIn(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool isWhole(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15;
}

std::string wholeText(double value) {
  return std::to_string(static_cast<std::int64_t>(value));
}

/// The settings that tell apart where a run's files are, not what it does.
bool namesTheRun(std::string_view key) {
  return key == "name" || key == "out";
}

struct Chosen {
  std::string key, value;
};

SweptRun make(const RunConfig& base, const std::vector<Chosen>& chosen) {
  SweptRun run{base, {}, {}};
  std::string suffix;
  for (const auto& [key, value] : chosen) {
    if (const auto status = setConfigField(run.config, key, value); !status) {
      run.problems.push_back({key, status.error().message});
    }
    suffix += fmt::format("-{}{}", key == "method" ? "" : key, value);
    run.label += fmt::format("{}{} {}", run.label.empty() ? "" : ", ", key, value);
  }
  // Made of model and data, it comes before the date anyway.
  run.config.name = base.name.empty() ? suffix.substr(1) : base.name + suffix;
  run.config.out.clear();
  if (run.problems.empty()) run.problems = checkConfig(run.config);
  return run;
}

Status checkAxes(const std::vector<SweepAxis>& axes) {
  if (axes.empty()) return Error{"Name at least one setting and its values, such as lr=1e-4,3e-4."};
  std::set<std::string> keys;
  for (const auto& axis : axes) {
    if (!keys.insert(axis.key).second) {
      return Error{fmt::format("{} stands twice. Give all of its values in one place.", axis.key)};
    }
  }
  return {};
}

Error tooMany(double count) {
  return Error{fmt::format("These are {:.0f} runs, more than {}. Leave out some values, or draw some at random.", count,
                           kMostSweptRuns)};
}

/// All values of an axis, for a grid.
Expected<std::vector<std::string>> valuesOf(const SweepAxis& axis) {
  if (!axis.values.empty()) return axis.values;
  if (!axis.whole) {
    return Error{
        fmt::format("{} is given as a range of fractions, of which a grid cannot take all. List its values, or "
                    "draw some at random.",
                    axis.key)};
  }
  if (axis.most - axis.least >= static_cast<double>(kMostSweptRuns)) return tooMany(axis.most - axis.least + 1);
  std::vector<std::string> values;
  for (double value = axis.least; value <= axis.most; ++value) values.push_back(wholeText(value));
  return values;
}

/// A share of 0..1, the same on every machine.
double share(std::mt19937_64& random) {
  return static_cast<double>(random() >> 11U) * 0x1p-53;
}

std::string draw(const SweepAxis& axis, std::mt19937_64& random) {
  const double at = share(random);
  if (!axis.values.empty()) {
    return axis.values[static_cast<std::size_t>(at * static_cast<double>(axis.values.size()))];
  }
  constexpr double kWide = 10;
  const bool wide = axis.least > 0 && axis.most / axis.least >= kWide;
  if (axis.whole) {
    const double end = axis.most + 1;
    const double value = wide ? axis.least * std::pow(end / axis.least, at) : axis.least + at * (end - axis.least);
    return wholeText(std::min(std::floor(value), axis.most));
  }
  const double value =
      wide ? axis.least * std::pow(axis.most / axis.least, at) : axis.least + at * (axis.most - axis.least);
  return fmt::format("{:.3g}", value);
}

}  // namespace

Expected<SweepAxis> parseSweepAxis(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) {
    return Error{
        fmt::format("{} names no values. Write a setting and its values, such as lr=1e-4,3e-4.", base::inQuotes(text))};
  }
  SweepAxis axis;
  axis.key = text.substr(0, equals);
  const auto values = text.substr(equals + 1);
  if (config::findField(axis.key) == nullptr) return Error{config::unknownKeyMessage(axis.key)};
  if (namesTheRun(axis.key)) return Error{fmt::format("{} is made for each run and cannot be swept.", axis.key)};
  if (const auto dots = values.find(".."); dots != std::string_view::npos) {
    const auto least = numberIn(values.substr(0, dots));
    const auto most = numberIn(values.substr(dots + 2));
    if (!least || !most || *least > *most) {
      return Error{fmt::format("{}: {} is no range. Write the least and the greatest number, such as 1..5.", axis.key,
                               base::inQuotes(values))};
    }
    axis.least = *least;
    axis.most = *most;
    const auto digits = [](std::string_view part) { return part.find_first_of(".eE") == std::string_view::npos; };
    axis.whole = isWhole(*least) && isWhole(*most) && digits(values.substr(0, dots)) && digits(values.substr(dots + 2));
    return axis;
  }
  axis.values = split(values, ',');
  for (const auto& value : axis.values) {
    if (value.empty()) return Error{fmt::format("{}: there is no value between two commas.", axis.key)};
    RunConfig probe;
    if (const auto status = setConfigField(probe, axis.key, value); !status) {
      return Error{fmt::format("{}: {}", axis.key, status.error().message)};
    }
  }
  return axis;
}

Expected<std::vector<SweptRun>> gridSweep(const RunConfig& base, const std::vector<SweepAxis>& axes) {
  ROSA_CHECK(checkAxes(axes));
  std::vector<std::vector<Chosen>> combinations = {{}};
  double count = 1;
  for (const auto& axis : axes) {
    ROSA_TRY(const auto values, valuesOf(axis));
    count *= static_cast<double>(values.size());
    if (count > static_cast<double>(kMostSweptRuns)) return tooMany(count);
    std::vector<std::vector<Chosen>> longer;
    for (const auto& combination : combinations) {
      for (const auto& value : values) {
        longer.push_back(combination);
        longer.back().push_back({axis.key, value});
      }
    }
    combinations = std::move(longer);
  }
  std::vector<SweptRun> runs;
  for (const auto& combination : combinations) runs.push_back(make(base, combination));
  return runs;
}

Expected<std::vector<SweptRun>> randomSweep(const RunConfig& base, const std::vector<SweepAxis>& axes,
                                            std::int64_t count, std::uint64_t seed) {
  ROSA_CHECK(checkAxes(axes));
  if (count < 1) return Error{"Draw at least one run."};
  if (count > kMostSweptRuns) return tooMany(static_cast<double>(count));
  std::mt19937_64 random(seed);
  std::vector<SweptRun> runs;
  for (std::int64_t i = 0; i < count; ++i) {
    std::vector<Chosen> chosen;
    for (const auto& axis : axes) chosen.push_back({axis.key, draw(axis, random)});
    runs.push_back(make(base, chosen));
  }
  return runs;
}

}  // namespace rosa
