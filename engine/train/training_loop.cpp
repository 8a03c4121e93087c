// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/training_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "device/cpu.h"
#include "device/memory.h"
#include "train/checkpoint_state.h"
#include "train/evaluation.h"
#include "train/finite.h"
#include "train/group_state.h"
#include "train/memory_estimate.h"
#include "train/session.h"
#include "train/text_samples.h"

namespace rosa::train {

namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TrainingLoop::TrainingLoop(Session& session, Progress& progress, RunControl& control, EventFan& events,
                           std::filesystem::path runDirectory)
    : session_(session),
      progress_(progress),
      control_(control),
      events_(events),
      runDirectory_(std::move(runDirectory)),
      stepper_(*session.model, session.adaptations(), *session.arena, *session.optimizer, session.stepSettings()) {}

void TrainingLoop::rehearse() {
  phase("measuring memory");
  device::resetPeak(session_.device, session_.account);
  {
    const device::LimitScope limited(session_.account, memoryForTensors(session_.config));
    tellShrunk(stepper_.rehearse(session_.largestBatch()));
  }
  sampleMemory();
}

void TrainingLoop::tellShrunk(const std::string& shrunk) {
  if (!shrunk.empty()) events_.log("warning", shrunk);
}

Status TrainingLoop::run() {
  const auto& counts = session_.counts;
  if (progress_.step == 0) {
    if (leads()) movement_.emplace(session_.parameters, counts);
    sampleTexts("base");
  }
  savedAt_ = Clock::now();
  phase("training");
  while (!complete() && !obey()) {
    trainStep();
    if (!failure_.empty()) return Error{failure_};
    const bool good = (due(counts.evalEvery) || complete()) && evaluate();
    const bool last = complete();
    if (!last) resampleWhereDue();
    if (due(counts.sampleEvery) || last) sampleTexts("schedule");
    // After the resample, so that a resumed run starts with the step that comes next. The best weights are kept
    // whenever they occur.
    if (!last && (due(counts.saveEvery) || (good && counts.saveEvery > 0) || minutesArePast())) save();
    if (!failure_.empty()) return Error{failure_};
  }
  if (!failure_.empty()) return Error{failure_};
  if (!discard_ && savedStep_ != progress_.step && !save()) {
    if (!failure_.empty()) return Error{failure_};
    return Error{
        fmt::format("The run could not be saved after step {}; older checkpoints in {} are as they were. Free space on "
                    "that disk and resume.",
                    progress_.step, (runDirectory_ / "checkpoints").string())};
  }
  if (complete()) ROSA_CHECK(checkEnd());
  events_.receive(finished(complete() ? "completed" : "stopped"));
  return {};
}

Status TrainingLoop::checkEnd() const {
  if (!lastApplied_) {
    return Error{fmt::format(
        "The run ended in a loss or gradient that was not finite: step {} had a loss of {} and was not "
        "applied. The weights of the steps before it are saved. Choose a lower learning rate (lr) or a "
        "smaller gradient norm (clip), and start the run anew.",
        progress_.step, std::isnan(progress_.lastLoss) ? "NaN" : fmt::format("{:.4g}", progress_.lastLoss))};
  }
  if (evaluatedStep_ == progress_.step && !std::isfinite(evaluatedLoss_)) {
    return Error{
        fmt::format("The run ended in an evaluation whose loss is {}: the weights after step {} compute something that "
                    "is not finite. Choose a lower learning rate (lr), or export an earlier checkpoint.",
                    evaluatedLoss_, progress_.step)};
  }
  return {};
}

bool TrainingLoop::minutesArePast() const {
  const std::chrono::duration<double, std::ratio<60>> minutes = Clock::now() - savedAt_;
  if (session_.config.saveMinutes <= 0) return false;
  const bool past = minutes.count() >= session_.config.saveMinutes;
  return session_.arena->divided() ? ofRankZero(past, *session_.group) : past;
}

bool TrainingLoop::complete() const {
  return progress_.step == session_.counts.totalSteps || stopsEarly(session_.config, progress_);
}

bool TrainingLoop::leads() const {
  return !session_.group || session_.group->leads();
}

RunControl::Wishes TrainingLoop::wishes(bool paused) {
  if (session_.group) return sharedWishes(control_, *session_.group, paused);
  return paused ? control_.waitAndTake() : control_.take();
}

bool TrainingLoop::obey() {
  auto wishes = this->wishes(false);
  bool paused = false;
  for (;;) {
    for (const auto& warning : wishes.warnings) events_.log("warning", warning);
    for (const auto& command : wishes.commands) {
      // What was asked for before a stop is still done, unless all is to be thrown away.
      if (!(wishes.stop && wishes.stopMode == StopMode::Discard) || std::holds_alternative<StopRun>(command))
        carryOut(command);
    }
    if (wishes.stop) {
      discard_ = wishes.stopMode == StopMode::Discard;
      phase("stopping");
      return true;
    }
    if (!failure_.empty()) return true;
    if (!wishes.paused) break;
    if (!paused || !wishes.commands.empty()) phase("paused");
    paused = true;
    wishes = this->wishes(true);
  }
  if (paused) phase("training");
  return false;
}

void TrainingLoop::carryOut(const Command& command) {
  events_.receive(CommandReceived{progress_.step, std::string(commandName(command)), commandArgument(command)});
  if (std::holds_alternative<SaveRun>(command)) save();
  if (std::holds_alternative<ResampleRun>(command)) resampleNow();
  if (const auto* sample = std::get_if<SampleRun>(&command)) {
    sampleTexts("asked", sample->prompt.empty() ? session_.samplePrompts : std::vector{sample->prompt});
  }
  if (const auto* rate = std::get_if<SetLearningRate>(&command)) changeRate(rate->learningRate);
  if (std::holds_alternative<EvaluateRun>(command)) {
    if (session_.validation.empty()) {
      events_.log("warning", "There are no validation rows to evaluate on: start a run with valid or valid-fraction.");
    } else if (!evaluate()) {
      // Evaluated at this very step already: its figures stand in the last evaluation.
      phase("training");
    }
  }
}

void TrainingLoop::changeRate(double learningRate) {
  if (!(learningRate > 0) || !std::isfinite(learningRate)) {
    events_.log("warning", fmt::format("A learning rate of {} was asked for and passed over: it must be a number above "
                                       "0.",
                                       learningRate));
    return;
  }
  progress_.rateFactor = learningRate / session_.config.learningRate;
}

void TrainingLoop::resampleNow() {
  const auto layers = resamplingLayers(session_);
  if (layers.empty()) {
    events_.log("warning", "Nothing was resampled: no layer of this run draws slices. That is what method rosa does.");
    return;
  }
  if (progress_.step == 0) {
    events_.log("warning", "Nothing was resampled: the first step is not done yet.");
    return;
  }
  resample({progress_.cycle + 1, progress_.cycle + 1, progress_.step, layers});
}

void TrainingLoop::trainStep() {
  const auto start = Clock::now();
  const std::int64_t step = progress_.step + 1;
  const double learningRate = learningRateOf(step);
  auto batches = session_.batches(step);
  device::resetPeak(session_.device, session_.account);
  const auto result = [&] {
    const device::LimitScope limited(session_.account, memoryForTensors(session_.config));
    return stepper_.run(batches, step, learningRate);
  }();
  tellShrunk(result.shrunk);
  if (result.applied && session_.average) session_.average->update(step);
  lastBatch_ = std::move(batches.back());
  progress_.step = step;
  const double seconds = secondsSince(start);
  progress_.elapsedSeconds += seconds;
  report(result, learningRate, seconds);
  lastApplied_ = result.applied;
  watch({step, result.applied, result.loss, result.gradientNorm}, learningRate);
}

double TrainingLoop::learningRateOf(std::int64_t step) const {
  const double rate = session_.learningRate(step) * progress_.rateFactor;
  if (progress_.resampledStep == 0) return rate;
  return rate * rewarmFactor(session_.counts.rewarm, step - progress_.resampledStep);
}

void TrainingLoop::watch(const StepFacts& facts, double learningRate) {
  if (auto reason = nonFinite_.afterStep(facts)) failure_ = *reason;
  if (auto reason = noGradient_.afterStep(facts)) failure_ = *reason;
  if (!movement_ || !failure_.empty()) return;
  const bool last = complete();
  const double next = last ? 0 : learningRateOf(facts.step + 1);
  auto reason = movement_->afterStep(facts, learningRate, next, last);
  if (!reason) return;
  // A run at its end has no hours left to lose, and a trial of one step has none to begin with.
  if (last) {
    events_.log("warning", *std::move(reason));
  } else {
    failure_ = *std::move(reason);
  }
}

void TrainingLoop::report(const StepResult& result, double learningRate, double seconds) {
  const auto& counts = session_.counts;
  secondsPerStep_ = secondsPerStep_ == 0 ? seconds : 0.95 * secondsPerStep_ + 0.05 * seconds;
  progress_.lastLoss = result.loss;

  StepCompleted event;
  event.step = progress_.step;
  event.epoch = session_.epochsAfter(progress_.step);
  event.loss = result.loss;
  event.learningRate = learningRate;
  event.gradientNorm = result.gradientNorm;
  event.applied = result.applied;
  event.tokens = result.tokens;
  event.stepSeconds = seconds;
  event.tokensPerSecond = static_cast<double>(result.tokens) / seconds;
  event.elapsedSeconds = progress_.elapsedSeconds;
  event.remainingSeconds = secondsPerStep_ * static_cast<double>(counts.totalSteps - progress_.step);
  events_.receive(event);
  sampleMemory();
  for (const auto& settled : progress_.smoothedLoss.add(progress_.step, result.loss)) events_.receive(settled);
}

void TrainingLoop::sampleMemory() {
  events_.receive(measureMemory(session_, progress_.step));
}

void TrainingLoop::resampleWhereDue() {
  const auto step = progress_.step;
  const auto times = resampleTimes(session_);
  const auto resampling = resamplingLayers(session_);
  ResampleOrder order{progress_.cycle + 1, progress_.cycle + 1, step, {}};
  for (const auto place : times.due(step, resampling.size())) order.layers.push_back(resampling[place]);
  const bool plateau = progress_.plateau.reached(step, progress_.smoothedLoss.value(), session_.counts.plateauSteps);
  if (times.staggered) order.round = times.round(step);
  if (plateau) order.layers = resampling;
  if (!order.layers.empty()) resample(order);
}

void TrainingLoop::resample(const ResampleOrder& order) {
  if (!leads()) return shareResampled();
  // Of a few layers at a time the losses around it would cost more than it does.
  const bool measured = !session_.config.stagger;
  const double before = measured ? stepper_.evaluationLoss(lastBatch_) : std::nan("");
  if (movement_) movement_->beforeResample();
  auto event = resampleLayers(session_, order);
  if (movement_) movement_->afterResample();
  event.lossBefore = before;
  if (measured) event.lossAfter = stepper_.evaluationLoss(lastBatch_);
  progress_.cycle = event.cycle;
  progress_.resampledStep = event.step;
  progress_.plateau.begin(event.step);
  progress_.smoothedLoss.resampled(event.cycle, event.step);
  if (session_.group) shareResampled();
  events_.receive(event);
  if (measured && session_.config.factorise == Factorise::SvdAdd) {
    events_.log("info", fmt::format("Resample {} changed the model: factorise svd_add counts each new slice twice. The "
                                    "loss was {:.5f} before it and is {:.5f} now.",
                                    event.cycle, event.lossBefore, event.lossAfter));
  }
  if (measured) sampleTexts("resample");
}

void TrainingLoop::shareResampled() {
  if (const auto shared = shareState(session_, progress_); !shared) throw std::runtime_error(shared.error().message);
}

bool TrainingLoop::evaluate() {
  if (session_.validation.empty() || evaluatedStep_ == progress_.step) return false;
  phase("evaluating");
  const auto start = Clock::now();
  std::optional<Evaluation> evaluation;
  {
    const UseAverage averaged(session_.average.get());
    evaluation = evaluateExamples(*session_.model, session_.validation, session_.evaluationSettings(),
                                  [this] { return control_.discarding(); });
  }
  phase("training");
  if (!evaluation) return false;  // given up: the run is being discarded
  evaluatedStep_ = progress_.step;
  evaluatedLoss_ = evaluation->loss;

  EvaluationCompleted event;
  event.step = progress_.step;
  event.loss = evaluation->loss;
  event.metrics = evaluation->metrics;
  event.examples = evaluation->examples;
  event.truncatedExamples = evaluation->truncated;
  event.seconds = secondsSince(start);
  progress_.lastMetrics = event.metrics;
  progress_.lastMetrics.insert(progress_.lastMetrics.begin(), {"loss", event.loss});
  const double value = session_.decidingValue(progress_.lastMetrics);
  event.best = session_.metricPlan.better(value, progress_.bestValue);
  ++progress_.evaluationsWithoutBetter;
  if (event.best) {
    progress_.bestValue = value;
    progress_.bestStep = progress_.step;
    progress_.evaluationsWithoutBetter = 0;
  }
  events_.receive(event);
  if (stopsEarly(session_.config, progress_) && progress_.step < session_.counts.totalSteps) {
    events_.log("info", earlyStopSentence(progress_, session_.metricPlan.deciding));
  }
  return amongBest(value);
}

bool TrainingLoop::amongBest(double value) {
  auto& best = progress_.best;
  if (std::isnan(value)) return false;
  const auto worse = std::ranges::find_if(
      best, [&](const GoodEvaluation& other) { return session_.metricPlan.better(value, other.value); });
  const auto place = worse - best.begin();
  if (place >= session_.config.keepBest) return false;
  best.insert(worse, {progress_.step, value});
  if (std::ssize(best) > session_.config.keepBest) best.pop_back();
  return true;
}

void TrainingLoop::sampleTexts(const char* reason) {
  sampleTexts(reason, session_.samplePrompts);
}

void TrainingLoop::sampleTexts(const char* reason, const std::vector<std::string>& prompts) {
  // Asked for twice at one step, the texts are the same, but whoever asks wants to see an answer.
  const bool again = sampledStep_ == progress_.step && std::string_view(reason) != "asked";
  if (prompts.empty() || again || !leads()) return;
  phase("sampling");
  const UseAverage averaged(session_.average.get());
  for (const auto& prompt : prompts) {
    auto text = continueText(session_, prompt, [this] { return control_.discarding(); });
    if (!text) break;
    if (text->droppedPromptTokens > 0 && !toldOfPrompts_) {
      toldOfPrompts_ = true;
      events_.log("info",
                  fmt::format("A sample's prompt has {} tokens, more than the model takes: its first {} are cut "
                              "off. Write shorter sample-prompts.",
                              text->promptTokens, text->droppedPromptTokens));
    }
    events_.receive(TextSampled{progress_.step, prompt, std::move(text->text), reason, text->droppedPromptTokens});
  }
  sampledStep_ = progress_.step;
  phase("training");
}

bool TrainingLoop::save() {
  if (savedStep_ == progress_.step) return true;
  if (!session_.arena->divided()) return !leads() || write();
  // The loop's own decisions are the same in all processes, so that all come here.
  if (!saveTogether(session_, [this] { return write(); })) return false;
  savedStep_ = progress_.step;
  return true;
}

bool TrainingLoop::write() {
  // The older checkpoints are the ones to go on from.
  if (const auto spoilt = firstNonFinite(session_)) {
    failure_ = fmt::format(
        "After step {} the weights in {} are no longer finite, so they were not saved. Choose a lower learning rate "
        "(lr) or a smaller gradient norm (clip); then resume from the last checkpoint, or start anew.",
        progress_.step, *spoilt);
    return false;
  }
  savedAt_ = Clock::now();
  phase("saving");
  const auto start = Clock::now();
  auto saved = saveCheckpoint(session_, progress_, runDirectory_ / "checkpoints");
  phase("training");
  if (!saved) {
    events_.log("error", saved.error().message);
    return false;
  }
  savedStep_ = progress_.step;
  lastCheckpoint_ = saved->directory.string();
  events_.receive(CheckpointSaved{progress_.step, lastCheckpoint_, saved->bytes, secondsSince(start) * 1000, true,
                                  progress_.bestStep == progress_.step});
  return true;
}

bool TrainingLoop::due(std::int64_t everySteps) const {
  return everySteps > 0 && progress_.step % everySteps == 0;
}

void TrainingLoop::phase(const char* name) {
  events_.receive(PhaseChanged{name, progress_.step});
}

RunFinished TrainingLoop::finished(const char* outcome) const {
  RunFinished event;
  event.step = progress_.step;
  event.outcome = outcome;
  event.loss = progress_.smoothedLoss.value();
  event.metrics = progress_.lastMetrics;
  event.elapsedSeconds = progress_.elapsedSeconds;
  event.peakResidentBytes = device::readProcessMemory().peakResidentBytes;
  event.lastCheckpoint = lastCheckpoint_;
  return event;
}

}  // namespace rosa::train
