// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/event_fan.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rosa::train {
namespace {

/// A store that fails while told to, and a listener.
class EventFanTest : public testing::Test, public EventSink {
 protected:
  void receive(const Event& event) override { heard_.push_back(toJson(event)); }

  [[nodiscard]] std::size_t heardWith(const std::string& part) const {
    std::size_t count = 0;
    for (const auto& line : heard_) count += line.find(part) != std::string::npos ? 1 : 0;
    return count;
  }

  bool broken_ = false;
  std::vector<std::string> stored_, heard_;
  EventFan fan_{[this](const Event& event) -> Status {
                  stored_.push_back(toJson(event));
                  if (broken_) return Error{"events.jsonl cannot be written: no space left."};
                  return {};
                },
                *this};
};

TEST_F(EventFanTest, AStoreThatFailsIsAskedAgainAndToldOfOnce) {
  fan_.receive(PhaseChanged{"training", 0});
  broken_ = true;
  for (std::int64_t step = 1; step < 5; ++step) fan_.receive(PhaseChanged{"training", step});
  EXPECT_TRUE(fan_.storeFailed());
  EXPECT_EQ(heardWith("no space left"), 1U);
  broken_ = false;
  for (std::int64_t step = 5; step < 8; ++step) fan_.receive(PhaseChanged{"training", step});
  EXPECT_FALSE(fan_.storeFailed());
  EXPECT_EQ(heardWith("again"), 1U);
  EXPECT_EQ(heardWith("phase_changed"), 8U);
  EXPECT_EQ(stored_.size(), heard_.size()) << "the store was given all that was heard, the two lines about it too";
}

TEST_F(EventFanTest, ASecondFailureIsToldAgain) {
  for (int i = 0; i < 2; ++i) {
    broken_ = true;
    fan_.receive(PhaseChanged{"training", 1});
    broken_ = false;
    fan_.receive(PhaseChanged{"training", 2});
  }
  EXPECT_EQ(heardWith("no space left"), 2U);
}

}  // namespace
}  // namespace rosa::train
