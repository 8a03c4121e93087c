// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace rosa::cli {

/// Writes lines to a descriptor on a thread of its own, so that a reader can be slow, or go away, without anyone
/// waiting for it. The process must ignore SIGPIPE.
class LineWriter {
 public:
  struct Settings {
    std::size_t mostWaitingBytes = std::size_t{64} << 20;
    /// The line to write where so many were left out because they did not fit.
    std::function<std::string(std::int64_t)> leftOut;
    /// Whether what waits at the end may be dropped once nobody reads it.
    std::function<bool()> giveUp;
  };
  LineWriter(int descriptor, Settings settings);
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  /// Waits until all is written, the reader is gone or, where it may give up, has taken nothing for two seconds.
  ~LineWriter();

  /// Adds the line end. Returns at once.
  void write(std::string line);

 private:
  void work();
  /// False when the reader is gone or was given up.
  bool writeAll(std::string_view text);

  int descriptor_;
  Settings settings_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  std::size_t waitingBytes_ = 0;
  std::int64_t leftOut_ = 0;  ///< lines since the last one that fitted
  bool closing_ = false;
  bool gone_ = false;   ///< the reader
  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace rosa::cli
