// SPDX-License-Identifier: GPL-3.0-or-later
#include "bridge/run_controller.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>
#include <semaphore>

#include "jobs/job_pool.h"
#include "support/fake_engine.h"

namespace rosa::ui {
namespace {

class RunControllerTest : public ::testing::Test {
 protected:
  RunControllerTest() {
    QObject::connect(&controller_, &RunController::eventsArrived, &controller_,
                     [this](const std::vector<Event>& events) {
                       ++deliveries_;
                       events_.insert(events_.end(), events.begin(), events.end());
                     });
  }
  void start() {
    controller_.start(test::sampleConfig());
    ASSERT_TRUE(reaches(RunController::State::Training));
  }
  [[nodiscard]] bool reaches(RunController::State state) {
    return QTest::qWaitFor([this, state] { return controller_.state() == state; });
  }

  test::FakeEngine engine_;
  JobPool pool_;
  RunController controller_{engine_, pool_};
  std::vector<Event> events_;
  int deliveries_ = 0;
};

TEST_F(RunControllerTest, StartsOffTheGuiThread) {
  const QSignalSpy started(&controller_, &RunController::started);
  controller_.start(test::sampleConfig());
  EXPECT_EQ(controller_.state(), RunController::State::Starting);
  EXPECT_EQ(started.count(), 0) << "the engine was asked on the GUI thread";
  ASSERT_TRUE(reaches(RunController::State::Training));
  EXPECT_EQ(started.count(), 1);
  EXPECT_EQ(engine_.started(), std::vector{test::sampleConfig()});
  EXPECT_EQ(controller_.directory(), engine_.run()->directory());
}

TEST_F(RunControllerTest, TellsWhyTheEngineRefuses) {
  engine_.trainRefusal = Error{"A run trains already. Stop it first."};
  QSignalSpy refused(&controller_, &RunController::refused);
  controller_.start(test::sampleConfig());
  ASSERT_TRUE(refused.wait());
  EXPECT_EQ(refused.at(0).at(0).toString(), QStringLiteral("A run trains already. Stop it first."));
  EXPECT_FALSE(controller_.active());
}

TEST_F(RunControllerTest, BringsEventsInBunches) {
  start();
  deliveries_ = 0;
  for (std::int64_t step = 1; step <= 500; ++step) {
    StepCompleted event;
    event.step = step;
    engine_.run()->emit(event);
  }
  ASSERT_TRUE(QTest::qWaitFor([this] { return events_.size() == 500; }));
  EXPECT_EQ(deliveries_, 1) << "what came between two turns of the timer is one delivery";
}

TEST_F(RunControllerTest, PassesCommandsOnInOrder) {
  start();
  controller_.sampleNow();
  controller_.pause();
  EXPECT_EQ(controller_.state(), RunController::State::Pausing);
  engine_.run()->emit(PhaseChanged{"paused", 7});
  ASSERT_TRUE(reaches(RunController::State::Paused));
  controller_.saveNow();
  controller_.unpause();
  EXPECT_EQ(controller_.state(), RunController::State::Training);
  EXPECT_EQ(engine_.run()->commands(), (std::vector<std::string>{"sample", "pause", "save", "unpause"}));
}

TEST_F(RunControllerTest, EndsWithTheEndOfTheRunsThread) {
  start();
  QSignalSpy ended(&controller_, &RunController::ended);
  controller_.stop(StopMode::Save);
  EXPECT_EQ(controller_.state(), RunController::State::Stopping);
  ASSERT_TRUE(ended.wait());
  EXPECT_FALSE(controller_.active());
  ASSERT_FALSE(events_.empty());
  EXPECT_EQ(std::get<RunFinished>(events_.back()).outcome, "stopped");
}

TEST_F(RunControllerTest, StopsARunThatIsStillStarting) {
  QSignalSpy ended(&controller_, &RunController::ended);
  controller_.start(test::sampleConfig());
  controller_.stop(StopMode::Discard);
  ASSERT_TRUE(ended.wait());
  EXPECT_FALSE(controller_.active());
}

TEST_F(RunControllerTest, ShowsTheStoredPastOfAResumedRunFirst) {
  const auto directory = engine_.records[3].directory;
  StepCompleted old;
  old.step = 400;
  engine_.events[directory] = {old};
  controller_.resume(directory);
  ASSERT_TRUE(reaches(RunController::State::Training));
  EXPECT_EQ(engine_.resumed(), std::vector{directory});
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_EQ(std::get<StepCompleted>(events_[0]).step, 400);
}

TEST_F(RunControllerTest, GoesOnWithChangedDataOnlyWhereThoseChangesWereAccepted) {
  const auto directory = engine_.records[3].directory;
  engine_.dataChanges = "train.csv has changed";
  QSignalSpy changed(&controller_, &RunController::dataChanged);
  const QSignalSpy refused(&controller_, &RunController::refused);
  controller_.resume(directory);
  ASSERT_TRUE(changed.wait());
  EXPECT_EQ(changed.at(0).at(0).value<std::filesystem::path>(), directory);
  EXPECT_EQ(changed.at(0).at(1).toString(), QStringLiteral("train.csv has changed"));
  EXPECT_FALSE(controller_.active());

  engine_.dataChanges = "train.csv has changed, dev.csv is new";
  controller_.resume(directory, changed.at(0).at(1).toString());
  ASSERT_TRUE(changed.wait());
  EXPECT_TRUE(engine_.resumed().empty()) << "nobody has agreed to a new dev.csv";

  controller_.resume(directory, changed.at(1).at(1).toString());
  ASSERT_TRUE(reaches(RunController::State::Training));
  EXPECT_EQ(engine_.resumed(), std::vector{directory});
  EXPECT_EQ(refused.count(), 0);
}

TEST_F(RunControllerTest, AsksNothingAboutARunThatIsToStop) {
  engine_.dataChanges = "train.csv has changed";
  QSignalSpy refused(&controller_, &RunController::refused);
  const QSignalSpy changed(&controller_, &RunController::dataChanged);
  controller_.resume(engine_.records[3].directory);
  controller_.stop(StopMode::Save);
  ASSERT_TRUE(refused.wait());
  EXPECT_EQ(changed.count(), 0);
}

TEST_F(RunControllerTest, RefusesASecondRunWhileOneTrains) {
  start();
  controller_.start(test::sampleConfig());
  QTest::qWait(50);
  EXPECT_EQ(engine_.started().size(), 1U);
}

TEST_F(RunControllerTest, ReportsAFailureAndIsFreeAgain) {
  start();
  QSignalSpy ended(&controller_, &RunController::ended);
  engine_.run()->emit(RunFailed{12, "The loss was not a number three times in a row."});
  ASSERT_TRUE(ended.wait());
  EXPECT_TRUE(std::holds_alternative<RunFailed>(events_.back()));
  EXPECT_FALSE(controller_.active());
}

}  // namespace
}  // namespace rosa::ui
