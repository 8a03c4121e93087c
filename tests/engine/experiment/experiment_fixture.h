// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/process.h"

namespace rosa::test {

/// A temporary folder in which an experiment writes its own, `destination()`.
class ExperimentTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path destination() const { return folder_.path() / "experiment"; }
  /// A file that the experiment wrote; empty where it is missing.
  [[nodiscard]] std::string text(const char* file) const {
    std::ifstream in(destination() / file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TemporaryFolder folder_;
};

}  // namespace rosa::test
