// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "store/event_log.h"
#include "store/run_folder.h"
#include "support/process.h"

namespace rosa::store {

namespace fs = std::filesystem;

inline std::string readText(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void writeText(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline void appendText(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

/// Every digit as "0", to compare the shape of dates.
inline std::string digitsAsZeros(std::string text) {
  std::ranges::replace_if(
      text, [](char character) { return character >= '0' && character <= '9'; }, '0');
  return text;
}

/// An environment variable set, or unset, for as long as the object lives.
class Variable {
 public:
  Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { set(before_); }

 private:
  void set(const std::optional<std::string>& value) {
    if (value) {
      ::setenv(name_, value->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  const char* name_;
  std::optional<std::string> before_;
};

inline StepCompleted stepDone(std::int64_t step, double loss) {
  StepCompleted event;
  event.step = step;
  event.loss = loss;
  event.elapsedSeconds = static_cast<double>(step);
  return event;
}

inline RunStarted startedAfter(std::int64_t firstStep) {
  RunStarted event;
  event.firstStep = firstStep;
  event.totalSteps = 100;
  return event;
}

/// $ROSA_HOME is a fresh folder.
class StoreTest : public testing::Test {
 protected:
  [[nodiscard]] fs::path home() const { return temporary_.path() / "home"; }
  [[nodiscard]] fs::path outside() const { return temporary_.path() / "outside"; }

  static RunConfig config(const std::string& name = "a run") {
    RunConfig made;
    made.name = name;
    made.model = "/models/stories260k";
    made.data = "/data/e2e.csv";
    return made;
  }
  static RunFolder makeRun(const RunConfig& settings = config()) {
    auto folder = createRunFolder(settings);
    EXPECT_TRUE(folder) << folder.error().message;
    return *folder;
  }
  static void write(const RunFolder& folder, const std::vector<Event>& events) {
    auto log = EventLog::open(folder);
    ASSERT_TRUE(log) << log.error().message;
    for (const Event& event : events) ASSERT_TRUE(log->append(event));
  }

  test::TemporaryFolder temporary_;
  Variable rosaHome_{"ROSA_HOME", home().string()};
};

}  // namespace rosa::store
