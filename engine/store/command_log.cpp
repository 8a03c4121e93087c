// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/command_log.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/file_lock.h"
#include "base/text.h"

namespace rosa::store {

Status appendCommand(const RunFolder& folder, const Command& command) {
  constexpr std::chrono::seconds kPatience(2);
  const auto lockFile = folder.path / ".commands.lock";
  ROSA_TRY(const auto lock, base::FileLock::takeWithin(lockFile, kPatience));
  if (!lock) {
    return Error{fmt::format("{} is held by a program that writes a command and does not end. Stop that program.",
                             base::printable(lockFile.native()))};
  }
  ROSA_TRY(auto file, LineFile::open(folder.commandsFile()));
  return file.append(toJson(command));
}

std::int64_t commandBytes(const RunFolder& folder) {
  std::error_code code;
  const auto bytes = std::filesystem::file_size(folder.commandsFile(), code);
  return code ? 0 : static_cast<std::int64_t>(bytes);
}

Expected<CommandTail::News> CommandTail::read() {
  News news;
  ROSA_CHECK(lines_.read([&news](std::string_view line) -> Status {
    if (auto command = commandFromJson(line)) {
      news.commands.push_back(*std::move(command));
    } else {
      constexpr std::size_t kShown = 80;
      news.mistakes.push_back(fmt::format("A line of commands.jsonl is no command and was passed over: {} ({}).",
                                          base::printable(line.substr(0, kShown)), command.error().message));
    }
    return {};
  }));
  return news;
}

}  // namespace rosa::store
