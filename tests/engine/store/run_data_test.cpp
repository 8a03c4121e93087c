// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/run_data.h"

#include <string>
#include <vector>

#include "store_fixture.h"

namespace rosa::store {
namespace {

using RunDataTest = StoreTest;

RunData example() {
  return {{"good", "bad, \"very\""},
          95,
          5,
          {{"train", "/data/train.csv", "ab", 7}, {"valid", "/data/dev.csv", "cd", 8}},
          {"2025-03-14T09:26:53Z: /data/train.csv has changed"}};
}

TEST_F(RunDataTest, IsReadAsItWasWritten) {
  const auto folder = makeRun();
  const auto none = readRunData(folder);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none) << "a run from before there was such a file";
  ASSERT_TRUE(writeRunData(folder, example()));
  const auto read = readRunData(folder);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(**read, example());
}

TEST_F(RunDataTest, AFileThatSomeoneChangedIsRefusedByName) {
  const auto folder = makeRun();
  for (const auto* text :
       {"", "{", "[]", "{}", R"({"version": 1})", R"({"version": 2})", R"({"version": "x"})",
        R"({"version":1,"labels":[1],"train_examples":1,"validation_examples":1,"files":[],"accepted":[]})",
        R"({"version":1,"labels":[],"train_examples":1,"validation_examples":1,"files":[{}],"accepted":[]})",
        R"({"version":1,"labels":[],"train_examples":1,"validation_examples":1,"files":3,"accepted":[]})"}) {
    std::ofstream(folder.dataFile()) << text;
    const auto read = readRunData(folder);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().message.find("data.json"), std::string::npos) << read.error().message;
  }
}

TEST_F(RunDataTest, TellsFilesApartByTheirContents) {
  const auto path = home().parent_path() / "data.csv";
  std::ofstream(path) << "a";
  const auto first = describeDataFile("train", path);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->bytes, 1);
  EXPECT_EQ(whatChanged({*first}, {*first}), "");
  std::ofstream(path) << "b";
  const auto second = describeDataFile("train", path);
  ASSERT_TRUE(second);
  EXPECT_EQ(whatChanged({*first}, {*second}), path.string() + " has changed");
  EXPECT_EQ(whatChanged({*first}, {}), path.string() + " is missing");
  const DataFile valid{"valid", "/dev.csv", "x", 1};
  EXPECT_EQ(whatChanged({*first}, {*first, valid}), "/dev.csv is new");
  auto moved = *first;
  moved.path = "/elsewhere/data.csv";
  EXPECT_EQ(whatChanged({*first}, {moved}), "") << "the contents are the same";
  EXPECT_FALSE(describeDataFile("train", path.string() + "x"));
}

}  // namespace
}  // namespace rosa::store
