// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "rosa/events.h"
#include "rosa/expected.h"
#include "store/line_file.h"
#include "store/run_folder.h"

/// A run's events on disk.
///
/// events.jsonl holds every event with its sequence and time, metrics.jsonl only StepCompleted and EvaluationCompleted
/// for plots and other programs, log.txt what a person wants to know, each line with its time in UTC. All three only
/// grow, over resumes too.
namespace rosa::store {

/// Writes the three files. Used by one thread at a time, in the process that holds the run's RunLock.
class EventLog {
 public:
  /// Goes on after what is there; a last line that was cut off by a crash is removed first.
  [[nodiscard]] static Expected<EventLog> open(const RunFolder& folder);

  /// Waits for the disk only at CheckpointSaved and at an end of whatever kind: then all events so far are safe from a
  /// power cut. Events before it are safe from a crash of this process.
  ///
  /// An error means that some lines are not on the disk yet. They wait in memory, and each further call tries first to
  /// write them, so that what is stored stays complete and in order. Only what no longer fits into `mostWaitingBytes`
  /// is left out; the log then says how much, in its place.
  [[nodiscard]] Status append(const Event& event);

  static constexpr std::size_t kMostWaitingBytes = std::size_t{64} << 20;
  void setMostWaitingBytes(std::size_t bytes) { mostWaitingBytes_ = bytes; }

 private:
  struct Stream {
    LineFile file;
    std::deque<std::string> waiting;
  };

  EventLog(RunFolder folder, LineFile events, LineFile metrics, LineFile log, std::int64_t sequence);

  void queue(const Event& event);
  void push(Stream& stream, std::string line);
  [[nodiscard]] Status write(Stream& stream);
  [[nodiscard]] Status writeAll();
  [[nodiscard]] Status syncAll();

  RunFolder folder_;
  Stream events_;
  Stream metrics_;
  Stream log_;
  std::size_t waitingBytes_ = 0;
  std::size_t mostWaitingBytes_ = kMostWaitingBytes;
  std::int64_t sequence_ = 0;  ///< of the newest event, also of those of earlier sessions
  std::int64_t leftOut_ = 0;   ///< events for which there was no room
  bool syncDue_ = false;
};

/// Every event ever written, oldest first; a last line cut off by a crash and lines that this version cannot read are
/// left out. A folder without events gives none.
[[nodiscard]] Expected<std::vector<Event>> readEvents(const RunFolder& folder);

/// The longest line of events.jsonl: some list the slices of all layers, about 100 bytes each.
inline constexpr std::size_t kLongestEvent = std::size_t{16} << 20;

/// The course that led to where the run is now: a RunStarted that goes on after step n drops all events of later steps
/// before it, because that way was left. Each step then stands once.
[[nodiscard]] std::vector<Event> effectiveEvents(std::vector<Event> events);
[[nodiscard]] std::vector<StoredEvent> effectiveEvents(std::vector<StoredEvent> events);

/// The step an event belongs to; 0 for those that belong to none.
[[nodiscard]] std::int64_t stepOf(const Event& event);

}  // namespace rosa::store
