// SPDX-License-Identifier: GPL-3.0-or-later
#include "parallel/launch_environment.h"

#include <gtest/gtest.h>

#include <map>

namespace rosa::parallel {
namespace {

using Variables = std::map<std::string, std::string>;

Expected<std::optional<Launch>> read(Variables variables) {
  return readLaunch([variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

Launch launched(const Variables& variables) {
  const auto launch = read(variables);
  EXPECT_TRUE(launch) << launch.error().message;
  EXPECT_TRUE(launch && *launch);
  return launch && *launch ? **launch : Launch{};
}

std::string refused(const Variables& variables) {
  const auto launch = read(variables);
  EXPECT_FALSE(launch);
  return launch ? "" : launch.error().message;
}

const Variables kTorchrun = {{"TORCHELASTIC_RUN_ID", "none"},
                             {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                             {"TORCHELASTIC_RESTART_COUNT", "2"},
                             {"RANK", "3"},
                             {"WORLD_SIZE", "4"},
                             {"LOCAL_RANK", "1"},
                             {"LOCAL_WORLD_SIZE", "2"},
                             {"MASTER_ADDR", "first"},
                             {"MASTER_PORT", "29500"}};

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}
Variables without(Variables variables, const std::string& name) {
  variables.erase(name);
  return variables;
}

TEST(LaunchEnvironment, WithoutALauncherThereIsNoGroup) {
  const auto launch = read({{"HOME", "/home"}, {"SLURM_NTASKS", "4"}});
  ASSERT_TRUE(launch);
  EXPECT_FALSE(launch->has_value());
}

TEST(LaunchEnvironment, TorchrunHoldsTheMeetingPointItself) {
  const auto launch = launched(kTorchrun);
  EXPECT_EQ(launch.rank, 3);
  EXPECT_EQ(launch.size, 4);
  EXPECT_EQ(launch.localRank, 1);
  EXPECT_EQ(launch.localSize, 2);
  EXPECT_EQ(launch.address, "first");
  EXPECT_EQ(launch.port, 29500);
  EXPECT_TRUE(launch.storeIsThere);
  EXPECT_EQ(launch.restarts, 2);
}

TEST(LaunchEnvironment, RankAndSizeSetByHandMeetAtRankZero) {
  const auto launch = launched({{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "1234"}});
  EXPECT_FALSE(launch.storeIsThere);
  EXPECT_EQ(launch.rank, 1);
  EXPECT_EQ(launch.localRank, 0);
}

TEST(LaunchEnvironment, WhatIsMissingIsNamed) {
  for (const char* name : {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}) {
    EXPECT_NE(refused(without(kTorchrun, name)).find(name), std::string::npos) << name;
  }
  EXPECT_NE(refused({{"RANK", "0"}}).find("WORLD_SIZE"), std::string::npos);
}

TEST(LaunchEnvironment, WhatCannotBeIsRefused) {
  EXPECT_NE(refused(with(kTorchrun, "RANK", "4")).find("RANK is 4, but WORLD_SIZE is 4"), std::string::npos);
  EXPECT_NE(refused(with(kTorchrun, "RANK", "two")).find("RANK is \"two\""), std::string::npos);
  EXPECT_NE(refused(with(kTorchrun, "RANK", "-1")).find("RANK"), std::string::npos);
  EXPECT_NE(refused(with(kTorchrun, "MASTER_PORT", "70000")).find("MASTER_PORT"), std::string::npos);
  EXPECT_NE(refused(with(kTorchrun, "MASTER_PORT", "0")).find("MASTER_PORT"), std::string::npos);
  EXPECT_NE(refused(with(kTorchrun, "LOCAL_RANK", "2")).find("number 2 of 2"), std::string::npos);
  EXPECT_NE(refused(with(kTorchrun, "WORLD_SIZE", "0")).find("WORLD_SIZE"), std::string::npos);
}

const Variables kSlurm = {{"SLURM_STEP_NUM_TASKS", "5"},
                          {"SLURM_PROCID", "4"},
                          {"SLURM_LOCALID", "0"},
                          {"SLURM_STEP_TASKS_PER_NODE", "2(x2),1"},
                          {"SLURM_STEP_NODELIST", "n[07-09]"},
                          {"SLURM_JOB_ID", "12345678"}};

TEST(LaunchEnvironment, SrunMeetsOnItsFirstMachine) {
  const auto launch = launched(kSlurm);
  EXPECT_EQ(launch.rank, 4);
  EXPECT_EQ(launch.size, 5);
  EXPECT_EQ(launch.localSize, 2);
  EXPECT_EQ(launch.address, "n07");
  EXPECT_EQ(launch.port, 25678);
  EXPECT_FALSE(launch.storeIsThere);
}

TEST(LaunchEnvironment, ASingleTaskOfSrunIsNoGroup) {
  const auto launch = read(with(kSlurm, "SLURM_STEP_NUM_TASKS", "1"));
  ASSERT_TRUE(launch);
  EXPECT_FALSE(launch->has_value());
}

TEST(LaunchEnvironment, TwoLaunchersThatDisagreeAreRefused) {
  auto both = kSlurm;
  both["RANK"] = "0";
  both["WORLD_SIZE"] = "3";
  EXPECT_NE(refused(both).find("WORLD_SIZE is 3, but srun has started 5"), std::string::npos);
}

const Variables kOpenMpi = {{"OMPI_COMM_WORLD_SIZE", "2"},
                            {"OMPI_COMM_WORLD_RANK", "1"},
                            {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                            {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                            {"PMIX_NAMESPACE", "prterun-host-1@1"}};

TEST(LaunchEnvironment, MpirunOnOneMachineNeedsNoAddress) {
  const auto launch = launched(kOpenMpi);
  EXPECT_EQ(launch.rank, 1);
  EXPECT_EQ(launch.address, "127.0.0.1");
  EXPECT_GE(launch.port, 20000);
  EXPECT_NE(launch.port, launched(with(kOpenMpi, "PMIX_NAMESPACE", "prterun-host-2@1")).port);
}

TEST(LaunchEnvironment, MpirunOverMachinesAsksForTheAddress) {
  const auto over = with(with(kOpenMpi, "OMPI_COMM_WORLD_LOCAL_SIZE", "1"), "OMPI_COMM_WORLD_LOCAL_RANK", "0");
  EXPECT_NE(refused(over).find("MASTER_ADDR"), std::string::npos);
  EXPECT_EQ(launched(with(over, "MASTER_ADDR", "10.0.0.1")).address, "10.0.0.1");
}

TEST(LaunchEnvironment, FirstHostOfSlurmsList) {
  EXPECT_EQ(firstHost("node1"), "node1");
  EXPECT_EQ(firstHost("a,b"), "a");
  EXPECT_EQ(firstHost("node[03-05,9],other"), "node03");
  EXPECT_EQ(firstHost("r[1,3]-n2,z"), "r1-n2");
}

}  // namespace
}  // namespace rosa::parallel
