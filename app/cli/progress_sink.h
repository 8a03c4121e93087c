// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "cli/line_writer.h"
#include "rosa/events.h"

/// How a run tells a terminal what it does. Used by the run's thread only; main reads the results after Run::wait.
namespace rosa::cli {

/// One JSON object an event on stdout, and nothing else there; remarks and a failure are told on stderr besides. What
/// is written comes whole when the object has gone.
class JsonLinesSink final : public EventSink {
 public:
  JsonLinesSink();
  void receive(const Event& event) override;

 private:
  LineWriter lines_;
};

/// A line that is rewritten in a terminal; in a pipe a plain line every few seconds and for each notable event.
class ProgressSink final : public EventSink {
 public:
  ProgressSink();
  void receive(const Event& event) override;

 private:
  void clearProgress();
  void show(const std::string& line);  // a line that stays
  void showProgress(const StepCompleted& step);
  void showOpening(const PhaseChanged& phase);
  [[nodiscard]] bool isTime();  // for another progress line
  void rewriteProgress(const std::string& line);

  bool terminal_;
  bool progressShown_ = false;  // the cursor stands behind a progress line
  std::chrono::steady_clock::time_point made_ = std::chrono::steady_clock::now();
  bool started_ = false;
  std::int64_t totalSteps_ = 0;
  std::int64_t residentBytes_ = 0;
  std::chrono::steady_clock::time_point lastShown_;
};

/// One of the two, as --events asks for.
[[nodiscard]] std::unique_ptr<EventSink> makeSink(bool jsonLines);

}  // namespace rosa::cli
