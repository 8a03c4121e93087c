// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "optim/schedule.h"
#include "support/golden.h"

/// Against transformers' get_scheduler (golden/schedules.json).
namespace rosa::optim {
namespace {

using Json = nlohmann::json;

std::optional<Schedule> scheduleNamed(const std::string& name) {
  if (name == "constant" || name == "constant_with_warmup") return Schedule::Constant;
  if (name == "linear") return Schedule::Linear;
  if (name == "cosine") return Schedule::Cosine;
  return std::nullopt;
}

std::int64_t numberOr(const Json& value, std::int64_t otherwise) {
  return value.is_null() ? otherwise : value.get<std::int64_t>();
}

Json schedules() {
  std::ifstream file(test::goldenDirectory() / "schedules.json");
  return file ? Json::parse(file).at("schedules") : Json::object();
}

std::vector<std::string> scheduleNames() {
  std::vector<std::string> names;
  const auto all = schedules();
  for (auto schedule = all.begin(); schedule != all.end(); ++schedule) names.push_back(schedule.key());
  return names;
}

class Schedules : public testing::TestWithParam<std::string> {};

TEST_P(Schedules, EqualTransformers) {
  const auto golden = schedules().at(GetParam());
  const auto kind = golden.at("scheduler").get<std::string>();
  const auto schedule = scheduleNamed(kind);
  if (!schedule) GTEST_SKIP() << GetParam() << ": schedule " << kind << " is not built";
  if (!golden.at("kwargs").empty()) GTEST_SKIP() << GetParam() << ": arguments " << golden.at("kwargs");
  const auto warmup = numberOr(golden.at("num_warmup_steps"), 0);
  const auto total = numberOr(golden.at("num_training_steps"), 0);
  std::int64_t step = 0;
  for (const auto& multiplier : golden.at("multipliers")) {
    EXPECT_NEAR(scheduleFactor(*schedule, step, warmup, total), multiplier.get<double>(), 1e-9) << "step " << step;
    ++step;
  }
  EXPECT_GT(step, 0);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Schedules);
INSTANTIATE_TEST_SUITE_P(Golden, Schedules, testing::ValuesIn(scheduleNames()),
                         [](const auto& test) { return test.param; });

TEST(SchedulesFile, IsThere) {
  if (scheduleNames().empty()) GTEST_SKIP() << "no schedules.json in " << test::goldenDirectory();
}

}  // namespace
}  // namespace rosa::optim
