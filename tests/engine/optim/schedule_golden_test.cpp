// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <fstream>
#include <map>
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
  static const std::map<std::string, Schedule> kNames = {{"constant", Schedule::Constant},
                                                         {"constant_with_warmup", Schedule::Constant},
                                                         {"linear", Schedule::Linear},
                                                         {"cosine", Schedule::Cosine},
                                                         {"cosine_with_restarts", Schedule::CosineWithRestarts},
                                                         {"polynomial", Schedule::Polynomial},
                                                         {"inverse_sqrt", Schedule::InverseSqrt},
                                                         {"cosine_with_min_lr", Schedule::CosineWithMinLr},
                                                         {"warmup_stable_decay", Schedule::WarmupStableDecay}};
  const auto found = kNames.find(name);
  return found == kNames.end() ? std::nullopt : std::optional(found->second);
}

RampShape shapeNamed(const std::string& name) {
  if (name == "linear") return RampShape::Linear;
  return name == "cosine" ? RampShape::Cosine : RampShape::OneMinusSqrt;
}

std::int64_t numberOr(const Json& value, std::int64_t otherwise) {
  return value.is_null() ? otherwise : value.get<std::int64_t>();
}

Json schedulesFile() {
  std::ifstream file(test::goldenDirectory() / "schedules.json");
  return file ? Json::parse(file) : Json{{"schedules", Json::object()}};
}
Json schedules() {
  return schedulesFile().at("schedules");
}

/// The library's arguments as ours; nothing where it has one that we do not know.
std::optional<ScheduleSettings> settingsOf(const Json& golden, Schedule schedule, double baseRate) {
  ScheduleSettings settings;
  settings.schedule = schedule;
  settings.warmupSteps = numberOr(golden.at("num_warmup_steps"), 0);
  settings.totalSteps = numberOr(golden.at("num_training_steps"), 0);
  // The library's own default.
  if (schedule == Schedule::Polynomial) settings.minimum = 1e-7 / baseRate;
  std::int64_t stableSteps = 0;
  for (const auto& [key, value] : golden.at("kwargs").items()) {
    if (key == "num_cycles") {
      settings.cycles = value.get<double>();
    } else if (key == "power") {
      settings.power = value.get<double>();
    } else if (key == "lr_end" || key == "min_lr") {
      settings.minimum = value.get<double>() / baseRate;
    } else if (key == "min_lr_rate" || key == "min_lr_ratio") {
      settings.minimum = value.get<double>();
    } else if (key == "timescale") {
      settings.timescale = value.get<std::int64_t>();
    } else if (key == "num_decay_steps") {
      settings.decaySteps = value.get<std::int64_t>();
    } else if (key == "num_stable_steps") {
      stableSteps = value.get<std::int64_t>();
    } else if (key == "warmup_type") {
      settings.warmupShape = shapeNamed(value.get<std::string>());
    } else if (key == "decay_type") {
      settings.decayShape = shapeNamed(value.get<std::string>());
    } else {
      return std::nullopt;
    }
  }
  if (stableSteps > 0) settings.totalSteps = settings.warmupSteps + stableSteps + settings.decaySteps;
  return settings;
}

std::vector<std::string> scheduleNames() {
  std::vector<std::string> names;
  const auto all = schedules();
  for (auto schedule = all.begin(); schedule != all.end(); ++schedule) names.push_back(schedule.key());
  return names;
}

class Schedules : public testing::TestWithParam<std::string> {};

TEST_P(Schedules, EqualTransformers) {
  const auto file = schedulesFile();
  const auto golden = file.at("schedules").at(GetParam());
  const auto kind = golden.at("scheduler").get<std::string>();
  const auto schedule = scheduleNamed(kind);
  if (!schedule) GTEST_SKIP() << GetParam() << ": schedule " << kind << " is not built";
  const auto settings = settingsOf(golden, *schedule, file.at("base_lr").get<double>());
  if (!settings) GTEST_SKIP() << GetParam() << ": arguments " << golden.at("kwargs");
  std::int64_t step = 0;
  for (const auto& multiplier : golden.at("multipliers")) {
    EXPECT_NEAR(scheduleFactor(*settings, step), multiplier.get<double>(), 1e-9) << "step " << step;
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
