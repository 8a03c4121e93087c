// SPDX-License-Identifier: GPL-3.0-or-later
#include "parallel/process_group.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "engine/parallel/group_of_threads.h"

namespace rosa::parallel {
namespace {

class ProcessGroupOf : public testing::TestWithParam<std::int64_t> {};

TEST_P(ProcessGroupOf, SumsBroadcastsAndGathers) {
  const auto size = GetParam();
  asGroup(size, [size](std::unique_ptr<ProcessGroup> own) {
    auto& group = *own;
    const auto rank = static_cast<double>(group.rank());
    const auto tensor = at::arange(10, at::kFloat) * (rank + 1);
    group.sum(tensor);
    const double factor = static_cast<double>(size * (size + 1)) / 2;
    EXPECT_TRUE(at::equal(tensor, at::arange(10, at::kFloat) * factor));

    const auto turned = at::full({2, 3}, rank, at::kDouble).t();
    group.broadcast(turned);
    EXPECT_TRUE(at::equal(turned, at::zeros({3, 2}, at::kDouble)));

    EXPECT_EQ(group.ofFirst(group.leads() ? "order" : "other"), "order");
    EXPECT_EQ(group.ofFirst(""), "");
    const auto all = group.gather(std::string(static_cast<std::size_t>(group.rank()), 'x'));
    ASSERT_EQ(std::ssize(all), size);
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], std::string(i, 'x'));
    group.finish();
  });
}

TEST_P(ProcessGroupOf, PiecesAreSummedExchangedAndCollected) {
  const auto size = GetParam();
  asGroup(size, [size](std::unique_ptr<ProcessGroup> own) {
    auto& group = *own;
    const auto rank = group.rank();
    const auto whole = at::arange(3 * size, at::kFloat) + static_cast<double>(rank);
    group.sumPieces(whole);
    const auto sum =
        at::arange(3 * size, at::kFloat) * static_cast<double>(size) + static_cast<double>(size * (size - 1)) / 2;
    EXPECT_TRUE(at::equal(whole.narrow(0, 3 * rank, 3), sum.narrow(0, 3 * rank, 3)));
    group.exchangePieces(whole);
    EXPECT_TRUE(at::equal(whole, sum));
    const auto collected = group.collectPieces(at::full({2}, static_cast<double>(rank)));
    EXPECT_EQ(collected.defined(), rank == 0);
    if (rank == 0) {
      EXPECT_TRUE(at::equal(collected, at::arange(size, at::kFloat).repeat_interleave(2)));
    }
    group.finish();
  });
}

TEST_P(ProcessGroupOf, WhatDiffersIsNamedOnEveryRank) {
  asGroup(GetParam(), [](std::unique_ptr<ProcessGroup> own) {
    auto& group = *own;
    EXPECT_TRUE(checkEqual(group, {{"data", "abc", "Mend it."}}));
    const auto status = checkEqual(group, {{"data", group.rank() == 1 ? "b" : "a", "Copy it there."}});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message, "Rank 1 has data b, rank 0 has a. Copy it there.");
    group.finish();
  });
}

TEST_P(ProcessGroupOf, TheFirstCauseIsToldByEveryRank) {
  asGroup(GetParam(), [](std::unique_ptr<ProcessGroup> own) {
    auto& group = *own;
    if (group.rank() == 1) {
      group.fail("The disk is full. Free some space.");
      return;
    }
    const auto tensor = at::ones({4});
    try {
      group.sum(tensor);
      FAIL() << "the sum came without rank 1";
    } catch (const GroupFault& fault) {
      EXPECT_STREQ(fault.what(), "Rank 1 has ended the group: The disk is full. Free some space.");
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Sizes, ProcessGroupOf, testing::Values(2, 4));

TEST(ProcessGroup, AKilledRankIsKnownByItsSilence) {
  const Listening listening;
  const auto child = ::fork();
  if (child == 0) {
    auto group = ProcessGroup::join(launchOf(listening, 1, 2), {});
    if (group) (*group)->sum(at::ones({4}));
    ::kill(::getpid(), SIGKILL);
  }
  auto group = ProcessGroup::join(launchOf(listening, 0, 2), {});
  ASSERT_TRUE(group) << group.error().message;
  (*group)->sum(at::ones({4}));
  try {
    (*group)->sum(at::ones({4}));
    FAIL() << "the sum came without rank 1";
  } catch (const GroupFault& fault) {
    EXPECT_TRUE(std::string(fault.what()).starts_with("Rank 1 has ended without a word")) << fault.what();
  }
  ::waitpid(child, nullptr, 0);
}

TEST(ProcessGroup, APortInUseIsNamed) {
  const Listening taken;
  auto launch = launchOf(taken, 0, 2);
  launch.listening = -1;
  const auto group = ProcessGroup::join(launch, {std::chrono::seconds(5)});
  ASSERT_FALSE(group);
  EXPECT_NE(group.error().message.find("port " + std::to_string(taken.port()) + " is in use"), std::string::npos)
      << group.error().message;
}

TEST(ProcessGroup, ARankThatStaysAwayIsNamed) {
  const Listening listening;
  const auto group = ProcessGroup::join(launchOf(listening, 0, 2), {std::chrono::seconds(1)});
  ASSERT_FALSE(group);
  EXPECT_TRUE(group.error().message.starts_with("Rank 1 of 2 has not come within 1 s")) << group.error().message;
}

TEST(ProcessGroup, AMeetingPointThatIsNotThereIsNamed) {
  int port = 0;
  {
    const Listening gone;
    port = gone.port();
    ::close(gone.descriptor());
  }
  Launch launch;
  launch.rank = 1;
  launch.size = 2;
  launch.address = "127.0.0.1";
  launch.port = port;
  const auto group = ProcessGroup::join(launch, {std::chrono::seconds(2)});
  ASSERT_FALSE(group);
  EXPECT_TRUE(group.error().message.starts_with("Rank 1 cannot reach the group's meeting point at 127.0.0.1, port"))
      << group.error().message;
}

}  // namespace
}  // namespace rosa::parallel
