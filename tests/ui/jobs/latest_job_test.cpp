// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/latest_job.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>
#include <atomic>
#include <semaphore>
#include <stdexcept>

#include "jobs/job_pool.h"

namespace rosa::ui {
namespace {

TEST(LatestJob, TellsOfWorkThatThrewAndTakesTheNextQuestion) {
  JobPool pool;
  LatestJob job(pool);
  const QSignalSpy failed(&job, &LatestJob::failed);
  job.ask([]() -> int { throw std::runtime_error("the disk is gone"); }, [](int) { FAIL(); });
  ASSERT_TRUE(QTest::qWaitFor([&] { return failed.count() == 1; }));
  EXPECT_EQ(failed.at(0).at(0).toString(), QStringLiteral("the disk is gone"));
  EXPECT_FALSE(job.busy());
  int answer = 0;
  job.ask([] { return 7; }, [&answer](int given) { answer = given; });
  EXPECT_TRUE(QTest::qWaitFor([&] { return answer == 7; }));
}

TEST(LatestJob, TellsStaleWorkToGiveUp) {
  JobPool pool;
  LatestJob job(pool);
  std::binary_semaphore begun(0);
  std::atomic<bool> gaveUp = false;
  const auto untilUnwanted = [&](const LatestJob::GiveUp& giveUp) {
    begun.release();
    for (int i = 0; i < 5000 && !giveUp(); ++i) QThread::msleep(1);
    gaveUp = giveUp();
    return 1;
  };
  int answer = 0;
  job.ask(untilUnwanted, [&answer](int given) { answer = given; });
  begun.acquire();
  job.ask([] { return 2; }, [&answer](int given) { answer = given; });
  EXPECT_TRUE(QTest::qWaitFor([&] { return answer != 0; }));
  EXPECT_TRUE(gaveUp);
  EXPECT_EQ(answer, 2);
}

TEST(LatestJob, WorkThatIsWantedIsNotToldToGiveUp) {
  JobPool pool;
  LatestJob job(pool);
  bool given = true;
  bool answered = false;
  job.ask([](const LatestJob::GiveUp& giveUp) { return giveUp(); },
          [&](bool answer) {
            given = answer;
            answered = true;
          });
  EXPECT_TRUE(QTest::qWaitFor([&] { return answered; }));
  EXPECT_FALSE(given);
}

TEST(LatestJob, CancellingTellsTheWorkToo) {
  JobPool pool;
  LatestJob job(pool);
  std::atomic<bool> gaveUp = false;
  std::binary_semaphore begun(0);
  job.ask(
      [&](const LatestJob::GiveUp& giveUp) {
        begun.release();
        for (int i = 0; i < 5000 && !giveUp(); ++i) QThread::msleep(1);
        gaveUp = giveUp();
        return 1;
      },
      [](int) { FAIL(); });
  begun.acquire();
  job.cancel();
  EXPECT_TRUE(QTest::qWaitFor([&] { return gaveUp.load(); }));
}

}  // namespace
}  // namespace rosa::ui
