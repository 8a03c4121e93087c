// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/run_folder.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "store_fixture.h"

namespace rosa::store {
namespace {

using RunFolderTest = StoreTest;

std::string nameOf(const RunConfig& config) {
  return plannedRunFolder(config).filename().string();
}

/// Without the date.
std::string slugOf(const RunConfig& config) {
  constexpr std::string_view kDate = "0000-00-00-";
  const std::string name = nameOf(config);
  EXPECT_TRUE(digitsAsZeros(name).starts_with(kDate)) << name;
  return name.substr(std::min(kDate.size(), name.size()));
}

TEST_F(RunFolderTest, LiesInTheHomeUnderItsDateAndName) {
  const auto planned = plannedRunFolder(config());
  EXPECT_FALSE(fs::exists(home())) << "planning makes nothing";
  const RunFolder folder = makeRun();
  EXPECT_EQ(folder.path, planned);
  EXPECT_EQ(folder.path.parent_path(), home() / "runs");
  EXPECT_TRUE(fs::is_regular_file(folder.configFile()));
}

TEST_F(RunFolderTest, MakesASlugOfTheNameOrOfModelAndData) {
  EXPECT_EQ(slugOf(config("My  Run: 2.5%")), "my-run-2-5");
  EXPECT_EQ(slugOf(config("../../etc/passwd")), "etc-passwd");
  EXPECT_EQ(slugOf(config("")), "stories260k-e2e");
  EXPECT_EQ(slugOf(config("\xE6\x97\xA5\xE6\x9C\xAC")), "stories260k-e2e") << "nothing of the name is left";
  EXPECT_EQ(slugOf(config(std::string(300, 'a'))), std::string(60, 'a'));
  RunConfig folders = config("");
  folders.model = "models/bert/";
  folders.data = "data/cola/";
  EXPECT_EQ(slugOf(folders), "bert-cola");
  EXPECT_EQ(slugOf(RunConfig{}).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos);
  EXPECT_FALSE(slugOf(RunConfig{}).empty());
}

TEST_F(RunFolderTest, NumbersRunsOfOneName) {
  const RunFolder first = makeRun();
  const RunFolder second = makeRun();
  EXPECT_EQ(second.path, first.path.string() + "-2");
  EXPECT_EQ(plannedRunFolder(config()), first.path.string() + "-3");
  EXPECT_EQ(makeRun().path, first.path.string() + "-3");
}

TEST_F(RunFolderTest, GivesEachOfManyCallersAtOnceAFolder) {
  constexpr int kCallers = 8;
  std::vector<fs::path> paths(kCallers);
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (auto& path : paths) callers.emplace_back([&path] { path = makeRun().path; });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(std::set<fs::path>(paths.begin(), paths.end()).size(), paths.size());
}

TEST_F(RunFolderTest, WritesSettingsThatReadBackFromAnywhere) {
  RunConfig settings = config();
  settings.model = "relative/model";
  settings.valid = "dev.csv";
  settings.seed = 42;
  const RunFolder folder = makeRun(settings);
  RunConfig back;
  EXPECT_EQ(joinProblems(parseConfig(readText(folder.configFile()), folder.path, back)), "");
  settings.model = fs::current_path() / "relative/model";
  settings.valid = fs::current_path() / "dev.csv";
  EXPECT_TRUE(back == settings) << readText(folder.configFile());
}

TEST_F(RunFolderTest, TakesTheGivenFolderIfItIsNewOrEmpty) {
  RunConfig settings = config();
  settings.out = outside() / "deep" / "new/";
  EXPECT_EQ(plannedRunFolder(settings), outside() / "deep" / "new");
  EXPECT_EQ(makeRun(settings).path, outside() / "deep" / "new");
  settings.out = outside() / "empty";
  fs::create_directories(settings.out);
  EXPECT_EQ(makeRun(settings).path, settings.out);
}

TEST_F(RunFolderTest, RefusesAGivenFolderWithSomethingInIt) {
  RunConfig settings = config();
  settings.out = outside();
  fs::create_directories(outside());
  writeText(outside() / "thesis.tex", "years of work");
  const auto folder = createRunFolder(settings);
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find(outside().string()), std::string::npos);
  EXPECT_NE(folder.error().message.find("Choose another --out, or "), std::string::npos);
  EXPECT_EQ(readText(outside() / "thesis.tex"), "years of work");
  EXPECT_FALSE(fs::exists(outside() / "config.yaml"));

  settings.out = outside() / "thesis.tex";
  EXPECT_FALSE(createRunFolder(settings)) << "a file is no empty folder";
  settings.out = outside() / "dangling";
  fs::create_symlink("/nowhere/at/all", settings.out);
  EXPECT_FALSE(createRunFolder(settings));
}

TEST_F(RunFolderTest, SaysWhyItCannotBeMade) {
  writeText(temporary_.path() / "home", "a file where the home should be");
  const auto folder = createRunFolder(config());
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("home"), std::string::npos) << folder.error().message;
}

TEST_F(RunFolderTest, OpensOnlyFoldersOfRuns) {
  const RunFolder made = makeRun();
  const auto opened = openRunFolder(made.path / "");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->path, made.path);

  const auto missing = openRunFolder(outside());
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("is not a folder"), std::string::npos);
  fs::create_directories(outside());
  const auto other = openRunFolder(outside());
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("config.yaml"), std::string::npos);
}

TEST_F(RunFolderTest, NamesItsParts) {
  const RunFolder folder{"/r"};
  EXPECT_EQ(folder.configFile(), "/r/config.yaml");
  EXPECT_EQ(folder.eventsFile(), "/r/events.jsonl");
  EXPECT_EQ(folder.metricsFile(), "/r/metrics.jsonl");
  EXPECT_EQ(folder.checkpoints(), "/r/checkpoints");
  EXPECT_EQ(folder.exports(), "/r/exports");
  EXPECT_EQ(folder.logFile(), "/r/log.txt");
}

}  // namespace
}  // namespace rosa::store
