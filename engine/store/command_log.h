// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rosa/command.h"
#include "rosa/expected.h"
#include "store/line_file.h"
#include "store/run_folder.h"

/// What a run is asked for, in commands.jsonl of its folder: appended by whoever asks, read by the run.
namespace rosa::store {

/// Adds one line; several processes may do so at once. Waits up to 2 s for another writer. Asks nothing of the run: one
/// that does not go on reads it never.
[[nodiscard]] Status appendCommand(const RunFolder& folder, const Command& command);

/// Bytes of commands asked for so far: those of a later session stand behind.
[[nodiscard]] std::int64_t commandBytes(const RunFolder& folder);

/// Reads the commands of one session as they come. Used by one thread.
class CommandTail {
 public:
  /// From a number of bytes on, as `commandBytes` told when the session was asked for.
  CommandTail(const RunFolder& folder, std::int64_t offset) : lines_(folder.commandsFile(), kLongest, offset) {}

  struct News {
    std::vector<Command> commands;      ///< in their order
    std::vector<std::string> mistakes;  ///< a sentence for each line that is none
  };
  [[nodiscard]] Expected<News> read();

 private:
  static constexpr std::size_t kLongest = std::size_t{1} << 20;
  LineTail lines_;
};

}  // namespace rosa::store
