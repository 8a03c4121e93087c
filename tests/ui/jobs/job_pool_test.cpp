// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/job_pool.h"

#include <gtest/gtest.h>

#include <QTest>
#include <new>

namespace rosa::ui {
namespace {

TEST(JobPoolTest, AJobThatThrowsTakesNothingWithIt) {
  JobPool pool;
  pool.run([]() -> std::function<void()> { throw std::bad_alloc(); });
  bool done = false;
  pool.run([&done]() -> std::function<void()> { return [&done] { done = true; }; });
  EXPECT_TRUE(QTest::qWaitFor([&done] { return done; }, 10000));
}

}  // namespace
}  // namespace rosa::ui
