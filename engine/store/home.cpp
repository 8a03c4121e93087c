// SPDX-License-Identifier: GPL-3.0-or-later
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/atomic_write.h"
#include "base/file.h"
#include "rosa/engine.h"
#include "rosa/home.h"
#include "store/absolute_path.h"

namespace rosa {
namespace {

namespace fs = std::filesystem;

fs::path variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? fs::path() : fs::path(value);
}

/// The user's home folder; a service may have no $HOME.
fs::path userFolder() {
  if (fs::path home = variable("HOME"); home.is_absolute()) return home;
  constexpr std::size_t kLargestEntry = 16384;
  std::vector<char> buffer(kLargestEntry);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_dir;
  }
  return "/";
}

/// An XDG folder; the rules say that a relative path in its variable counts as unset.
fs::path xdgFolder(const char* name, const fs::path& belowHome) {
  const fs::path folder = variable(name);
  return (folder.is_absolute() ? folder : userFolder() / belowHome) / "rosa-studio";
}

/// Holds the path of the folder that was chosen.
fs::path choiceFile() {
  return xdgFolder("XDG_CONFIG_HOME", ".config") / "home";
}

fs::path chosenHome() {
  constexpr std::uint64_t kLongestPath = 4096;
  const auto text = base::readFile(base::FileSystem::real(), choiceFile(), kLongestPath);
  return text ? fs::path(text->substr(0, text->find('\n'))) : fs::path();
}

}  // namespace

Status chooseRosaHome(const fs::path& chosen) {
  if (!chosen.is_absolute()) {
    return Error{fmt::format("\"{}\" is not a whole path; write one such as /data/rosa-studio.", chosen.string())};
  }
  const fs::path folder = store::absolutePath(chosen);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || ::access(folder.c_str(), W_OK | X_OK) != 0) {
    return Error{fmt::format("Nothing can be written into {}: {}. Choose another folder.", folder.string(),
                             error ? error.message() : std::strerror(errno))};
  }
  const fs::path file = choiceFile();
  fs::create_directories(file.parent_path(), error);
  return base::writeFileAtomically(base::FileSystem::real(), file, folder.string() + "\n");
}

fs::path rosaHome() {
  if (const fs::path chosen = variable("ROSA_HOME"); !chosen.empty()) return store::absolutePath(chosen);
  if (fs::path chosen = chosenHome(); chosen.is_absolute()) return chosen;
  return xdgFolder("XDG_DATA_HOME", fs::path(".local") / "share");
}

}  // namespace rosa
