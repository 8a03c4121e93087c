// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/run_state.h"

#include <QObject>
#include <algorithm>
#include <cmath>

#include "models/runs_model.h"
#include "plots/resample_facts.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

QString metricsText(const NamedValues& metrics) {
  QString text;
  for (const auto& [name, value] : metrics) {
    if (name == "loss") continue;
    text += QStringLiteral(", %1 %2").arg(metricName(name), formatNumber(value));
  }
  return text;
}

QString atStep(std::int64_t step) {
  return QObject::tr("step %1").arg(formatCount(step));
}

/// "cpu", or "cuda:0" with the card's name behind it.
QString deviceName(const std::string& device) {
  if (device == "cpu") return QObject::tr("the CPU");
  const QString card = toQString(device).section(QLatin1Char(' '), 1);
  return card.isEmpty() ? QObject::tr("the GPU") : QObject::tr("the GPU (%1)").arg(card);
}

}  // namespace

void RunState::take(const Event& event) {
  curves.take(event);
  std::visit(Overloaded{
                 [this](const RunStarted& value) {
                   started = value;
                   // A resumed run goes on: the end that its folder tells is no longer the end.
                   failed.reset();
                   finished.reset();
                   crashed.reset();
                   cutOff = false;
                   goBackTo(value.firstStep);
                 },
                 [this](const PhaseChanged& value) { phase = value.phase; },
                 [this](const StepCompleted& value) { step = value; },
                 [this](const MemorySampled& value) { memory = value; },
                 [this](const EvaluationCompleted& value) { evaluation = value; },
                 [this](const CheckpointSaved& value) { checkpoint = value; },
                 [this](const RunFailed& value) { failed = value; },
                 [this](const RunFinished& value) { finished = value; },
                 [this](const WorkerEnded& value) { crashed = value; },
                 [this](const TextSampled& value) {
                   samples.push_front(value);
                   if (samples.size() > kMostSamples) samples.pop_back();
                   ++sampled;
                 },
                 [](const auto&) {},
             },
             event);
  const QString line = logText(event);
  if (line.isEmpty()) return;
  log.push_back(line);
  if (log.size() > kMostLines) log.pop_front();
  ++logged;
}

void RunState::goBackTo(std::int64_t last) {
  if (std::erase_if(samples, [last](const TextSampled& sample) { return sample.step > last; }) > 0) ++sampled;
  if (step && step->step > last) step.reset();
  if (memory && memory->step > last) memory.reset();
  if (evaluation && evaluation->step > last) {
    evaluation.reset();
    if (const auto& points = curves.validation().points(); !points.empty()) {
      evaluation.emplace();
      evaluation->step = std::llround(points.back().step);
      evaluation->loss = points.back().value;
    }
  }
}

bool RunState::saved() const {
  return checkpoint.has_value() || (finished && !finished->lastCheckpoint.empty());
}

bool RunState::generatesText() const {
  return started && (started->task == "lm" || started->task == "completion");
}

double RunState::progress() const {
  if (!started || started->totalSteps <= 0) return 0;
  return std::clamp(curves.lastStep() / static_cast<double>(started->totalSteps), 0.0, 1.0);
}

QString logText(const Event& event) {
  return std::visit(
      Overloaded{
          [](const RunStarted& value) {
            const QString steps = plural(value.totalSteps, QObject::tr("step"), QObject::tr("steps"));
            return value.firstStep > 0 ? QObject::tr("Continues after %1 of %2 on %3")
                                             .arg(atStep(value.firstStep), steps, deviceName(value.device))
                                       : QObject::tr("Trains %1 of %2 parameters for %3 on %4")
                                             .arg(formatCount(value.trainableParameters),
                                                  formatCount(value.totalParameters), steps, deviceName(value.device));
          },
          [](const StepCompleted& value) {
            return value.applied ? QString()
                                 : QObject::tr("Warning: %1 was skipped, its loss or gradient was not finite")
                                       .arg(atStep(value.step));
          },
          [](const ResampleCompleted& value) {
            const QString layers = plural(layersIn(value), QObject::tr("layer"), QObject::tr("layers"));
            return value.cycle == 0 ? QObject::tr("First directions drawn in %1").arg(layers)
                                    : QObject::tr("Resample %1 at %2: %3 in %4 ms")
                                          .arg(value.cycle)
                                          .arg(atStep(value.step), layers)
                                          .arg(value.milliseconds, 0, 'f', 0);
          },
          [](const EvaluationCompleted& value) {
            return QObject::tr("Validation at %1: loss %2%3")
                .arg(atStep(value.step), QString::number(value.loss, 'f', 4), metricsText(value.metrics));
          },
          [](const CheckpointSaved& value) {
            return QObject::tr("Saved %1, %2%3")
                .arg(atStep(value.step), formatBytes(value.bytes),
                     value.verified ? QObject::tr(", read back and verified") : QString());
          },
          [](const ExportCompleted& value) {
            return QObject::tr("Exported to %1, largest logit difference %2")
                .arg(toQString(value.directory), formatNumber(value.largestLogitDifference, 2));
          },
          [](const CommandReceived& value) {
            const QString word = toQString(value.command).replace(QLatin1Char('_'), QLatin1Char(' '));
            return value.argument.empty() ? QObject::tr("Asked to %1").arg(word)
                                          : QObject::tr("Asked to %1: %2").arg(word, toQString(value.argument));
          },
          [](const WorkerEnded& value) { return QObject::tr("Interrupted: %1").arg(toQString(value.reason)); },
          [](const LogLine& value) {
            if (value.level == "info") return toQString(value.text);
            return (value.level == "error" ? QObject::tr("Error: %1") : QObject::tr("Warning: %1"))
                .arg(toQString(value.text));
          },
          [](const RunFailed& value) { return QObject::tr("Failed: %1").arg(toQString(value.message)); },
          [](const RunFinished& value) {
            return value.outcome == "completed" ? QObject::tr("Done after %1").arg(formatDuration(value.elapsedSeconds))
                                                : QObject::tr("Stopped at %1").arg(atStep(value.step));
          },
          [](const auto&) { return QString(); },
      },
      event);
}

}  // namespace rosa::ui
