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
    ASSERT_TRUE(QTest::qWaitFor([this] { return !events_.empty(); }));
    events_.clear();
  }
  [[nodiscard]] bool reaches(RunController::State state) {
    return QTest::qWaitFor([this, state] { return controller_.state() == state; });
  }

  test::FakeEngine engine_;
  JobPool pool_;
  RunController controller_{engine_, engine_.processes(), pool_};
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
  ASSERT_TRUE(QTest::qWaitFor([this] { return engine_.run()->commands().size() == 4; }));
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
  ASSERT_TRUE(QTest::qWaitFor([this] { return events_.size() == 2; }));
  EXPECT_EQ(std::get<StepCompleted>(events_[0]).step, 400);
  EXPECT_TRUE(std::holds_alternative<RunStarted>(events_[1]));
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

TEST_F(RunControllerTest, ASecondRunWaitsWhileOneTrains) {
  start();
  QSignalSpy queued(&controller_, &RunController::queued);
  const QSignalSpy started(&controller_, &RunController::started);
  controller_.start(test::sampleConfig());
  ASSERT_TRUE(queued.wait());
  EXPECT_EQ(controller_.state(), RunController::State::Training) << "the first is followed as before";
  EXPECT_EQ(started.count(), 0);
  EXPECT_EQ(engine_.processes().queue()->size(), 1U);
}

TEST_F(RunControllerTest, ARunThatIsRefusedWhileItOpensLeavesNoFolder) {
  engine_.openRefusal.message = "model: there is no tokenizer.json.";
  QSignalSpy refused(&controller_, &RunController::refused);
  const QSignalSpy started(&controller_, &RunController::started);
  controller_.start(test::sampleConfig());
  ASSERT_TRUE(refused.wait());
  EXPECT_EQ(refused.at(0).at(0).toString(), QStringLiteral("model: there is no tokenizer.json."));
  EXPECT_EQ(started.count(), 0);
  EXPECT_FALSE(controller_.active());
  EXPECT_TRUE(QTest::qWaitFor([this] { return engine_.deleted().size() == 1; }));
}

TEST_F(RunControllerTest, AttachesToARunThatGoesOnAndShowsItsPast) {
  const auto directory = engine_.records[3].directory;
  StepCompleted done;
  done.step = 70;
  engine_.events[directory] = {RunStarted{}, done, PhaseChanged{"paused", 70}};
  controller_.attach(directory);
  ASSERT_TRUE(reaches(RunController::State::Paused)) << "somebody has paused it";
  EXPECT_EQ(events_.size(), 3U);
  controller_.unpause();
  ASSERT_TRUE(QTest::qWaitFor([this] { return engine_.commands() == std::vector<std::string>{"unpause"}; }));
  EXPECT_EQ(controller_.directory(), directory);
}

TEST_F(RunControllerTest, FollowsWhatOthersAskOfTheRun) {
  start();
  engine_.run()->emit(CommandReceived{7, "pause", ""});
  ASSERT_TRUE(reaches(RunController::State::Pausing));
  engine_.run()->emit(PhaseChanged{"paused", 7});
  ASSERT_TRUE(reaches(RunController::State::Paused));
  engine_.run()->emit(CommandReceived{7, "unpause", ""});
  ASSERT_TRUE(reaches(RunController::State::Training));
}

TEST_F(RunControllerTest, TellsThatTheProcessIsGone) {
  start();
  QSignalSpy ended(&controller_, &RunController::ended);
  engine_.run()->die();
  ASSERT_TRUE(ended.wait());
  ASSERT_FALSE(events_.empty());
  EXPECT_TRUE(std::holds_alternative<WorkerEnded>(events_.back()));
  EXPECT_FALSE(controller_.active());
}

TEST_F(RunControllerTest, ARunOfAHostThatIsOutOfReachIsFollowedAgainFromItsLastEvent) {
  engine_.lost = "gpu1 cannot be reached.";
  controller_.start(test::sampleConfig(), "gpu1");
  ASSERT_TRUE(reaches(RunController::State::Training));
  EXPECT_EQ(engine_.startedAt(), std::vector<std::string>{"gpu1"});
  StepCompleted done;
  done.step = 3;
  engine_.run()->emit(done);
  QSignalSpy lost(&controller_, &RunController::followedNoLonger);
  QSignalSpy ended(&controller_, &RunController::ended);
  engine_.run()->die();
  ASSERT_TRUE(ended.wait());
  ASSERT_EQ(lost.count(), 1);
  EXPECT_EQ(lost.at(0).at(0).toString(), QStringLiteral("gpu1 cannot be reached."));
  EXPECT_FALSE(std::holds_alternative<WorkerEnded>(events_.back())) << "it may go on";

  const auto directory = controller_.directory();
  engine_.events[directory] = {RunStarted{}, done};
  events_.clear();
  QSignalSpy started(&controller_, &RunController::started);
  controller_.attach(directory);
  ASSERT_TRUE(QTest::qWaitFor([&] { return started.count() == 1; }));
  EXPECT_TRUE(started.at(0).at(0).toBool()) << "what is shown stays";
  EXPECT_TRUE(events_.empty()) << "what was handed over does not come again";
}

TEST_F(RunControllerTest, LeavesARunToItselfWhenItGoesAway) {
  auto other = std::make_unique<RunController>(engine_, engine_.processes(), pool_);
  other->start(test::sampleConfig());
  ASSERT_TRUE(QTest::qWaitFor([&] { return other->state() == RunController::State::Training; }));
  other.reset();
  EXPECT_TRUE(engine_.commands().empty());
  EXPECT_FALSE(engine_.run()->ended());
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
