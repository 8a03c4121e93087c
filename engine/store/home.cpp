// SPDX-License-Identifier: GPL-3.0-or-later
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "rosa/engine.h"
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

}  // namespace

fs::path rosaHome() {
  if (const fs::path chosen = variable("ROSA_HOME"); !chosen.empty()) return store::absolutePath(chosen);
  // The XDG rules say that a relative path there counts as unset.
  if (const fs::path data = variable("XDG_DATA_HOME"); data.is_absolute()) return data / "rosa-studio";
  return userFolder() / ".local" / "share" / "rosa-studio";
}

}  // namespace rosa
