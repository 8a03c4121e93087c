// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.h"
#include "rosa/events.h"

/// Events as JSON lines. Each struct has one table of its keys and members; writing and reading both walk it.
namespace rosa {
namespace {

using OrderedJson = nlohmann::ordered_json;

template <typename Struct, typename Member>
struct Key {
  std::string_view name;
  Member Struct::*member;
};
template <typename Struct, typename Member>
Key(std::string_view, Member Struct::*) -> Key<Struct, Member>;

template <typename Struct>
constexpr std::string_view kName = "";
template <typename Struct>
constexpr std::tuple<> kKeys;

template <>
constexpr std::tuple kKeys<MemoryParts>{
    Key{"weights_bytes", &MemoryParts::weightsBytes}, Key{"trainable_bytes", &MemoryParts::trainableBytes},
    Key{"moments_bytes", &MemoryParts::momentsBytes}, Key{"activations_bytes", &MemoryParts::activationsBytes},
    Key{"other_bytes", &MemoryParts::otherBytes}};

template <>
constexpr std::tuple kKeys<LayerSlice>{Key{"layer", &LayerSlice::layer}, Key{"start", &LayerSlice::start},
                                       Key{"count", &LayerSlice::count}, Key{"directions", &LayerSlice::directions}};

template <>
constexpr std::string_view kName<RunStarted> = "run_started";
template <>
constexpr std::tuple kKeys<RunStarted>{Key{"run_directory", &RunStarted::runDirectory},
                                       Key{"name", &RunStarted::name},
                                       Key{"model", &RunStarted::model},
                                       Key{"data", &RunStarted::data},
                                       Key{"task", &RunStarted::task},
                                       Key{"method", &RunStarted::method},
                                       Key{"form", &RunStarted::form},
                                       Key{"device", &RunStarted::device},
                                       Key{"threads", &RunStarted::threads},
                                       Key{"total_steps", &RunStarted::totalSteps},
                                       Key{"steps_per_epoch", &RunStarted::stepsPerEpoch},
                                       Key{"first_step", &RunStarted::firstStep},
                                       Key{"train_examples", &RunStarted::trainExamples},
                                       Key{"validation_examples", &RunStarted::validationExamples},
                                       Key{"total_parameters", &RunStarted::totalParameters},
                                       Key{"trainable_parameters", &RunStarted::trainableParameters},
                                       Key{"adapted_layers", &RunStarted::adaptedLayers},
                                       Key{"resample_every_steps", &RunStarted::resampleEverySteps},
                                       Key{"estimate", &RunStarted::estimate},
                                       Key{"memory_limit_bytes", &RunStarted::memoryLimitBytes},
                                       Key{"truncated_examples", &RunStarted::truncatedExamples},
                                       Key{"dropped_examples", &RunStarted::droppedExamples},
                                       Key{"truncated_validation", &RunStarted::truncatedValidation},
                                       Key{"dropped_validation", &RunStarted::droppedValidation}};

template <>
constexpr std::string_view kName<PhaseChanged> = "phase_changed";
template <>
constexpr std::tuple kKeys<PhaseChanged>{Key{"phase", &PhaseChanged::phase}, Key{"step", &PhaseChanged::step}};

template <>
constexpr std::string_view kName<StepCompleted> = "step_completed";
template <>
constexpr std::tuple kKeys<StepCompleted>{Key{"step", &StepCompleted::step},
                                          Key{"epoch", &StepCompleted::epoch},
                                          Key{"loss", &StepCompleted::loss},
                                          Key{"learning_rate", &StepCompleted::learningRate},
                                          Key{"gradient_norm", &StepCompleted::gradientNorm},
                                          Key{"applied", &StepCompleted::applied},
                                          Key{"tokens", &StepCompleted::tokens},
                                          Key{"step_seconds", &StepCompleted::stepSeconds},
                                          Key{"tokens_per_second", &StepCompleted::tokensPerSecond},
                                          Key{"elapsed_seconds", &StepCompleted::elapsedSeconds},
                                          Key{"remaining_seconds", &StepCompleted::remainingSeconds}};

template <>
constexpr std::string_view kName<MemorySampled> = "memory_sampled";
template <>
constexpr std::tuple kKeys<MemorySampled>{Key{"step", &MemorySampled::step}, Key{"parts", &MemorySampled::parts},
                                          Key{"peak_bytes", &MemorySampled::peakBytes},
                                          Key{"process_resident_bytes", &MemorySampled::processResidentBytes},
                                          Key{"process_peak_resident_bytes", &MemorySampled::processPeakResidentBytes}};

template <>
constexpr std::string_view kName<ResampleCompleted> = "resample_completed";
template <>
constexpr std::tuple kKeys<ResampleCompleted>{Key{"step", &ResampleCompleted::step},
                                              Key{"cycle", &ResampleCompleted::cycle},
                                              Key{"layers", &ResampleCompleted::layers},
                                              Key{"milliseconds", &ResampleCompleted::milliseconds},
                                              Key{"loss_before", &ResampleCompleted::lossBefore},
                                              Key{"loss_after", &ResampleCompleted::lossAfter},
                                              Key{"coverage", &ResampleCompleted::coverage},
                                              Key{"next_step", &ResampleCompleted::nextStep},
                                              Key{"rounding_loss", &ResampleCompleted::roundingLoss}};

template <>
constexpr std::string_view kName<ResampleSettled> = "resample_settled";
template <>
constexpr std::tuple kKeys<ResampleSettled>{Key{"cycle", &ResampleSettled::cycle}, Key{"step", &ResampleSettled::step},
                                            Key{"smoothed_loss_change", &ResampleSettled::smoothedLossChange}};

template <>
constexpr std::string_view kName<EvaluationCompleted> = "evaluation_completed";
template <>
constexpr std::tuple kKeys<EvaluationCompleted>{Key{"step", &EvaluationCompleted::step},
                                                Key{"loss", &EvaluationCompleted::loss},
                                                Key{"metrics", &EvaluationCompleted::metrics},
                                                Key{"examples", &EvaluationCompleted::examples},
                                                Key{"seconds", &EvaluationCompleted::seconds},
                                                Key{"best", &EvaluationCompleted::best},
                                                Key{"truncated_examples", &EvaluationCompleted::truncatedExamples}};

template <>
constexpr std::string_view kName<TextSampled> = "text_sampled";
template <>
constexpr std::tuple kKeys<TextSampled>{Key{"step", &TextSampled::step}, Key{"prompt", &TextSampled::prompt},
                                        Key{"text", &TextSampled::text}, Key{"reason", &TextSampled::reason},
                                        Key{"dropped_prompt_tokens", &TextSampled::droppedPromptTokens}};

template <>
constexpr std::string_view kName<CheckpointSaved> = "checkpoint_saved";
template <>
constexpr std::tuple kKeys<CheckpointSaved>{
    Key{"step", &CheckpointSaved::step},         Key{"directory", &CheckpointSaved::directory},
    Key{"bytes", &CheckpointSaved::bytes},       Key{"milliseconds", &CheckpointSaved::milliseconds},
    Key{"verified", &CheckpointSaved::verified}, Key{"best", &CheckpointSaved::best}};

template <>
constexpr std::string_view kName<ExportCompleted> = "export_completed";
template <>
constexpr std::tuple kKeys<ExportCompleted>{Key{"directory", &ExportCompleted::directory},
                                            Key{"bytes", &ExportCompleted::bytes},
                                            Key{"largest_logit_difference", &ExportCompleted::largestLogitDifference},
                                            Key{"compared_logits", &ExportCompleted::comparedLogits}};

template <>
constexpr std::string_view kName<LogLine> = "log_line";
template <>
constexpr std::tuple kKeys<LogLine>{Key{"level", &LogLine::level}, Key{"text", &LogLine::text}};

template <>
constexpr std::string_view kName<RunFailed> = "run_failed";
template <>
constexpr std::tuple kKeys<RunFailed>{Key{"step", &RunFailed::step}, Key{"message", &RunFailed::message}};

template <>
constexpr std::string_view kName<RunFinished> = "run_finished";
template <>
constexpr std::tuple kKeys<RunFinished>{Key{"step", &RunFinished::step},
                                        Key{"outcome", &RunFinished::outcome},
                                        Key{"loss", &RunFinished::loss},
                                        Key{"metrics", &RunFinished::metrics},
                                        Key{"elapsed_seconds", &RunFinished::elapsedSeconds},
                                        Key{"peak_resident_bytes", &RunFinished::peakResidentBytes},
                                        Key{"last_checkpoint", &RunFinished::lastCheckpoint}};

constexpr std::string_view kNotANumber = "NaN", kInfinity = "Infinity", kMinusInfinity = "-Infinity";

OrderedJson toValue(std::int64_t value) {
  return value;
}
OrderedJson toValue(bool value) {
  return value;
}
OrderedJson toValue(const std::string& value) {
  return value;
}
OrderedJson toValue(double value) {
  if (std::isnan(value)) return kNotANumber;
  if (std::isinf(value)) return value > 0 ? kInfinity : kMinusInfinity;
  return value;
}
OrderedJson toValue(const NamedValues& values) {
  OrderedJson object = OrderedJson::object();
  for (const auto& [name, value] : values) object[name] = toValue(value);
  return object;
}

template <typename Struct>
void writeKeys(const Struct& source, OrderedJson& object);

OrderedJson toValue(const MemoryParts& parts) {
  OrderedJson object = OrderedJson::object();
  writeKeys(parts, object);
  return object;
}
OrderedJson toValue(const std::vector<LayerSlice>& slices) {
  OrderedJson array = OrderedJson::array();
  for (const LayerSlice& slice : slices) writeKeys(slice, array.emplace_back(OrderedJson::object()));
  return array;
}

template <typename Struct>
void writeKeys(const Struct& source, OrderedJson& object) {
  std::apply([&](const auto&... key) { ((object[std::string(key.name)] = toValue(source.*key.member)), ...); },
             kKeys<Struct>);
}

bool fromValue(const OrderedJson& json, std::int64_t& value) {
  // A number above the signed range would wrap silently.
  if (!json.is_number_integer()) return false;
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) return false;
  value = json.get<std::int64_t>();
  return true;
}
bool fromValue(const OrderedJson& json, bool& value) {
  if (!json.is_boolean()) return false;
  value = json.get<bool>();
  return true;
}
bool fromValue(const OrderedJson& json, std::string& value) {
  if (!json.is_string()) return false;
  value = json.get<std::string>();
  return true;
}
bool fromValue(const OrderedJson& json, double& value) {
  if (json.is_number()) {
    value = json.get<double>();
    return true;
  }
  if (!json.is_string()) return false;
  const auto& word = json.get_ref<const std::string&>();
  if (word == kNotANumber) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (word == kInfinity) {
    value = std::numeric_limits<double>::infinity();
  } else if (word == kMinusInfinity) {
    value = -std::numeric_limits<double>::infinity();
  } else {
    return false;
  }
  return true;
}
bool fromValue(const OrderedJson& json, NamedValues& values) {
  if (!json.is_object()) return false;
  values.clear();
  for (const auto& [name, number] : json.items()) {
    if (!fromValue(number, values.emplace_back(name, 0.0).second)) return false;
  }
  return true;
}

// Seen from readKeys: argument-dependent lookup does not look into an unnamed namespace.
bool fromValue(const OrderedJson& json, MemoryParts& parts);
bool fromValue(const OrderedJson& json, std::vector<LayerSlice>& slices);

/// The first key whose value has the wrong kind; empty when all are right. Missing keys keep their defaults, so that
/// files of an older version stay readable.
template <typename Struct>
std::string_view readKeys(const OrderedJson& object, Struct& target) {
  std::string_view wrong;
  const auto read = [&](const auto& key) {
    const auto found = object.find(std::string(key.name));
    if (wrong.empty() && found != object.end() && !fromValue(*found, target.*key.member)) wrong = key.name;
  };
  std::apply([&](const auto&... key) { (read(key), ...); }, kKeys<Struct>);
  return wrong;
}

bool fromValue(const OrderedJson& json, MemoryParts& parts) {
  return json.is_object() && readKeys(json, parts).empty();
}
bool fromValue(const OrderedJson& json, std::vector<LayerSlice>& slices) {
  if (!json.is_array()) return false;
  slices.clear();
  for (const OrderedJson& element : json) {
    if (!element.is_object() || !readKeys(element, slices.emplace_back()).empty()) return false;
  }
  return true;
}

template <typename Struct>
Expected<Event> readEvent(const OrderedJson& object) {
  Struct event;
  const std::string_view wrong = readKeys(object, event);
  if (!wrong.empty()) {
    return Error{fmt::format("event {}: the value of \"{}\" has the wrong type", kName<Struct>, wrong)};
  }
  return Event(std::move(event));
}

/// Tries the alternatives of Event in turn.
template <std::size_t Index = 0>
Expected<Event> readNamed(std::string_view name, const OrderedJson& object) {
  if constexpr (Index == std::variant_size_v<Event>) {
    return Error{fmt::format("{} is not an event this version knows", base::inQuotes(name))};
  } else {
    using Struct = std::variant_alternative_t<Index, Event>;
    return name == kName<Struct> ? readEvent<Struct>(object) : readNamed<Index + 1>(name, object);
  }
}

}  // namespace

std::string toJson(const Event& event) {
  return std::visit(
      [](const auto& alternative) {
        using Struct = std::decay_t<decltype(alternative)>;
        OrderedJson object = {{"event", kName<Struct>}};
        writeKeys(alternative, object);
        // Sampled text may end inside a character; a broken byte becomes U+FFFD instead of an exception.
        return object.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
      },
      event);
}

Expected<Event> eventFromJson(std::string_view line) {
  const OrderedJson object = OrderedJson::parse(line, nullptr, false);
  if (!object.is_object()) return Error{"the line is not one JSON object"};
  const auto name = object.find("event");
  if (name == object.end() || !name->is_string()) return Error{"the line has no key \"event\""};
  return readNamed(name->get_ref<const std::string&>(), object);
}

}  // namespace rosa
