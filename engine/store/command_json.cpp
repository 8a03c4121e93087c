// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tuple>

#include "rosa/command.h"
#include "store/json_table.h"

/// Commands as JSON lines.
namespace rosa {

namespace tables {

template <>
constexpr std::string_view kName<PauseRun> = "pause";
template <>
constexpr std::string_view kName<UnpauseRun> = "unpause";
template <>
constexpr std::string_view kName<SaveRun> = "save";
template <>
constexpr std::string_view kName<SampleRun> = "sample";
template <>
constexpr std::tuple kKeys<SampleRun>{Key{"prompt", &SampleRun::prompt}};
template <>
constexpr std::string_view kName<EvaluateRun> = "evaluate";
template <>
constexpr std::string_view kName<ResampleRun> = "resample";
template <>
constexpr std::string_view kName<SetLearningRate> = "set_learning_rate";
template <>
constexpr std::tuple kKeys<SetLearningRate>{Key{"learning_rate", &SetLearningRate::learningRate}};
template <>
constexpr std::string_view kName<StopRun> = "stop";
template <>
constexpr std::tuple kKeys<StopRun>{Key{"save", &StopRun::save}};

}  // namespace tables

std::string toJson(const Command& command) {
  return tables::variantToJson("command", command);
}

Expected<Command> commandFromJson(std::string_view line) {
  return tables::variantFromJson<Command>("command", tables::OrderedJson::parse(line, nullptr, false));
}

std::string_view commandName(const Command& command) {
  return std::visit([](const auto& alternative) { return tables::kName<std::decay_t<decltype(alternative)>>; },
                    command);
}

std::string commandArgument(const Command& command) {
  if (const auto* sample = std::get_if<SampleRun>(&command)) return sample->prompt;
  if (const auto* rate = std::get_if<SetLearningRate>(&command)) return fmt::format("{}", rate->learningRate);
  if (const auto* stop = std::get_if<StopRun>(&command)) return stop->save ? "save" : "discard";
  return {};
}

}  // namespace rosa
