// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "host/remote_shell.h"
#include "rosa/expected.h"
#include "store/line_file.h"
#include "store/run_folder.h"
#include "store/run_origin.h"

namespace rosa::host {

/// Writes what a run on another machine tells into its folder here, from where that ends, for as long as somebody
/// trains it there. Of several processes one does, the one that holds the folder's lock; the others take over where it
/// goes. A connection that breaks is made again, and again after ever longer pauses.
class RemoteFeed {
 public:
  RemoteFeed(store::RunFolder folder, store::RunOrigin origin, RemoteShell shell);
  RemoteFeed(const RemoteFeed&) = delete;
  RemoteFeed& operator=(const RemoteFeed&) = delete;
  ~RemoteFeed();

  /// Nothing more will come.
  [[nodiscard]] bool over() const { return over_; }
  /// Once it is over: why, where it is not because the run has ended.
  [[nodiscard]] std::string lost() const;

 private:
  enum class End { RunEnded, Broken, Left };

  void work();
  /// True where it may be tried again.
  bool feedOnce();
  End follow(ChildProcess& ssh);
  /// Takes the complete lines; an error where they are none of a run's.
  Status takeLines(std::string& text);
  Status takeLine(std::string_view line);
  [[nodiscard]] bool left() const;
  /// False when it is to stop.
  bool wait(std::chrono::milliseconds time);
  void lose(const Error& reason);

  store::RunFolder folder_;
  store::RunOrigin origin_;
  RemoteShell shell_;
  std::optional<store::LineFile> file_;  ///< while a connection lasts
  std::int64_t newest_ = 0;              ///< sequence of the last event in the folder
  bool answered_ = false;                ///< in this connection
  bool everAnswered_ = false;            ///< in any
  std::atomic<bool> over_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool left_ = false;
  std::string lost_;
  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace rosa::host
