// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/progress_sink.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <set>
#include <string_view>

#include "cli/command.h"
#include "cli/interrupt.h"

namespace rosa::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto kTerminalInterval = 100ms;
constexpr auto kPipeInterval = 5s;

std::string firstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// A layer with several windows is one.
std::size_t layersIn(const ResampleCompleted& event) {
  std::set<std::string_view> names;
  for (const auto& slice : event.layers) names.insert(slice.layer);
  return names.size();
}

/// To stderr, so that who keeps the results alone still sees what was cut, left out or without effect.
void printLogLine(const LogLine& line) {
  fmt::print(stderr, "{}: {}\n", line.level == "info" ? "note" : line.level, line.text);
}

}  // namespace

JsonLinesSink::JsonLinesSink()
    : lines_(STDOUT_FILENO,
             {.leftOut =
                  [](std::int64_t count) {
                    return toJson(
                        LogLine{"warning", fmt::format("{} events are left out here, because nobody read them in "
                                                       "time; events.jsonl of the run folder has all.",
                                                       count)});
                  },
              .giveUp = interrupted}) {}

void JsonLinesSink::receive(const Event& event) {
  lines_.write(toJson(event));
  if (const auto* line = std::get_if<LogLine>(&event)) printLogLine(*line);
  if (const auto* failed = std::get_if<RunFailed>(&event)) printError(failed->message);
}

ProgressSink::ProgressSink() : terminal_(isatty(STDOUT_FILENO) != 0) {}

void ProgressSink::clearProgress() {
  if (progressShown_) std::fputs("\r\033[K", stdout);
  progressShown_ = false;
  std::fflush(stdout);
}

void ProgressSink::show(const std::string& line) {
  clearProgress();
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

bool ProgressSink::isTime() {
  const auto now = std::chrono::steady_clock::now();
  if (now - lastShown_ < (terminal_ ? kTerminalInterval : std::chrono::milliseconds(kPipeInterval))) return false;
  lastShown_ = now;
  return true;
}

void ProgressSink::showOpening(const PhaseChanged& phase) {
  using Clock = std::chrono::steady_clock;
  const bool takesTime = Clock::now() - made_ > 1s;
  if (!started_ && takesTime && isTime()) rewriteProgress(phase.phase);
}

void ProgressSink::showProgress(const StepCompleted& step) {
  if (!isTime() && step.step != totalSteps_) return;
  const auto line =
      fmt::format("step {}/{}  loss {:.4f}  {:.0f} tokens/s  {}  left {}", step.step, totalSteps_, step.loss,
                  step.tokensPerSecond, humanBytes(residentBytes_), humanSeconds(step.remainingSeconds));
  rewriteProgress(line);
}

void ProgressSink::rewriteProgress(const std::string& line) {
  if (!terminal_) {
    fmt::print("{}\n", line);
  } else {
    fmt::print("\r\033[K{}", line);
    progressShown_ = true;
  }
  std::fflush(stdout);
}

void ProgressSink::receive(const Event& event) {
  if (const auto* started = std::get_if<RunStarted>(&event)) {
    started_ = true;
    totalSteps_ = started->totalSteps;
    show(fmt::format("{}: training {} of {} parameters ({}), {} steps on {}", started->runDirectory,
                     started->trainableParameters, started->totalParameters, started->method, started->totalSteps,
                     started->device));
  } else if (const auto* phase = std::get_if<PhaseChanged>(&event)) {
    showOpening(*phase);
  } else if (const auto* step = std::get_if<StepCompleted>(&event)) {
    if (!step->applied)
      show(fmt::format("step {}: loss {} is not finite, the step is skipped", step->step, step->loss));
    showProgress(*step);
  } else if (const auto* memory = std::get_if<MemorySampled>(&event)) {
    residentBytes_ = memory->processResidentBytes;
  } else if (const auto* resample = std::get_if<ResampleCompleted>(&event)) {
    if (resample->cycle > 0) {
      const auto losses = std::isfinite(resample->lossBefore) ? fmt::format(", loss {:.6f} before, {:.6f} after",
                                                                            resample->lossBefore, resample->lossAfter)
                                                              : std::string();
      const auto rounding = std::isfinite(resample->roundingLoss)
                                ? fmt::format(", rounding lost {:.3g} % of the slices", 100 * resample->roundingLoss)
                                : std::string();
      show(fmt::format("resample {} after step {}: {} layers in {:.0f} ms{}, {:.0f} % of directions seen{}",
                       resample->cycle, resample->step, layersIn(*resample), resample->milliseconds, losses,
                       100 * resample->coverage, rounding));
    }
  } else if (const auto* evaluation = std::get_if<EvaluationCompleted>(&event)) {
    show(fmt::format("evaluation after step {}: loss {:.4f}{}{}{}", evaluation->step, evaluation->loss,
                     evaluation->metrics.empty() ? "" : ", ", valuesText(evaluation->metrics),
                     evaluation->best ? " (best)" : ""));
  } else if (const auto* sample = std::get_if<TextSampled>(&event)) {
    show(fmt::format("sample ({}, step {}): {}{} ->{}", sample->reason, sample->step,
                     sample->droppedPromptTokens > 0 ? "[cut] " : "", firstLine(sample->prompt),
                     firstLine(sample->text)));
  } else if (const auto* saved = std::get_if<CheckpointSaved>(&event)) {
    show(fmt::format("saved {} ({}{})", saved->directory, humanBytes(saved->bytes),
                     saved->verified ? ", verified" : ""));
  } else if (const auto* line = std::get_if<LogLine>(&event)) {
    clearProgress();
    printLogLine(*line);
  } else if (const auto* failed = std::get_if<RunFailed>(&event)) {
    if (progressShown_) std::fputs("\n", stdout);
    progressShown_ = false;
    std::fflush(stdout);
    printError(failed->message);
  } else if (const auto* finished = std::get_if<RunFinished>(&event)) {
    show(fmt::format("{} after step {} in {}: loss {:.4f}{}{}, peak memory {}", finished->outcome, finished->step,
                     humanSeconds(finished->elapsedSeconds), finished->loss, finished->metrics.empty() ? "" : ", ",
                     valuesText(finished->metrics), humanBytes(finished->peakResidentBytes)));
  }
}

std::unique_ptr<EventSink> makeSink(bool jsonLines) {
  if (jsonLines) return std::make_unique<JsonLinesSink>();
  return std::make_unique<ProgressSink>();
}

}  // namespace rosa::cli
