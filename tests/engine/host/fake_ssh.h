// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdlib>
#include <string>

#include "../store/store_fixture.h"

namespace rosa::host {

/// A program "ssh" that is found before the system's and runs what it is asked for on this machine, with a home of its
/// own; its first line decides otherwise where a test says so. What it was called with is in `calls`.
class FakeSshTest : public store::StoreTest {
 protected:
  FakeSshTest() {
    std::filesystem::create_directories(remoteHome());
    script("ssh", "for word in \"$@\"; do printf '%s\\n' \"$word\" >> '" + calls().string() +
                      "'; done\n"
                      "if [ -e '" +
                      mood().string() + "' ]; then . '" + mood().string() +
                      "'; fi\n"
                      "while [ \"$1\" != -- ]; do shift; done\nshift 2\n"
                      "ROSA_HOME='" +
                      remoteHome().string() + "' exec sh -c \"$*\"\n");
  }

  void script(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(programs());
    store::writeText(programs() / name, "#!/bin/sh\n" + text);
    std::filesystem::permissions(programs() / name, std::filesystem::perms::owner_all);
  }
  /// Shell commands that the fake runs first, with its arguments.
  void setMood(const std::string& commands) const { store::writeText(mood(), commands); }

  [[nodiscard]] std::filesystem::path programs() const { return temporary_.path() / "programs"; }
  [[nodiscard]] std::filesystem::path remoteHome() const { return temporary_.path() / "remote"; }
  [[nodiscard]] std::filesystem::path calls() const { return temporary_.path() / "calls"; }
  [[nodiscard]] std::filesystem::path mood() const { return temporary_.path() / "mood"; }

  store::Variable path_{"PATH", programs().string() + ":" + std::getenv("PATH")};
  store::Variable seconds_{"ROSA_SSH_SECONDS", "1"};
};

}  // namespace rosa::host
