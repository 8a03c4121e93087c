// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/catalogue.h"

#include <sqlite3.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "store/run_notes.h"
#include "store_fixture.h"

namespace rosa::store {
namespace {

class CatalogueTest : public StoreTest {
 protected:
  std::optional<Catalogue> catalogue_ = open();

  [[nodiscard]] std::optional<Catalogue> open() const {
    auto opened = Catalogue::open(home());
    EXPECT_TRUE(opened) << opened.error().message;
    if (!opened) return std::nullopt;
    return *std::move(opened);
  }
  void reopen() {
    catalogue_.reset();
    catalogue_ = open();
    ASSERT_TRUE(catalogue_);
  }
  [[nodiscard]] fs::path database() const { return home() / "catalogue.sqlite"; }

  std::vector<RunRecord> runs() {
    auto listed = catalogue_->runs();
    EXPECT_TRUE(listed) << listed.error().message;
    return listed ? *listed : std::vector<RunRecord>{};
  }
  std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const RunRecord& run : runs()) found.push_back(run.name);
    return found;
  }
  /// A run with a start time of its own.
  static RunFolder runStarted(const std::string& name, const std::string& day) {
    RunFolder folder = makeRun(config(name));
    writeText(folder.logFile(), day + "T00:00:00Z info run started\n");
    return folder;
  }
  RunFolder runOutside(const std::string& name) {
    RunConfig settings = config(name);
    settings.out = outside() / name;
    return makeRun(settings);
  }
  void execute(const char* sql) const {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(database().c_str(), &connection), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(connection);
    sqlite3_close(connection);
  }
};

using Names = std::vector<std::string>;

TEST_F(CatalogueTest, IsEmptyAtFirst) {
  EXPECT_TRUE(runs().empty());
}

TEST_F(CatalogueTest, ListsRunsNewestFirst) {
  runStarted("middle", "2025-02-01");
  runStarted("oldest", "2025-01-01");
  runStarted("newest", "2025-03-01");
  EXPECT_EQ(names(), (Names{"newest", "middle", "oldest"}));
  reopen();
  EXPECT_EQ(names(), (Names{"newest", "middle", "oldest"})) << "as remembered";
}

TEST_F(CatalogueTest, PassesOverWhatIsNoRun) {
  makeRun();
  fs::create_directories(home() / "runs" / "notes");
  writeText(home() / "runs" / "file", "x");
  EXPECT_EQ(names(), Names{"a run"});
}

TEST_F(CatalogueTest, ReadsARunAgainWhenItsEventsHaveGrown) {
  const RunFolder folder = makeRun();
  write(folder, {startedAfter(0), stepDone(1, 1)});
  EXPECT_EQ(runs().at(0).step, 1);
  write(folder, {stepDone(2, 1)});
  EXPECT_EQ(runs().at(0).step, 2);
}

TEST_F(CatalogueTest, RemembersARunWhoseEventsHaveNotChanged) {
  const RunFolder folder = makeRun();
  write(folder, {startedAfter(0), stepDone(1, 1)});
  EXPECT_EQ(names(), Names{"a run"});
  writeText(folder.configFile(), "name: renamed\n");  // stands for anything only a new reading would see
  EXPECT_EQ(names(), Names{"a run"});
  reopen();
  EXPECT_EQ(names(), Names{"a run"});
}

TEST_F(CatalogueTest, SeesNotesComeAndGo) {
  const RunFolder folder = makeRun();
  write(folder, {startedAfter(0), stepDone(1, 1)});
  EXPECT_EQ(runs().at(0).notes.note, "");
  ASSERT_TRUE(changeRunNotes(folder, {.note = "not an event"}));
  EXPECT_EQ(runs().at(0).notes.note, "not an event");
  reopen();
  EXPECT_EQ(runs().at(0).notes.note, "not an event");
  fs::remove(folder.notesFile());
  EXPECT_EQ(runs().at(0).notes.note, "");
}

TEST_F(CatalogueTest, SeesTheLockComeAndGo) {
  const RunFolder folder = makeRun();
  write(folder, {startedAfter(0), stepDone(1, 1)});
  EXPECT_EQ(runs().at(0).status, "interrupted");
  {
    const auto lock = RunLock::take(folder);
    ASSERT_TRUE(lock);
    EXPECT_EQ(runs().at(0).status, "running");
  }
  EXPECT_EQ(runs().at(0).status, "interrupted") << "not a byte was written since";
}

TEST_F(CatalogueTest, DropsAFolderThatVanished) {
  const RunFolder gone = makeRun(config("gone"));
  makeRun(config("kept"));
  EXPECT_EQ(runs().size(), 2U);
  fs::remove_all(gone.path);
  EXPECT_EQ(names(), Names{"kept"});
}

TEST_F(CatalogueTest, ListsARunElsewhereOnceItIsRegistered) {
  const RunFolder folder = runOutside("away");
  EXPECT_TRUE(runs().empty());
  ASSERT_TRUE(catalogue_->registerRun(folder));
  ASSERT_TRUE(catalogue_->registerRun(folder));
  ASSERT_EQ(names(), Names{"away"});
  EXPECT_EQ(runs().at(0).directory, outside() / "away");
  reopen();
  EXPECT_EQ(names(), Names{"away"});
}

TEST_F(CatalogueTest, ARunInTheHomeNeedsNoRegistering) {
  const RunFolder folder = makeRun();
  ASSERT_TRUE(catalogue_->registerRun(folder));
  EXPECT_EQ(names(), Names{"a run"});
}

TEST_F(CatalogueTest, ARunElsewhereComesBackWithItsDisk) {
  const RunFolder folder = runOutside("away");
  ASSERT_TRUE(catalogue_->registerRun(folder));
  EXPECT_EQ(names(), Names{"away"});
  fs::rename(outside(), temporary_.path() / "unplugged");
  EXPECT_TRUE(runs().empty());
  fs::rename(temporary_.path() / "unplugged", outside());
  EXPECT_EQ(names(), Names{"away"});
}

TEST_F(CatalogueTest, RefusesToRegisterANameWithALineBreak) {
  const RunFolder folder = runOutside("two\nlines");
  const auto registered = catalogue_->registerRun(folder);
  ASSERT_FALSE(registered);
  EXPECT_NE(registered.error().message.find("line break"), std::string::npos);
  EXPECT_TRUE(runs().empty());
}

TEST_F(CatalogueTest, ForgetsARun) {
  const RunFolder away = runOutside("away");
  const RunFolder other = runOutside("other");
  ASSERT_TRUE(catalogue_->registerRun(away));
  ASSERT_TRUE(catalogue_->registerRun(other));
  EXPECT_EQ(runs().size(), 2U);
  ASSERT_TRUE(catalogue_->forget(away.path / ""));
  EXPECT_EQ(names(), Names{"other"});
  EXPECT_TRUE(fs::exists(away.configFile())) << "the folder stays";
  EXPECT_TRUE(catalogue_->forget(temporary_.path() / "never seen"));
}

TEST_F(CatalogueTest, ListsARunThatCannotBeReadWithTheReason) {
  const RunFolder folder = makeRun(config("good"));
  const RunFolder broken = makeRun(config("broken"));
  fs::create_directory(broken.eventsFile());
  const auto listed = runs();
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].name, "good");
  EXPECT_EQ(listed[1].status, "failed");
  EXPECT_NE(listed[1].message.find("events.jsonl"), std::string::npos) << listed[1].message;
}

TEST_F(CatalogueTest, ADamagedDatabaseIsMadeAgain) {
  makeRun(config("inside"));
  ASSERT_TRUE(catalogue_->registerRun(runOutside("away")));
  EXPECT_EQ(runs().size(), 2U);
  catalogue_.reset();
  for (const std::string& rubbish :
       {std::string("not a database, but long enough to look at its header").append(5000, 'x'),
        readText(database()).substr(0, 5000), std::string(8192, '\0')}) {
    writeText(database(), rubbish);
    writeText(database().string() + "-journal", "rubbish too");
    reopen();
    EXPECT_EQ(runs().size(), 2U);
    catalogue_.reset();
  }
}

TEST_F(CatalogueTest, ADatabaseDamagedWhileOpenIsMadeAgain) {
  makeRun();
  EXPECT_EQ(names(), Names{"a run"});
  const auto size = fs::file_size(database());
  writeText(database(), std::string(size, 'x'));
  EXPECT_EQ(names(), Names{"a run"});
  EXPECT_EQ(readText(database()).substr(0, 6), "SQLite");
}

TEST_F(CatalogueTest, ADatabaseOfANewerVersionIsMadeAgain) {
  makeRun();
  EXPECT_EQ(names(), Names{"a run"});
  catalogue_.reset();
  execute("DROP TABLE runs; CREATE TABLE runs (something, else_); PRAGMA user_version = 1000");
  reopen();
  EXPECT_EQ(names(), Names{"a run"});
}

TEST_F(CatalogueTest, ADatabaseOfAnotherProgramIsMadeAgain) {
  makeRun();
  catalogue_.reset();
  for (const char* version : {"PRAGMA user_version = 0", "PRAGMA user_version = 3"}) {
    execute("DROP TABLE runs; CREATE TABLE runs (something, else_)");
    execute(version);
    reopen();
    EXPECT_EQ(names(), Names{"a run"});
    catalogue_.reset();
  }
}

TEST_F(CatalogueTest, EntriesItCannotReadAreReadFromTheFolder) {
  makeRun();
  EXPECT_EQ(names(), Names{"a run"});
  execute("UPDATE runs SET record = 'rubbish'");
  EXPECT_EQ(names(), Names{"a run"});
}

TEST_F(CatalogueTest, TheDatabaseKeepsARollbackJournal) {
  execute("PRAGMA journal_mode = WAL");
  reopen();
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(database().c_str(), &connection), SQLITE_OK);
  std::string mode;
  const auto keep = [](void* target, int, char** values, char**) {
    *static_cast<std::string*>(target) = values[0];
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(connection, "PRAGMA journal_mode", keep, &mode, nullptr), SQLITE_OK);
  sqlite3_close(connection);
  EXPECT_EQ(mode, "delete");
}

TEST_F(CatalogueTest, ServesSeveralThreadsAndConnections) {
  for (int i = 0; i < 3; ++i) makeRun();
  auto other = open();
  ASSERT_TRUE(other);
  std::vector<std::thread> threads;
  for (Catalogue* catalogue : {&*catalogue_, &*catalogue_, &*other, &*other}) {
    threads.emplace_back([catalogue, this] {
      for (int i = 0; i < 5; ++i) {
        const auto listed = catalogue->runs();
        EXPECT_TRUE(listed && listed->size() == 3);
        EXPECT_TRUE(catalogue->registerRun(RunFolder{outside() / std::to_string(i)}));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(readText(home() / "runs-elsewhere.txt").size(), 5 * (outside().string().size() + 3));
}

TEST_F(CatalogueTest, SaysWhyItCannotBeOpened) {
  writeText(temporary_.path() / "file", "x");
  const auto opened = Catalogue::open(temporary_.path() / "file" / "home");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("not a folder"), std::string::npos) << opened.error().message;
}

}  // namespace
}  // namespace rosa::store
