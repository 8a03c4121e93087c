// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "rosa/events.h"
#include "store/json_table.h"

/// Events as JSON lines.
namespace rosa {

// Found by argument-dependent lookup, which looks into no unnamed namespace.
static tables::OrderedJson toValue(const MemoryParts& parts);
static tables::OrderedJson toValue(const std::vector<LayerSlice>& slices);
static bool fromValue(const tables::OrderedJson& json, MemoryParts& parts);
static bool fromValue(const tables::OrderedJson& json, std::vector<LayerSlice>& slices);

namespace tables {

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
constexpr std::string_view kName<CommandReceived> = "command_received";
template <>
constexpr std::tuple kKeys<CommandReceived>{Key{"step", &CommandReceived::step},
                                            Key{"command", &CommandReceived::command},
                                            Key{"argument", &CommandReceived::argument}};

template <>
constexpr std::string_view kName<LogLine> = "log_line";
template <>
constexpr std::tuple kKeys<LogLine>{Key{"level", &LogLine::level}, Key{"text", &LogLine::text}};

template <>
constexpr std::string_view kName<RunFailed> = "run_failed";
template <>
constexpr std::tuple kKeys<RunFailed>{Key{"step", &RunFailed::step}, Key{"message", &RunFailed::message}};

template <>
constexpr std::string_view kName<RunRefused> = "run_refused";
template <>
constexpr std::tuple kKeys<RunRefused>{Key{"message", &RunRefused::message},
                                       Key{"data_changes", &RunRefused::dataChanges}};

template <>
constexpr std::string_view kName<WorkerEnded> = "worker_ended";
template <>
constexpr std::tuple kKeys<WorkerEnded>{Key{"step", &WorkerEnded::step}, Key{"reason", &WorkerEnded::reason}};

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

}  // namespace tables

tables::OrderedJson toValue(const MemoryParts& parts) {
  auto object = tables::OrderedJson::object();
  tables::writeKeys(parts, object);
  return object;
}
tables::OrderedJson toValue(const std::vector<LayerSlice>& slices) {
  auto array = tables::OrderedJson::array();
  for (const LayerSlice& slice : slices) tables::writeKeys(slice, array.emplace_back(tables::OrderedJson::object()));
  return array;
}
bool fromValue(const tables::OrderedJson& json, MemoryParts& parts) {
  return json.is_object() && tables::readKeys(json, parts).empty();
}
bool fromValue(const tables::OrderedJson& json, std::vector<LayerSlice>& slices) {
  if (!json.is_array()) return false;
  slices.clear();
  for (const auto& element : json) {
    if (!element.is_object() || !tables::readKeys(element, slices.emplace_back()).empty()) return false;
  }
  return true;
}

std::string toJson(const Event& event) {
  return tables::variantToJson("event", event);
}

Expected<Event> eventFromJson(std::string_view line) {
  return tables::variantFromJson<Event>("event", tables::OrderedJson::parse(line, nullptr, false));
}

std::string toJson(const StoredEvent& stored) {
  return fmt::format("{{\"sequence\":{},\"time\":{:.3f},{}", stored.sequence, stored.time,
                     toJson(stored.event).substr(1));
}

Expected<StoredEvent> storedEventFromJson(std::string_view line) {
  const auto object = tables::OrderedJson::parse(line, nullptr, false);
  ROSA_TRY(auto event, tables::variantFromJson<Event>("event", object));
  StoredEvent stored{0, 0, std::move(event)};
  if (const auto found = object.find("sequence"); found != object.end()) {
    static_cast<void>(tables::fromValue(*found, stored.sequence));
  }
  if (const auto found = object.find("time"); found != object.end()) {
    static_cast<void>(tables::fromValue(*found, stored.time));
  }
  return stored;
}

}  // namespace rosa
