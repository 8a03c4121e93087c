// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/service/service_fixture.h"

/// A run's classes and data are those that it began with, whatever becomes of the files.
namespace rosa::test {
namespace {

class RunDataTest : public ServiceTest {
 protected:
  static std::string rows(const std::string& first, const std::string& second) {
    std::string text = "text,label\n";
    for (int i = 0; i < 6; ++i) text += "once a day the cat ran," + first + "\nthe sun was not there," + second + "\n";
    return text;
  }

  RunConfig config() {
    auto made = e2eConfig();
    if (model_.empty()) model_ = makeModel("bert");
    made.model = model_;
    made.data = path("data.csv");
    writeText(made.data, rows("good", "bad"));
    made.task = Task::Classification;
    made.prompt.clear();
    made.completion.clear();
    made.text = "text";
    made.label = "label";
    made.maxRows = 0;
    made.validationSplit = 0;
    made.maxLength = 32;
    made.method = Method::Head;
    made.steps = 4;
    made.saveEvery = {Interval::Unit::Steps, 2};
    made.keepCheckpoints = 9;
    return made;
  }

  /// As if it had been stopped after step 2.
  static void forgetTheEnd(const RunConfig& run) { fs::remove_all(run.out / "checkpoints" / "step-000004"); }

  json namesExported(const RunConfig& run, const std::string& to) {
    const auto report = engine_->exportRun({run.out, path(to), "last"});
    EXPECT_TRUE(report) << report.error().message;
    return report ? readJson(path(to) / "config.json").at("id2label") : json();
  }

  Expected<std::unique_ptr<rosa::Run>> resumed(const RunConfig& run, bool accept, Recorder& events) {
    asked_.clear();
    auto resumed = engine_->resume(run.out, events, {[&](const std::string& changes) {
                                     asked_.push_back(changes);
                                     return accept;
                                   }});
    if (resumed) (*resumed)->wait();
    return resumed;
  }

  static bool logged(const Recorder& events, const std::string& words) {
    const auto lines = events.all<LogLine>();
    return std::ranges::any_of(lines, [&](const auto& line) { return line.text.find(words) != std::string::npos; });
  }

  fs::path model_;
  std::vector<std::string> asked_;  ///< about what changes, by the last resume
};

const json kNames = {{"0", "bad"}, {"1", "good"}};

TEST_F(RunDataTest, ARunKeepsItsClassesAndWhatItsFilesWere) {
  const auto run = config();
  trained(run);
  const auto kept = readJson(run.out / "data.json");
  EXPECT_EQ(kept.at("labels"), (json{"bad", "good"}));
  EXPECT_EQ(kept.at("train_examples"), 12);
  ASSERT_EQ(kept.at("files").size(), 1U);
  EXPECT_EQ(kept.at("files")[0].at("path"), run.data.string());
  EXPECT_EQ(kept.at("files")[0].at("sha256").get<std::string>().size(), 64U);
}

TEST_F(RunDataTest, AnExportHasTheNamesOfTheRunsOwnData) {
  const auto run = config();
  trained(run);
  EXPECT_EQ(namesExported(run, "at-once"), kNames);
  writeText(run.data, rows("sports", "money"));
  EXPECT_EQ(namesExported(run, "changed"), kNames);
  writeText(run.data, "text,label\na,one\nb,two\nc,three\n");
  EXPECT_EQ(namesExported(run, "three"), kNames);
  fs::remove(run.data);
  EXPECT_EQ(namesExported(run, "gone"), kNames);
}

TEST_F(RunDataTest, ARunIsEvaluatedByItsOwnClasses) {
  const auto run = config();
  trained(run);
  EvaluationRequest request{run.out, run};
  request.data.data = path("other.csv");
  writeText(request.data.data, rows("good", "bad"));
  const auto before = engine_->evaluate(request);
  ASSERT_TRUE(before) << before.error().message;
  writeText(run.data, rows("aaa", "zzz"));
  const auto after = engine_->evaluate(request);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->loss, before->loss);
  fs::remove(run.data);
  EXPECT_TRUE(engine_->evaluate(request));
  request.data.data = path("unknown.csv");
  writeText(request.data.data, "text,label\na cat,good\na dog,ugly\n");
  const auto unknown = engine_->evaluate(request);
  ASSERT_FALSE(unknown);
  expectContains(unknown.error().message, {"Line 3", "\"ugly\"", "\"bad\", \"good\""});
  writeText(request.data.data, "text,label\na cat,good\na dog,good\n");
  EXPECT_TRUE(engine_->evaluate(request)) << "one class alone is enough to evaluate on";
}

TEST_F(RunDataTest, ARunThatResamplesByEpochsIsUsedWithoutItsData) {
  auto run = config();
  run.method = Method::Rosa;
  run.batch = 2;
  run.steps = 20;
  run.resampleEvery = {Interval::Unit::Epochs, 1};
  trained(run);
  fs::remove(run.data);
  EvaluationRequest request{run.out, run};
  request.data.data = path("other.csv");
  writeText(request.data.data, rows("good", "bad"));
  const auto report = engine_->evaluate(request);
  EXPECT_TRUE(report) << report.error().message;
  EXPECT_EQ(namesExported(run, "gone"), kNames);
}

TEST_F(RunDataTest, AResumeOnChangedDataWantsAYes) {
  const auto run = config();
  trained(run);
  forgetTheEnd(run);
  writeText(run.data, rows("good", "bad") + "a new one,good\n");
  Recorder events;
  const auto refused = resumed(run, false, events);
  ASSERT_FALSE(refused);
  expectContains(refused.error().message,
                 {"The data are not those that the run began with", run.data.string() + " has changed",
                  "rosa resume " + run.out.string() + " --data-changed accept"});
  EXPECT_EQ(asked_, std::vector{run.data.string() + " has changed"});
  EXPECT_FALSE(engine_->resume(run.out, events)) << "nobody to ask is a no";
  auto agreed = resumed(run, true, events);
  ASSERT_TRUE(agreed) << agreed.error().message;
  EXPECT_TRUE((*agreed)->succeeded());
  EXPECT_TRUE(logged(events, "as was agreed to: " + run.data.string() + " has changed"));
  const auto kept = readJson(run.out / "data.json");
  ASSERT_EQ(kept.at("accepted").size(), 1U);
  expectContains(kept.at("accepted")[0].get<std::string>(), {"Z: ", "data.csv has changed"});
  EXPECT_EQ(kept.at("train_examples"), 13);
  EXPECT_EQ(kept.at("labels"), (json{"bad", "good"}));
  agreed->reset();  // it holds the folder's lock
  forgetTheEnd(run);
  const auto again = resumed(run, false, events);
  EXPECT_TRUE(asked_.empty());
  EXPECT_TRUE(again) << "what was agreed to is the run's data now: " << again.error().message;
}

TEST_F(RunDataTest, NoYesMakesOtherClassesTheRuns) {
  const auto run = config();
  trained(run);
  forgetTheEnd(run);
  writeText(run.data, rows("sports", "money"));
  Recorder events;
  const auto before = readText(run.out / "data.json");
  const auto refused = resumed(run, true, events);
  ASSERT_FALSE(refused);
  expectContains(refused.error().message, {"Line 2", "\"sports\"", "\"bad\", \"good\""});
  EXPECT_EQ(readText(run.out / "data.json"), before);
}

TEST_F(RunDataTest, AFileThatIsNewInTheFolderIsAChangeToo) {
  auto run = config();
  fs::create_directory(path("set"));
  writeText(path("set") / "train.csv", rows("good", "bad"));
  run.data = path("set");
  trained(run);
  forgetTheEnd(run);
  writeText(path("set") / "dev.csv", rows("good", "bad"));
  Recorder events;
  const auto refused = resumed(run, false, events);
  ASSERT_FALSE(refused);
  expectContains(refused.error().message, {"dev.csv is new"});
}

TEST_F(RunDataTest, UnchangedDataMayLieElsewhere) {
  const auto run = config();
  trained(run);
  forgetTheEnd(run);
  auto yaml = readText(run.out / "config.yaml");
  fs::rename(run.data, path("moved.csv"));
  yaml.replace(yaml.find("data.csv"), 8, "moved.csv");
  writeText(run.out / "config.yaml", yaml);
  Recorder events;
  const auto again = resumed(run, false, events);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE((*again)->succeeded());
}

TEST_F(RunDataTest, ARunFromBeforeTakesItsClassesFromTheDataOnceMore) {
  const auto run = config();
  trained(run);
  forgetTheEnd(run);
  fs::remove(run.out / "data.json");
  EXPECT_EQ(namesExported(run, "old"), kNames);
  Recorder events;
  const auto again = resumed(run, false, events);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(readJson(run.out / "data.json").at("labels"), (json{"bad", "good"}));
}

TEST_F(RunDataTest, AHeadThatIsKeptKeepsTheOrderOfItsClasses) {
  auto run = config();
  run.learningRate = 1e-2;
  run.steps = 60;
  trained(run);
  ASSERT_EQ(namesExported(run, "first"), kNames);
  // The same head, called the other way round: now its row 0 means good.
  auto changed = readJson(path("first") / "config.json");
  changed["id2label"] = {{"0", "good"}, {"1", "bad"}};
  changed["label2id"] = {{"good", 0}, {"bad", 1}};
  writeText(path("first") / "config.json", changed.dump());
  EvaluationRequest request{path("first"), run};
  const auto own = engine_->evaluate(request);
  ASSERT_TRUE(own) << own.error().message;

  auto next = run;
  next.model = path("first");
  next.out = path("next");
  next.valid = next.data;
  next.learningRate = 1e-12;
  next.steps = 1;
  const auto plan = engine_->plan(next);
  EXPECT_TRUE(plan.problems.empty()) << joinProblems(plan.problems);
  Recorder events;
  trained(next, events);
  EXPECT_NEAR(events.all<EvaluationCompleted>().back().loss, own->loss, 1e-5);
  EXPECT_TRUE(logged(events, "0 = good, 1 = bad"));
  ASSERT_FALSE(plan.remarks.empty());
  for (const auto& remark : plan.remarks) {
    EXPECT_TRUE(logged(events, remark)) << "said before the start and not after it: " << remark;
  }
  EXPECT_EQ(namesExported(next, "second"), (json{{"0", "good"}, {"1", "bad"}}));
}

TEST_F(RunDataTest, AHeadForOtherClassesMakesWayForANewOne) {
  const auto run = config();
  trained(run);
  ASSERT_EQ(namesExported(run, "first"), kNames);
  auto next = run;
  next.model = path("first");
  next.out = path("next");
  next.method = Method::Bitfit;
  writeText(next.data, rows("sports", "money"));
  Recorder events;
  trained(next, events);
  EXPECT_TRUE(logged(events, "a new head is drawn"));
  EXPECT_EQ(namesExported(next, "second"), (json{{"0", "money"}, {"1", "sports"}}));
  forgetTheEnd(next);
  EXPECT_TRUE(resumed(next, false, events)) << "the drawn head comes from the checkpoint";
}

}  // namespace
}  // namespace rosa::test
