// SPDX-License-Identifier: GPL-3.0-or-later
#include "configure_page_fixture.h"

#include <gtest/gtest.h>

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QMimeData>
#include <QUrl>

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <fstream>
#include <semaphore>
#include <set>

#include "jobs/job_pool.h"
#include "pages/configure/command_dialog.h"
#include "pages/configure/preview_table.h"
#include "settings/preferences.h"
#include "support/fake_engine.h"
#include "support/widgets.h"
#include "widgets/check_row.h"
#include "widgets/pill.h"
#include "widgets/segmented_control.h"

namespace rosa::ui {
namespace {

using test::click;
using test::findVisible;
using test::type;
using test::visibleText;

TEST_F(ConfigurePageTest, TakesWhatIsDroppedOnIt) {
  open();
  const auto drop = [this](const QString& path) {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(path)});
    QDragEnterEvent enter(QPoint(300, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&page_, &enter);
    EXPECT_TRUE(enter.isAccepted());
    QDropEvent event(QPointF(300, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&page_, &event);
  };
  const auto make = [this](const QString& name, const QByteArray& text) {
    QFile file(folder_.filePath(name));
    EXPECT_TRUE(QDir().mkpath(QFileInfo(file).path()) && file.open(QIODevice::WriteOnly));
    file.write(text);
    return file.fileName();
  };
  const QString config = make(QStringLiteral("my-model/config.json"), "{}");
  drop(QFileInfo(config).path());
  EXPECT_EQ(page_.config().model, QFileInfo(config).path().toStdString());
  const QString data = make(QStringLiteral("rows.csv"), "mr,ref\n");
  drop(data);
  EXPECT_EQ(page_.config().data, data.toStdString());
  EXPECT_EQ(page_.config().model, QFileInfo(config).path().toStdString()) << "the model is as it was";
  drop(make(QStringLiteral("settings.yaml"), "rank: 5\n"));
  EXPECT_EQ(std::get<std::int64_t>(page_.config().rank.value), 5);
}

TEST_F(ConfigurePageTest, MeasuresHowLongARunWillTake) {
  engine_.onPlan = [](const RunConfig& config) {
    RunPlan plan;
    plan.totalSteps = config.steps.value_or(600);
    plan.expectedResamples = 9;
    return plan;
  };
  engine_.bench.stepSeconds = 0.5;
  engine_.bench.resampleSeconds = 20;
  open();
  EXPECT_TRUE(shows(QStringLiteral("not known yet")));
  ASSERT_TRUE(click(page_, QStringLiteral("Measure")));
  EXPECT_TRUE(QTest::qWaitFor([this] { return shows(QStringLiteral("about 8 min")); })) << "600 x 0.5 s + 9 x 20 s";
  RunConfig longer = test::sampleConfig();
  longer.steps = 7200;
  longer.epochs.reset();
  open(longer);
  EXPECT_TRUE(shows(QStringLiteral("about 63 min"))) << "as many steps as one likes take as long each";
  longer.batch = 4;
  open(longer);
  EXPECT_TRUE(shows(QStringLiteral("not known yet"))) << "another batch is another step";
}

TEST_F(ConfigurePageTest, ShowsTheSampleReadyToStart) {
  open();
  EXPECT_TRUE(shows(QStringLiteral("from the sample project")));
  EXPECT_TRUE(shows(QStringLiteral("Llama · 260,032 parameters · fp32")));
  EXPECT_TRUE(
      shows(QStringLiteral("4,000 rows · 5 % held out for validation · 61 tokens in the median, 143 in the longest")));
  EXPECT_TRUE(shows(QStringLiteral("computing in fp32")));
  EXPECT_NE(findVisible<Pill>(page_, QStringLiteral("fits")), nullptr);
  EXPECT_TRUE(start()->isEnabled());
}

TEST_F(ConfigurePageTest, StartsOnAClickWithWhatIsShown) {
  open();
  const QSignalSpy spy(&page_, &ConfigurePage::startRequested);
  ASSERT_TRUE(click(page_, QStringLiteral("start")));
  ASSERT_EQ(spy.count(), 1);
  EXPECT_EQ(spy.at(0).at(0).value<RunConfig>(), test::sampleConfig());
}

TEST_F(ConfigurePageTest, UpdatesTheNumbersAsOneTypes) {
  open();
  const auto showsSoon = [this](const QString& text) { return QTest::qWaitFor([&] { return shows(text); }); };
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("4")));
  EXPECT_TRUE(shows(QStringLiteral("950 steps · 18 resamples"))) << "the last ones stand until the engine has answered";
  EXPECT_TRUE(showsSoon(QStringLiteral("Trains 9,200 of 260,032 parameters (3.5 %)")));
  ASSERT_TRUE(type(page_, QStringLiteral("Resample every"), QStringLiteral("100")));
  EXPECT_TRUE(showsSoon(QStringLiteral("950 steps · 9 resamples")));
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("16")));
  EXPECT_TRUE(shows(QStringLiteral("25 % to 50 % a layer")));
}

TEST_F(ConfigurePageTest, FramesARefusedRankAndSaysWhy) {
  open();
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("abc")));
  auto* rank = findVisible<QLineEdit>(page_, QStringLiteral("Rank"));
  EXPECT_TRUE(rank->property("problem").toBool());
  EXPECT_FALSE(rank->accessibleDescription().isEmpty());
  EXPECT_FALSE(start()->isEnabled());
  EXPECT_TRUE(shows(QStringLiteral("Fix 1 problem to start.")));
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("8")));
  EXPECT_TRUE(settled());
  EXPECT_TRUE(start()->isEnabled());
}

TEST_F(ConfigurePageTest, OneProblemIsToldOnce) {
  engine_.onPlan = [plan = engine_.onPlan](const RunConfig& config) {
    RunPlan planned = plan(config);
    const auto fail = [&planned](const char* key, const char* subject, const char* sentence) {
      planned.checks.push_back({subject, ReadinessCheck::State::Missing, sentence});
      planned.problems = {{key, sentence}};
    };
    if (config.model.empty()) planned.checks = {{"Model", ReadinessCheck::State::Missing, "Choose a model folder."}};
    const auto* rank = std::get_if<std::int64_t>(&config.rank.value);
    if (rank != nullptr && *rank > 100) fail("rank", "Method", "The rank is larger than the narrowest layer.");
    return planned;
  };
  open();
  const auto rows = [this](const QString& text) {
    const auto all = page_.findChildren<CheckRow*>();
    return std::count_if(all.begin(), all.end(), [&](CheckRow* row) {
      return row->isVisibleTo(&page_) && visibleText(*row).split(QLatin1Char('\n')).contains(text);
    });
  };
  const auto found = QStringLiteral("The rank is larger than the narrowest layer.");
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("9999")));
  ASSERT_TRUE(settled());
  EXPECT_EQ(rows(found), 1);
  // What was found out about 9999 is not true of what stands there now.
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("abc")));
  ASSERT_TRUE(settled());
  EXPECT_EQ(rows(found), 0);
  EXPECT_EQ(rows(QStringLiteral("Rank")), 1);
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("8")));
  ASSERT_TRUE(settled());
  EXPECT_TRUE(start()->isEnabled());
  RunConfig config = test::sampleConfig();
  config.model.clear();
  page_.load(config, QString());
  ASSERT_TRUE(settled());
  EXPECT_EQ(rows(QStringLiteral("Model")), 1);
}

TEST_F(ConfigurePageTest, AModelIsNotBothWrongAndRight) {
  engine_.onPlan = [plan = engine_.onPlan](const RunConfig& config) {
    RunPlan planned = plan(config);
    planned.checks.insert(planned.checks.begin(), {"Model", ReadinessCheck::State::Missing, "Choose 256 or less."});
    planned.problems = {{"max-length", "Choose 256 or less."}};
    return planned;
  };
  open();
  EXPECT_TRUE(shows(QStringLiteral("Choose 256 or less.")));
  EXPECT_FALSE(shows(QStringLiteral("Llama, supported")));
}

TEST_F(ConfigurePageTest, RemarksAreInTheWindowsWords) {
  engine_.onPlan = [plan = engine_.onPlan](const RunConfig& config) {
    RunPlan planned = plan(config);
    planned.remarks = {"chat.jsonl holds conversations (shape messages)."};
    return planned;
  };
  open();
  EXPECT_TRUE(shows(QStringLiteral("chat.jsonl holds conversations (messages).")));
}

TEST_F(ConfigurePageTest, NamesTheLayerThatIsTooSmallForTheRank) {
  open();
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("40")));
  EXPECT_TRUE(settled());
  EXPECT_TRUE(shows(QStringLiteral("k_proj. Choose at most 32.")));
  EXPECT_FALSE(start()->isEnabled());
}

TEST_F(ConfigurePageTest, SaysWhyAModelCannotBeRead) {
  engine_.onInspectModel = [](const auto& folder) -> Expected<ModelSummary> {
    return Error{folder.string() + " has no config.json. Choose a Hugging Face model folder."};
  };
  engine_.onPlan = [](const RunConfig&) {
    RunPlan plan;
    plan.problems = {{"model", "The model cannot be read."}};
    return plan;
  };
  open();
  EXPECT_TRUE(shows(QStringLiteral("has no config.json. Choose a Hugging Face model folder.")));
  EXPECT_FALSE(start()->isEnabled());
}

TEST_F(ConfigurePageTest, AModelThatCannotBeReadDoesNotFit) {
  open();
  EXPECT_NE(findVisible<Pill>(page_, QStringLiteral("fits")), nullptr);
  engine_.onInspectModel = [](const auto&) -> Expected<ModelSummary> { return Error{"It has no config.json."}; };
  engine_.onPlan = [plan = engine_.onPlan](const RunConfig& config) {
    RunPlan refused = plan(config);
    refused.problems = {{"model", "It has no config.json."}};
    return refused;
  };
  typePath(QStringLiteral("model"), QStringLiteral("/models/broken"));
  EXPECT_EQ(findVisible<Pill>(page_, QStringLiteral("fits")), nullptr);
  EXPECT_TRUE(settled());
  EXPECT_EQ(findVisible<Pill>(page_, QStringLiteral("fits")), nullptr);
}

TEST_F(ConfigurePageTest, TheSentenceAboutAPathGoesWithThePath) {
  engine_.onInspectModel = [](const auto&) -> Expected<ModelSummary> { return Error{"It has no config.json."}; };
  engine_.onInspectData = [](const auto&) -> Expected<DataSummary> { return Error{"It holds no rows."}; };
  open();
  ASSERT_TRUE(shows(QStringLiteral("It has no config.json.")));
  ASSERT_TRUE(shows(QStringLiteral("It holds no rows.")));
  for (const char* name : {"model", "data"}) {
    auto* edit = findVisible<QComboBox>(page_, QLatin1String(name))->lineEdit();
    edit->selectAll();
    QTest::keyClick(edit, Qt::Key_Delete);
  }
  EXPECT_FALSE(shows(QStringLiteral("It has no config.json.")));
  EXPECT_FALSE(shows(QStringLiteral("It holds no rows.")));
  EXPECT_TRUE(page_.config().model.empty());
  EXPECT_TRUE(shows(QStringLiteral("Choose a model and data to see what this trains.")));
}

TEST_F(ConfigurePageTest, ARunIsNamedByWhatItTrainsUnlessANameWasTyped) {
  RunConfig config = test::sampleConfig();
  config.name = "stories260k-e2e";
  open(config);
  auto* name = findVisible<QLineEdit>(page_, QStringLiteral("Name"));
  ASSERT_NE(name, nullptr);
  EXPECT_EQ(name->text(), QStringLiteral("stories260k-e2e"));
  EXPECT_TRUE(shows(QStringLiteral("from the sample project")));
  typePath(QStringLiteral("model"), QStringLiteral("/models/babyllama"));
  EXPECT_TRUE(name->text().isEmpty()) << "it was that of another model";
  EXPECT_TRUE(page_.config().name.empty());
  EXPECT_FALSE(shows(QStringLiteral("from the sample project")));

  ASSERT_TRUE(type(page_, QStringLiteral("Name"), QStringLiteral("mine")));
  typePath(QStringLiteral("data"), QStringLiteral("/data/gsm8k"));
  EXPECT_EQ(page_.config().name, "mine");
}

TEST_F(ConfigurePageTest, AnEmptyNameShowsWhatWillBeMadeOfModelAndData) {
  open();
  const auto* name = findVisible<QLineEdit>(page_, QStringLiteral("Name"));
  EXPECT_EQ(name->placeholderText(), QStringLiteral("stories260k-e2e"));
  EXPECT_TRUE(shows(QStringLiteral("Writes to runs/2026-11-23-stories260k-e2e")));
}

TEST_F(ConfigurePageTest, WhatIsSetForNewRunsReachesTheRunOnThePage) {
  open();
  const auto set = [this](const QString& text) {
    preferences_.setOfNewRuns("threads", text);
    page_.setOfNewRuns(QStringLiteral("threads"), text);
  };
  set(QStringLiteral("1"));
  EXPECT_EQ(page_.config().threads, 1);
  ASSERT_TRUE(click(page_, QStringLiteral("advanced")));
  EXPECT_EQ(findVisible<QLineEdit>(page_, QStringLiteral("Threads"))->text(), QStringLiteral("1"));
  ASSERT_TRUE(type(page_, QStringLiteral("Threads"), QStringLiteral("3")));
  set(QStringLiteral("2"));
  EXPECT_EQ(page_.config().threads, 3) << "typed for this run";
  RunConfig own = test::sampleConfig();
  own.threads = 4;
  page_.load(own, {});
  set(QStringLiteral("2"));
  EXPECT_EQ(page_.config().threads, 4) << "the config's own";
  EXPECT_EQ(page_.config().saveMinutes, 10) << "as the engine has it";
  preferences_.setOfNewRuns("save-minutes", QStringLiteral("30"));
  page_.load(own, {});
  EXPECT_EQ(page_.config().saveMinutes, 30);
}

TEST_F(ConfigurePageTest, AProblemIsNamedInWordsAndLeadsToItsField) {
  open();
  ASSERT_TRUE(click(page_, QStringLiteral("advanced")));
  ASSERT_TRUE(type(page_, QStringLiteral("Adam beta1"), QStringLiteral("1.5")));
  ASSERT_TRUE(click(page_, QStringLiteral("Advanced (1 changed)")));
  EXPECT_EQ(findVisible<QLineEdit>(page_, QStringLiteral("Adam beta1")), nullptr);
  auto* row = findVisible<CheckRow>(page_, QStringLiteral("Adam beta1"));
  ASSERT_NE(row, nullptr);
  EXPECT_TRUE(shows(QStringLiteral("1.5 is out of range; write a number from 0 to below 1.")));
  EXPECT_FALSE(shows(QStringLiteral("beta1:")));
  QTest::mouseClick(row, Qt::LeftButton);
  auto* edit = findVisible<QLineEdit>(page_, QStringLiteral("Adam beta1"));
  ASSERT_NE(edit, nullptr) << "Advanced opens";
  page_.activateWindow();
  EXPECT_TRUE(QTest::qWaitFor([&] { return page_.focusWidget() == edit; }));
}

TEST_F(ConfigurePageTest, AProblemOfAFileStandsAtItsOwnField) {
  engine_.onPlan = [plan = engine_.onPlan](const RunConfig& config) {
    RunPlan refused = plan(config);
    if (config.valid) refused.problems = {{"valid", "/data/none.csv does not exist."}};
    return refused;
  };
  open();
  ASSERT_TRUE(click(page_, QStringLiteral("advanced")));
  ASSERT_TRUE(type(page_, QStringLiteral("Validation file"), QStringLiteral("/data/none.csv")));
  EXPECT_TRUE(settled());
  EXPECT_TRUE(findVisible<QLineEdit>(page_, QStringLiteral("Validation file"))->property("problem").toBool());
  EXPECT_FALSE(findVisible<QComboBox>(page_, QStringLiteral("data"))->property("problem").toBool());
}

TEST_F(ConfigurePageTest, NumbersAreNotShownWhileARankIsWrong) {
  open();
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("abc")));
  EXPECT_TRUE(shows(QStringLiteral("What this trains shows as soon as “Rank” is right.")));
  EXPECT_FALSE(shows(QStringLiteral("a layer")));
  EXPECT_FALSE(shows(QStringLiteral("Choose a model")));
}

TEST_F(ConfigurePageTest, WhatIsCutAndLeftOutIsSaidBeforeTheStart) {
  engine_.onPlan = [plan = engine_.onPlan](const RunConfig& config) {
    RunPlan cut = plan(config);
    cut.dataRows = 7473;
    cut.trainRows = 4936;
    cut.truncatedExamples = 4557;
    cut.droppedExamples = 2537;
    cut.truncatedValidation = 3;
    cut.droppedValidation = 1;
    cut.remarks = {"The classification head is drawn anew."};
    return cut;
  };
  open();
  EXPECT_TRUE(
      shows(QStringLiteral("4,557 of 7,473 rows are cut at 256 tokens; 2,537 rows are left out, because nothing to "
                           "predict remains within that length; 3 rows of the validation data are cut; 1 row of the "
                           "validation data is left out.")));
  EXPECT_TRUE(shows(QStringLiteral("The classification head is drawn anew.")));
}

TEST_F(ConfigurePageTest, AGuessIsCalledOneAndRefusesNothing) {
  engine_.onPlan = [plan = engine_.onPlan](const RunConfig& config) {
    RunPlan guess = plan(config);
    guess.estimated = true;
    guess.dataRows = 4000;
    guess.truncatedExamples = 12;
    return guess;
  };
  open();
  EXPECT_TRUE(shows(QStringLiteral("about 950 steps · about 18 resamples")));
  EXPECT_TRUE(shows(QStringLiteral("about 61 tokens in the median")));
  EXPECT_TRUE(shows(QStringLiteral("About 12 of 4,000 rows are cut")));
  EXPECT_TRUE(QTest::qWaitFor([this] { return start()->isEnabled(); }));
}

TEST_F(ConfigurePageTest, TheFileThatIsValidatedOnIsNamedAndDisablesTheShare) {
  engine_.onInspectData = [answer = engine_.onInspectData](const auto& path) {
    auto data = answer(path);
    data->validationRows = 1319;
    data->validationFile = "/data/gsm8k/test.jsonl";
    return data;
  };
  open();
  EXPECT_TRUE(shows(QStringLiteral("validation from test.jsonl (1,319 rows)")));
  ASSERT_TRUE(click(page_, QStringLiteral("advanced")));
  EXPECT_FALSE(findVisible<QLineEdit>(page_, QStringLiteral("Validation split"))->isEnabled());
}

TEST_F(ConfigurePageTest, AnEmptyDurationShowsWhatIsTaken) {
  open();
  ASSERT_TRUE(type(page_, QStringLiteral("Train for"), QString()));
  EXPECT_EQ(findVisible<QLineEdit>(page_, QStringLiteral("Train for"))->placeholderText(), QStringLiteral("3 epochs"));
  EXPECT_TRUE(QTest::qWaitFor([this] { return shows(QStringLiteral("1,425 steps")); }));
}

TEST_F(ConfigurePageTest, APreviewGivesItsRoomBack) {
  engine_.onInspectData = [answer = engine_.onInspectData](const auto& path) {
    auto data = answer(path);
    while (data->preview.size() < 30) data->preview.push_back(data->preview.front());
    return data;
  };
  page_.resize(1216, 700);
  open();
  const auto* scroll = page_.findChild<QScrollArea*>();
  const auto settledHeight = [&] {
    QTest::qWait(30);
    return scroll->widget()->height();
  };
  EXPECT_LE(settledHeight(), scroll->viewport()->height());
  page_.resize(1216, 1000);
  QTest::qWait(30);
  page_.resize(1216, 700);
  EXPECT_LE(settledHeight(), scroll->viewport()->height()) << "after a larger window";
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("abc")));
  EXPECT_LE(settledHeight(), scroll->viewport()->height()) << "with a sentence";
  typePath(QStringLiteral("data"), QStringLiteral("/data/other"));
  EXPECT_TRUE(settled());
  EXPECT_LE(settledHeight(), scroll->viewport()->height()) << "with other data";
}

TEST_F(ConfigurePageTest, TheRoomThereIsShowsMoreRowsOfTheData) {
  engine_.onInspectData = [answer = engine_.onInspectData](const auto& path) {
    auto data = answer(path);
    while (data->preview.size() < 30) data->preview.push_back(data->preview.front());
    return data;
  };
  page_.resize(1216, 700);
  open();
  const auto rows = [this] {
    const auto* table = page_.findChild<PreviewTable*>();
    int count = 0;
    for (int row = 0; row < table->model()->rowCount(); ++row) count += table->isRowHidden(row) ? 0 : 1;
    return count;
  };
  QTest::qWait(20);
  const int few = rows();
  page_.resize(1856, 1000);
  QTest::qWait(20);
  EXPECT_GT(rows(), few + 4);
}

TEST_F(ConfigurePageTest, ALayoutOfItsOwnNeedsNoMoreThanASmallScreen) {
  open();
  EXPECT_LE(page_.minimumSizeHint().width(), 1100);
  EXPECT_LE(page_.minimumSizeHint().height(), 600);
}

TEST_F(ConfigurePageTest, ATableIsReadAnewAsAdvancedSays) {
  open();
  engine_.onInspectData = [answer = engine_.onInspectData](const auto& path) {
    auto data = answer(path);
    data->hasHeader = false;
    data->columns = {"1", "2"};
    data->suggestedPrompt = "1";
    data->suggestedCompletion = "2";
    return data;
  };
  ASSERT_TRUE(click(page_, QStringLiteral("advanced")));
  auto* header = findVisible<SegmentedControl>(page_, QStringLiteral("Header"));
  ASSERT_NE(header, nullptr);
  ASSERT_TRUE(click(*header, QStringLiteral("no")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return shows(QStringLiteral("no header")); }));
  EXPECT_EQ(page_.config().prompt, "1");
}

TEST_F(ConfigurePageTest, TakesAPathThatIsTyped) {
  open();
  auto* model = findVisible<QComboBox>(page_, QStringLiteral("model"));
  ASSERT_NE(model, nullptr);
  model->lineEdit()->selectAll();
  QTest::keyClicks(model->lineEdit(), QStringLiteral("/models/other"));
  QTest::keyClick(model->lineEdit(), Qt::Key_Return);
  EXPECT_EQ(page_.config().model, "/models/other");
  EXPECT_EQ(model->currentText(), QStringLiteral("other"));
}

TEST_F(ConfigurePageTest, TakesTheEnginesSuggestionsForNewDataOnly) {
  engine_.onInspectData = [](const auto& path) -> Expected<DataSummary> {
    DataSummary data;
    data.path = path;
    data.format = "TSV";
    data.rows = 100;
    data.columns = {"sentence1", "sentence2", "label"};
    data.suggestedTask = "classification";
    data.suggestedText = "sentence1";
    data.suggestedTextPair = "sentence2";
    data.suggestedLabel = "label";
    return data;
  };
  RunConfig named = test::sampleConfig();
  named.name = "of-the-sample";
  open(named);
  EXPECT_EQ(page_.config().prompt, "mr") << "a loaded config keeps its columns";
  auto* data = findVisible<QComboBox>(page_, QStringLiteral("data"));
  data->lineEdit()->selectAll();
  QTest::keyClicks(data->lineEdit(), QStringLiteral("/data/mrpc.tsv"));
  QTest::keyClick(data->lineEdit(), Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return page_.config().task == Task::Classification; }));
  EXPECT_EQ(page_.config().textPair, "sentence2");
  EXPECT_NE(findVisible<QComboBox>(page_, QStringLiteral("label")), nullptr);
  EXPECT_EQ(findVisible<QComboBox>(page_, QStringLiteral("prompt")), nullptr);
}

TEST_F(ConfigurePageTest, ATaskIsOfferedToTheModelsThatCanDoIt) {
  engine_.onInspectModel = [inspect = engine_.onInspectModel](const auto& folder) {
    auto model = inspect(folder);
    if (model && folder == "/models/encoder") model->languageModel = false;
    return model;
  };
  open();
  auto* task = findVisible<QComboBox>(page_, QStringLiteral("task"));
  EXPECT_GE(task->findData(QStringLiteral("lm")), 0);
  EXPECT_EQ(task->findData(QStringLiteral("masked-lm")), -1) << "a decoder sees only what stands before a word";
  typePath(QStringLiteral("model"), QStringLiteral("/models/encoder"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return task->findData(QStringLiteral("masked-lm")) >= 0; }));
  EXPECT_EQ(task->findData(QStringLiteral("lm")), -1);
  const int place = task->findData(QStringLiteral("masked-lm"));
  EXPECT_EQ(task->itemText(place), QStringLiteral("Fill in hidden words"));
  task->setCurrentIndex(place);
  Q_EMIT task->activated(place);
  EXPECT_EQ(page_.config().task, Task::MaskedLanguageModelling);
  EXPECT_NE(findVisible<QComboBox>(page_, QStringLiteral("text")), nullptr);
  EXPECT_EQ(findVisible<QComboBox>(page_, QStringLiteral("label")), nullptr);
}

TEST_F(ConfigurePageTest, APlainTextIsSuggestedForWhatTheModelCanDo) {
  engine_.onInspectModel = [inspect = engine_.onInspectModel](const auto& folder) {
    auto model = inspect(folder);
    if (model && folder == "/models/encoder") model->languageModel = false;
    return model;
  };
  engine_.onInspectData = [](const std::filesystem::path& path) -> Expected<DataSummary> {
    DataSummary data;
    data.path = path;
    data.format = "text";
    data.suggestedTask = "lm";
    return data;
  };
  open();
  typePath(QStringLiteral("data"), QStringLiteral("/data/book.txt"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return page_.config().task == Task::LanguageModelling; }));
  typePath(QStringLiteral("model"), QStringLiteral("/models/encoder"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return page_.config().task == Task::MaskedLanguageModelling; }));
  typePath(QStringLiteral("data"), QStringLiteral("/data/other.txt"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return page_.config().data == "/data/other.txt"; }));
  EXPECT_EQ(page_.config().task, Task::MaskedLanguageModelling);
  typePath(QStringLiteral("model"), QStringLiteral("/models/decoder"));
  EXPECT_TRUE(QTest::qWaitFor([&] { return page_.config().task == Task::LanguageModelling; }));
}

/// chats.jsonl, as the engine knows it.
Expected<DataSummary> chats(const std::filesystem::path& path) {
  DataSummary data;
  data.path = path;
  data.format = "JSONL";
  data.rows = 100;
  data.columns = {"messages"};
  data.preview = {{R"([{"role": "user", "content": "Hi"}])"}};
  data.suggestedTask = "lm";
  data.suggestedText = "messages";
  return data;
}

TEST_F(ConfigurePageTest, ConversationsAreReadWithoutHandWork) {
  RunConfig before = test::sampleConfig();
  before.shape = Shape::PromptCompletion;
  before.lossOn = LossOn::Completion;
  open(before);
  engine_.onInspectData = chats;
  engine_.onPlan = [plan = engine_.onPlan](const RunConfig& config) {
    RunPlan read = plan(config);
    read.remarks = {"chats.jsonl holds conversations (shape messages)."};
    return read;
  };
  typePath(QStringLiteral("data"), QStringLiteral("/data/chats.jsonl"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return page_.config().task == Task::LanguageModelling; }));
  EXPECT_EQ(page_.config().shape, Shape::Auto) << "what was said of other data does not hold";
  EXPECT_EQ(page_.config().lossOn, LossOn::Auto);
  EXPECT_EQ(page_.config().text, "messages");
  EXPECT_NE(findVisible<QComboBox>(page_, QStringLiteral("Chat template")), nullptr);
  ASSERT_TRUE(QTest::qWaitFor([&] { return start()->isEnabled(); }));
  EXPECT_TRUE(shows(QStringLiteral("chats.jsonl holds conversations")));
}

TEST_F(ConfigurePageTest, AProblemWithTheRowsLeadsToTheFieldThatIsShown) {
  RunConfig config = test::sampleConfig();
  config.shape = Shape::Messages;
  open(config);
  auto* row = findVisible<CheckRow>(page_, QStringLiteral("Rows hold"));
  ASSERT_NE(row, nullptr) << "messages are not for the task of the sample";
  QTest::mouseClick(row, Qt::LeftButton);
  auto* combo = findVisible<QComboBox>(page_, QStringLiteral("Rows hold"));
  ASSERT_NE(combo, nullptr) << "Advanced opens";
  page_.activateWindow();
  EXPECT_TRUE(QTest::qWaitFor([&] { return page_.focusWidget() == combo; }));
}

TEST_F(ConfigurePageTest, TheTokensOfTheDataStandBehindASegment) {
  engine_.onPreview = [](const RunConfig& config, std::int64_t, std::int64_t) -> Expected<DataPreview> {
    PreviewRow row;
    row.text = config.lossOn == LossOn::All ? "all" : "some";
    row.tokens = {{row.text, 1, true, false, false}};
    row.targets = 1;
    return DataPreview{{row}, {}};
  };
  open();
  EXPECT_TRUE(page_.findChild<PreviewTable*>()->isVisible());
  ASSERT_TRUE(click(page_, QStringLiteral("Tokens")));
  EXPECT_FALSE(page_.findChild<PreviewTable*>()->isVisible());
  ASSERT_TRUE(QTest::qWaitFor([&] { return shows(QStringLiteral("Row 1 of 1")); }));
  const auto* text = findVisible<QPlainTextEdit>(page_, QStringLiteral("Text of the row"));
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(text->toPlainText(), QStringLiteral("some"));
  RunConfig all = page_.config();
  all.lossOn = LossOn::All;
  page_.load(all, {});
  EXPECT_TRUE(QTest::qWaitFor([&] { return text->toPlainText() == QStringLiteral("all"); }));
  ASSERT_TRUE(click(page_, QStringLiteral("Table")));
  EXPECT_TRUE(page_.findChild<PreviewTable*>()->isVisible());
}

TEST_F(ConfigurePageTest, ShowsOnlyTheSettingsOfTheMethod) {
  open();
  EXPECT_NE(findVisible<QLineEdit>(page_, QStringLiteral("Resample every")), nullptr);
  EXPECT_EQ(findVisible<QLineEdit>(page_, QStringLiteral("Alpha")), nullptr);
  ASSERT_TRUE(click(page_, QStringLiteral("LoRA")));
  EXPECT_EQ(findVisible<QLineEdit>(page_, QStringLiteral("Resample every")), nullptr);
  EXPECT_NE(findVisible<QLineEdit>(page_, QStringLiteral("Alpha")), nullptr);
  ASSERT_TRUE(click(page_, QStringLiteral("Full")));
  EXPECT_EQ(findVisible<QLineEdit>(page_, QStringLiteral("Rank")), nullptr);
  EXPECT_EQ(page_.config().method, Method::Full);
}

TEST_F(ConfigurePageTest, KeepsTheLessUsedMethodsBehindOneSegment) {
  open();
  EXPECT_EQ(findVisible<QComboBox>(page_, QStringLiteral("Other method")), nullptr);
  ASSERT_TRUE(click(page_, QStringLiteral("Other")));
  auto* other = findVisible<QComboBox>(page_, QStringLiteral("Other method"));
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(page_.config().method, Method::Dora);
  EXPECT_NE(findVisible<QLineEdit>(page_, QStringLiteral("Alpha")), nullptr);
  // Each entry is a method of its own, with the settings that it has.
  std::set<Method> seen;
  for (int i = 0; i < other->count(); ++i) {
    other->setCurrentIndex(i);
    const Method method = page_.config().method;
    EXPECT_TRUE(seen.insert(method).second) << i;
    const bool ranked = method == Method::Dora || method == Method::Relora || method == Method::Galore ||
                        method == Method::Houlsby || method == Method::Pfeiffer;
    EXPECT_EQ(findVisible<QLineEdit>(page_, QStringLiteral("Rank")) != nullptr, ranked) << i;
    EXPECT_EQ(findVisible<QLineEdit>(page_, QStringLiteral("Resample every")) != nullptr,
              method == Method::Relora || method == Method::Galore)
        << i;
    EXPECT_EQ(findVisible<QLineEdit>(page_, QStringLiteral("Virtual tokens")) != nullptr,
              method == Method::Prompt || method == Method::Prefix)
        << i;
  }
  EXPECT_EQ(seen.size(), 10U);
  ASSERT_TRUE(click(page_, QStringLiteral("ROSA")));
  EXPECT_EQ(page_.config().method, Method::Rosa);
  EXPECT_EQ(findVisible<QComboBox>(page_, QStringLiteral("Other method")), nullptr);
}

TEST_F(ConfigurePageTest, ShowsTheMethodOfASettingsFile) {
  open();
  RunConfig config = page_.config();
  config.method = Method::Galore;
  page_.load(config, QStringLiteral("a file"));
  const auto* other = findVisible<QComboBox>(page_, QStringLiteral("Other method"));
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->currentText(), QStringLiteral("GaLore"));
}

TEST_F(ConfigurePageTest, MovesTheMethodWithTheArrowKeys) {
  open();
  auto* rosa = findVisible<QAbstractButton>(page_, QStringLiteral("ROSA"));
  rosa->setFocus();
  QTest::keyClick(rosa, Qt::Key_Right);
  EXPECT_EQ(page_.config().method, Method::Lora);
}

TEST_F(ConfigurePageTest, CountsWhatIsChangedInAdvanced) {
  open();
  ASSERT_TRUE(click(page_, QStringLiteral("Advanced")));
  ASSERT_TRUE(type(page_, QStringLiteral("Weight decay"), QStringLiteral("0.1")));
  ASSERT_TRUE(type(page_, QStringLiteral("Seed"), QStringLiteral("7")));
  EXPECT_NE(findVisible<QAbstractButton>(page_, QStringLiteral("Advanced (2 changed)")), nullptr);
  EXPECT_EQ(page_.config().seed, 7);
  ASSERT_TRUE(type(page_, QStringLiteral("Seed"), QStringLiteral("x")));
  EXPECT_FALSE(start()->isEnabled());
}

TEST_F(ConfigurePageTest, ChangesBetweenEpochsAndSteps) {
  open();
  auto* unit = findVisible<QComboBox>(page_, QStringLiteral("Train for, unit"));
  ASSERT_NE(unit, nullptr);
  QTest::keyClick(unit, Qt::Key_Down);
  EXPECT_FALSE(page_.config().epochs.has_value());
  EXPECT_EQ(page_.config().steps, 2);
  ASSERT_TRUE(type(page_, QStringLiteral("Train for"), QStringLiteral("40")));
  EXPECT_EQ(page_.config().steps, 40);
}

TEST_F(ConfigurePageTest, LoadsAFileWithPathsRelativeToIt) {
  const auto file = std::filesystem::path(folder_.path().toStdString()) / "run.yaml";
  std::ofstream(file) << "model: m\ndata: d.csv\ntask: completion\nprompt: a\ncompletion: b\nrank: 3\n";
  ASSERT_TRUE(page_.loadFile(file));
  EXPECT_EQ(page_.config().model, file.parent_path() / "m");
  EXPECT_EQ(std::get<std::int64_t>(page_.config().rank.value), 3);
  EXPECT_TRUE(QTest::qWaitFor([&] { return engine_.planCount() > 0; }));
}

TEST_F(ConfigurePageTest, AnUnreadableFileIsNamedAndChangesNothing) {
  open();
  const auto file = std::filesystem::path(folder_.path().toStdString()) / "bad.yaml";
  std::ofstream(file) << "rnak: 3\n";
  QString told;
  QTimer::singleShot(0, &page_, [&told] {
    if (QWidget* box = QApplication::activeModalWidget()) {
      told = visibleText(*box);
      box->close();
    }
  });
  EXPECT_FALSE(page_.loadFile(file));
  EXPECT_TRUE(told.contains(QStringLiteral("rnak"))) << told.toStdString();
  EXPECT_EQ(page_.config(), test::sampleConfig());
}

TEST_F(ConfigurePageTest, DropsThePlanOfSettingsThatChangedMeanwhile) {
  std::binary_semaphore release(0);
  std::atomic<int> asked = 0;
  engine_.onPlan = [&](const RunConfig& config) {
    if (asked++ == 0) release.acquire();
    RunPlan plan;
    plan.totalSteps = 1;
    plan.totalParameters = 100;
    plan.trainableParameters = std::get<std::int64_t>(config.rank.value);
    return plan;
  };
  page_.load(test::sampleConfig(), {});
  page_.show();
  ASSERT_TRUE(QTest::qWaitFor([&] { return asked == 1; }));
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("5")));
  QTest::qWait(250);  // the second question now waits behind the first
  EXPECT_FALSE(start()->isEnabled());
  release.release();
  ASSERT_TRUE(QTest::qWaitFor([&] { return start()->isEnabled(); }));
  EXPECT_EQ(asked, 2);
  EXPECT_TRUE(shows(QStringLiteral("Trains 5 of 100 parameters")));
}

TEST_F(ConfigurePageTest, SaysWhyNothingCanStartWhileARunTrains) {
  open();
  page_.setBlocked(QStringLiteral("e2e-rosa-8 is training. Stop it to start another."));
  EXPECT_FALSE(start()->isEnabled());
  EXPECT_TRUE(shows(QStringLiteral("e2e-rosa-8 is training.")));
  page_.setBlocked({});
  EXPECT_TRUE(start()->isEnabled());
}

TEST_F(ConfigurePageTest, EveryFieldHasANameAndIsReachedByTab) {
  open();
  ASSERT_TRUE(click(page_, QStringLiteral("Advanced")));
  for (const auto* edit : page_.findChildren<QLineEdit*>()) {
    if (!edit->isVisibleTo(&page_) || qobject_cast<QComboBox*>(edit->parentWidget()) != nullptr) continue;
    EXPECT_FALSE(edit->accessibleName().isEmpty()) << edit->text().toStdString();
    EXPECT_TRUE(edit->focusPolicy() & Qt::TabFocus);
  }
  for (const auto* combo : page_.findChildren<QComboBox*>()) {
    if (combo->isVisibleTo(&page_)) {
      EXPECT_FALSE(combo->accessibleName().isEmpty()) << combo->objectName().toStdString();
    }
  }
}

TEST_F(ConfigurePageTest, IsNotBlankInEitherLook) {
  open();
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("configure-page-light")));
  ASSERT_TRUE(click(page_, QStringLiteral("Advanced (1 changed)")) || click(page_, QStringLiteral("Advanced")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("configure-page-advanced-dark")));
}

TEST_F(ConfigurePageTest, TheTokensAreNotBlankInEitherLook) {
  engine_.onInspectData = chats;
  engine_.onPreview = [](const RunConfig&, std::int64_t, std::int64_t) -> Expected<DataPreview> {
    PreviewRow row;
    const auto add = [&row](const char* text, bool counts, bool endsTurn = false, bool cut = false) {
      row.tokens.push_back({text, static_cast<std::int32_t>(row.tokens.size()), counts && !cut, cut, endsTurn});
      row.text += text;
      row.targets += counts && !cut ? 1 : 0;
      row.endedTurns += counts && endsTurn && !cut ? 1 : 0;
      row.lostTokens += cut ? 1 : 0;
      row.lostTargets += counts && cut ? 1 : 0;
    };
    for (const bool cut : {false, true}) {
      for (const char* text : {"<|im_start|>", "user", "\n", "Which", " pub", " near", " Caf", "é", " Adri", "atic",
                               " is", " open", "?"}) {
        add(text, false, false, cut);
      }
      add("<|im_end|>", false, true, cut);
      for (const char* text : {"\n", "<|im_start|>", "assistant", "\n"}) add(text, false, false, cut);
      for (const char* text :
           {"The", " Va", "ults", " is", ",", " and", " it", " has", " a", " ", "5", " star", " rating", "."}) {
        add(text, true, false, cut);
      }
      add("<|im_end|>", true, true, cut);
      add("\n", false, false, cut);
    }
    return DataPreview{std::vector<PreviewRow>(40, row),
                       {"chats.jsonl holds conversations (shape messages).",
                        "Conversations are written by chat_template.jinja; the model's turn ends with “<|im_end|>”."}};
  };
  RunConfig config = test::sampleConfig();
  config.data = "/data/chats.jsonl";
  config.task = Task::LanguageModelling;
  config.text = "messages";
  open(config);
  ASSERT_TRUE(click(page_, QStringLiteral("Tokens")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return shows(QStringLiteral("Row 1 of 40")); }));
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("configure-page-tokens-light")));
  theme_.setMode(Theme::Mode::Dark);
  ASSERT_TRUE(type(page_, QStringLiteral("Search the texts"), QStringLiteral("vaults is")));
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("configure-page-tokens-dark")));
}

TEST(CommandDialogTest, CopiesTheCommand) {
  CommandDialog dialog(QStringLiteral("rosa train --rank 8"));
  dialog.show();
  EXPECT_EQ(dialog.findChild<QPlainTextEdit*>()->toPlainText(), QStringLiteral("rosa train --rank 8"));
  ASSERT_TRUE(click(dialog, QStringLiteral("Copy")));
  EXPECT_EQ(QGuiApplication::clipboard()->text(), QStringLiteral("rosa train --rank 8"));
}

}  // namespace
}  // namespace rosa::ui
