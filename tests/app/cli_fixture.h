// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/golden.h"
#include "support/process.h"

namespace rosa::test {

/// The exit code of a mistake in what was asked for.
inline constexpr int kWrongInput = 2;

using nlohmann::json;
namespace fs = std::filesystem;

/// Runs the real `rosa` on the sample project, with ROSA_HOME in a temporary folder.
class CliFixture : public testing::Test {
 protected:
  [[nodiscard]] static fs::path program() {
    const char* folder = std::getenv("ROSA_BIN_DIR");
    return fs::path(folder != nullptr ? folder : "build/release/bin") / "rosa";
  }
  [[nodiscard]] static fs::path samples() { return sourceDirectory() / "resources" / "samples"; }
  [[nodiscard]] fs::path home() const { return folder_.path() / "home"; }
  [[nodiscard]] std::map<std::string, std::string> environment() const { return {{"ROSA_HOME", home().string()}}; }

  [[nodiscard]] ProcessResult rosa(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program().string());
    return Process(arguments, environment()).wait();
  }

  /// `rosa train` on a few rows of the sample.
  [[nodiscard]] std::vector<std::string> trainArguments(const fs::path& run, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"train",
                                          "--model",
                                          (samples() / "stories260k").string(),
                                          "--data",
                                          (samples() / "e2e" / "train.csv").string(),
                                          "--task",
                                          "completion",
                                          "--prompt",
                                          "mr",
                                          "--completion",
                                          "ref",
                                          "--max-rows",
                                          "64",
                                          "--batch",
                                          "4",
                                          "--threads",
                                          "1",
                                          "--seed",
                                          "1",
                                          "--out",
                                          run.string(),
                                          "--events",
                                          "jsonl"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  [[nodiscard]] static std::vector<json> events(const std::string& lines) {
    std::vector<json> all;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) {
      auto event = json::parse(line, nullptr, false);
      EXPECT_FALSE(event.is_discarded()) << "not JSON: " << line;
      all.push_back(std::move(event));
    }
    return all;
  }

  [[nodiscard]] static std::vector<json> named(const std::vector<json>& all, const std::string& name) {
    std::vector<json> found;
    for (const auto& event : all) {
      if (event.at("event") == name) found.push_back(event);
    }
    return found;
  }

  TemporaryFolder folder_;
};

}  // namespace rosa::test
