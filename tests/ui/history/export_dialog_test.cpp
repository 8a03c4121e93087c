// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/export_dialog.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QLabel>
#include <QProgressBar>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <semaphore>

#include "jobs/job_pool.h"
#include "settings/theme.h"
#include "support/fake_engine.h"
#include "support/widgets.h"

namespace rosa::ui {
namespace {

using test::click;
using test::findVisible;
using test::type;
using test::visibleText;

class ExportDialogTest : public ::testing::Test {
 protected:
  ExportDialogTest() {
    theme_.applyTo(*qApp);
    dialog_.show();
  }
  test::FakeEngine engine_;
  QTemporaryDir folder_;
  Theme theme_;
  JobPool pool_;
  ExportDialog dialog_{engine_, pool_, theme_, engine_.records[0], folder_.path().toStdString()};
};

TEST_F(ExportDialogTest, EveryFieldSaysWhatItIsFor) {
  EXPECT_EQ(test::withoutToolTip(dialog_), QStringList());
}

TEST_F(ExportDialogTest, ShowsWhatTheCheckFound) {
  ExportRequest asked;
  const auto answer = engine_.onExport;
  engine_.onExport = [&](const ExportRequest& request) {
    asked = request;
    return answer(request);
  };
  auto* checkpoint = findVisible<QComboBox>(dialog_, QStringLiteral("checkpoint"));
  QTest::keyClick(checkpoint, Qt::Key_Down);
  const QSignalSpy spy(&dialog_, &ExportDialog::exported);
  ASSERT_TRUE(click(dialog_, QStringLiteral("Export")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return spy.count() == 1; }));
  EXPECT_EQ(asked.checkpoint, "best");
  EXPECT_EQ(asked.runDirectory, engine_.records[0].directory);
  EXPECT_EQ(asked.destination, std::filesystem::path(folder_.path().toStdString()) / "mrpc-rosa-8");
  const QString text = visibleText(dialog_);
  EXPECT_TRUE(text.contains(QStringLiteral("Exported and checked")));
  EXPECT_TRUE(text.contains(QStringLiteral("2.4e-7 over 65,536 logits"))) << text.toStdString();
  EXPECT_TRUE(text.contains(QStringLiteral("model.safetensors")));
  EXPECT_TRUE(test::screenshot(dialog_, QStringLiteral("export-done")));
}

TEST_F(ExportDialogTest, WritesAnAdapterOfTheRankAskedFor) {
  ExportRequest asked;
  const auto answer = engine_.onExport;
  engine_.onExport = [&](const ExportRequest& request) {
    asked = request;
    auto report = *answer(request);
    report.as = request.as;
    report.rank = 4;
    report.residual = 0.031;
    return report;
  };
  EXPECT_EQ(findVisible<QLineEdit>(dialog_, QStringLiteral("Largest rank")), nullptr);
  ASSERT_TRUE(click(dialog_, QStringLiteral("PEFT adapter")));
  ASSERT_TRUE(type(dialog_, QStringLiteral("Largest rank"), QStringLiteral("4")));
  for (const auto mode : {Theme::Mode::Dark, Theme::Mode::Light}) {
    theme_.setMode(mode);
    const auto look = mode == Theme::Mode::Dark ? QStringLiteral("dark") : QStringLiteral("light");
    EXPECT_TRUE(test::screenshot(dialog_, QStringLiteral("export-adapter-") + look));
  }
  const QSignalSpy spy(&dialog_, &ExportDialog::exported);
  ASSERT_TRUE(click(dialog_, QStringLiteral("Export")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return spy.count() == 1; }));
  EXPECT_EQ(asked.as, ExportForm::Peft);
  EXPECT_EQ(asked.rank, 4);
  EXPECT_TRUE(visibleText(dialog_).contains(QStringLiteral("rank 4; 3.1 % of the change is left out")))
      << visibleText(dialog_).toStdString();
  EXPECT_TRUE(test::screenshot(dialog_, QStringLiteral("export-adapter-done")));
}

TEST_F(ExportDialogTest, AnAdapterThatAnswersOtherwiseHasNoGreenTick) {
  // As a ROSA run of many resamples came out at rank 8.
  engine_.onExport = [answer = engine_.onExport](const ExportRequest& request) {
    auto report = *answer(request);
    report.as = request.as;
    report.rank = 8;
    report.residual = 0.65;
    report.largestLogitDifference = 12.3;
    report.equal = false;
    report.remarks = {"The head was trained by itself, so tie_word_embeddings is false."};
    return report;
  };
  ASSERT_TRUE(click(dialog_, QStringLiteral("PEFT adapter")));
  const QSignalSpy spy(&dialog_, &ExportDialog::exported);
  ASSERT_TRUE(click(dialog_, QStringLiteral("Export")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return spy.count() == 1; }));
  const QString text = visibleText(dialog_);
  EXPECT_FALSE(text.contains(QStringLiteral("Exported and checked")));
  EXPECT_TRUE(text.contains(QStringLiteral("its answers differ from the trained model"))) << text.toStdString();
  EXPECT_TRUE(text.contains(QStringLiteral("65 % of the change is left out")));
  EXPECT_TRUE(text.contains(QStringLiteral("tie_word_embeddings is false"))) << "what surprises is told";
  EXPECT_TRUE(test::screenshot(dialog_, QStringLiteral("export-differs")));
}

TEST_F(ExportDialogTest, AnAdapterIsExactUnlessARankIsGiven) {
  ExportRequest asked;
  const auto answer = engine_.onExport;
  engine_.onExport = [&](const ExportRequest& request) {
    asked = request;
    return answer(request);
  };
  ASSERT_TRUE(click(dialog_, QStringLiteral("PEFT adapter")));
  const QSignalSpy spy(&dialog_, &ExportDialog::exported);
  ASSERT_TRUE(click(dialog_, QStringLiteral("Export")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return spy.count() == 1; }));
  EXPECT_EQ(asked.as, ExportForm::Peft);
  EXPECT_EQ(asked.rank, 0);
}

TEST_F(ExportDialogTest, SaysWhyItFailedAndLetsOneTryAgain) {
  engine_.onExport = [](const ExportRequest&) -> Expected<ExportReport> {
    return Error{"/disk is full: 1.0 MiB are needed and 0.2 MiB are free. Free some space or choose another folder."};
  };
  ASSERT_TRUE(click(dialog_, QStringLiteral("Export")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return visibleText(dialog_).contains(QStringLiteral("/disk is full")); }));
  EXPECT_NE(findVisible<QPushButton>(dialog_, QStringLiteral("Export")), nullptr);
  EXPECT_TRUE(findVisible<QPushButton>(dialog_, QStringLiteral("Export"))->isEnabled());
  EXPECT_TRUE(test::screenshot(dialog_, QStringLiteral("export-failed")));
}

TEST_F(ExportDialogTest, AFailureLeavesTheFocusAndTheSize) {
  engine_.onExport = [](const ExportRequest&) -> Expected<ExportReport> {
    return Error{"/disk is full: 1.0 MiB are needed and 0.2 MiB are free. Free some space or choose another folder."};
  };
  dialog_.activateWindow();
  ASSERT_TRUE(QTest::qWaitForWindowActive(&dialog_));
  const auto fail = [this] {
    ASSERT_TRUE(click(dialog_, QStringLiteral("Export")));
    ASSERT_TRUE(
        QTest::qWaitFor([&] { return findVisible<QPushButton>(dialog_, QStringLiteral("Export"))->isEnabled(); }));
    QTest::qWait(20);
  };
  fail();
  const QSize size = dialog_.size();
  EXPECT_EQ(QApplication::focusWidget(), findVisible<QLineEdit>(dialog_, QStringLiteral("New folder")));
  for (int again = 0; again < 4; ++again) fail();
  EXPECT_EQ(dialog_.size(), size) << "it does not grow with every failure";
}

TEST_F(ExportDialogTest, AFolderOfOneLongWordDoesNotWidenIt) {
  engine_.onExport = [answer = engine_.onExport](const ExportRequest& request) {
    auto report = *answer(request);
    report.directory = "/exports/" + std::string(240, 'n');
    return report;
  };
  const int width = dialog_.width();
  const QSignalSpy spy(&dialog_, &ExportDialog::exported);
  ASSERT_TRUE(click(dialog_, QStringLiteral("Export")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return spy.count() == 1; }));
  QTest::qWait(30);
  EXPECT_EQ(dialog_.width(), width);
}

TEST_F(ExportDialogTest, WantsAWholePath) {
  ASSERT_TRUE(type(dialog_, QStringLiteral("New folder"), QStringLiteral("tuned")));
  ASSERT_TRUE(click(dialog_, QStringLiteral("Export")));
  EXPECT_TRUE(visibleText(dialog_).contains(QStringLiteral("whole path")));
}

TEST_F(ExportDialogTest, StaysOpenWhileItWrites) {
  std::binary_semaphore release(0);
  const auto answer = engine_.onExport;
  engine_.onExport = [&](const ExportRequest& request) {
    release.acquire();
    return answer(request);
  };
  ASSERT_TRUE(click(dialog_, QStringLiteral("Export")));
  EXPECT_TRUE(dialog_.findChild<QProgressBar*>()->isVisible());
  QTest::keyClick(&dialog_, Qt::Key_Escape);
  EXPECT_TRUE(dialog_.isVisible());
  release.release();
  ASSERT_TRUE(QTest::qWaitFor([&] { return !dialog_.findChild<QProgressBar*>()->isVisible(); }));
  QTest::keyClick(&dialog_, Qt::Key_Escape);
  EXPECT_FALSE(dialog_.isVisible());
}

TEST_F(ExportDialogTest, OpensWithoutAHole) {
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&dialog_));
  for (const auto* label : dialog_.findChildren<QLabel*>()) {
    if (!label->text().startsWith(QStringLiteral("Writes the whole model"))) continue;
    EXPECT_EQ(label->height(), label->heightForWidth(label->width()));
    return;
  }
  ADD_FAILURE() << "no introduction";
}

TEST_F(ExportDialogTest, ShowsItsFieldsWholeWhileItWrites) {
  std::binary_semaphore written{0};
  const auto answer = engine_.onExport;
  engine_.onExport = [&](const ExportRequest& request) {
    written.acquire();
    return answer(request);
  };
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&dialog_));
  ASSERT_TRUE(click(dialog_, QStringLiteral("Export")));
  QTest::qWait(50);
  const auto* folder = findVisible<QLineEdit>(dialog_, QStringLiteral("New folder"));
  ASSERT_NE(folder, nullptr);
  EXPECT_EQ(folder->visibleRegion().boundingRect().height(), folder->height());
  const auto* checkpoint = findVisible<QComboBox>(dialog_, QStringLiteral("checkpoint"));
  EXPECT_EQ(checkpoint->visibleRegion().boundingRect().height(), checkpoint->height());
  EXPECT_TRUE(test::screenshot(dialog_, QStringLiteral("export-writes")));
  written.release();
  EXPECT_TRUE(QTest::qWaitFor([&] { return visibleText(dialog_).contains(QStringLiteral("Exported and checked")); }));
}

TEST(ExportDialogForm, IsTheMergedModelAloneWhereNoLayerIsAdapted) {
  test::FakeEngine engine;
  const QTemporaryDir folder;
  const Theme theme;
  JobPool pool;
  const auto offers = [&](const char* method, const char* name) {
    auto record = engine.records[0];
    record.method = method;
    ExportDialog dialog(engine, pool, theme, record, folder.path().toStdString());
    dialog.show();
    if (!click(dialog, QStringLiteral("PEFT adapter"))) return false;
    return findVisible<QWidget>(dialog, QString::fromLatin1(name)) != nullptr;
  };
  EXPECT_TRUE(offers("dora", "Largest rank"));
  EXPECT_TRUE(offers("ia3", "PEFT adapter"));
  EXPECT_FALSE(offers("ia3", "Largest rank")) << "its factors have no rank";
  EXPECT_FALSE(offers("head", "PEFT adapter"));
  EXPECT_FALSE(offers("bitfit", "PEFT adapter"));
}

TEST(ExportDialogForm, IsTheAdapterAloneForPromptsAndPrefixes) {
  test::FakeEngine engine;
  const QTemporaryDir folder;
  const Theme theme;
  JobPool pool;
  std::vector<ExportForm> asked;
  engine.onExport = [&, answer = engine.onExport](const ExportRequest& request) {
    asked.push_back(request.as);
    return answer(request);
  };
  for (const char* method : {"prompt", "prefix"}) {
    auto record = engine.records[0];
    record.method = method;
    ExportDialog dialog(engine, pool, theme, record, folder.path().toStdString());
    dialog.show();
    EXPECT_EQ(findVisible<QWidget>(dialog, QStringLiteral("Merged model")), nullptr);
    const QSignalSpy spy(&dialog, &ExportDialog::exported);
    ASSERT_TRUE(click(dialog, QStringLiteral("Export")));
    ASSERT_TRUE(QTest::qWaitFor([&] { return spy.count() == 1; }));
  }
  EXPECT_EQ(asked, (std::vector<ExportForm>{ExportForm::Peft, ExportForm::Peft}));
}

TEST(ExportDialogForm, WritesAGgufFileOfALanguageModel) {
  test::FakeEngine engine;
  const QTemporaryDir folder;
  Theme theme;
  theme.applyTo(*qApp);
  JobPool pool;
  ExportRequest asked;
  engine.onExport = [&, answer = engine.onExport](const ExportRequest& request) {
    asked = request;
    auto report = *answer(request);
    report.as = request.as;
    report.directory = request.destination;
    report.comparedTensors = 47;
    report.rounding = 0.018;
    report.files = {"mrpc-rosa-8.gguf", "mrpc-rosa-8.Modelfile"};
    return Expected<ExportReport>(report);
  };
  auto record = engine.records[0];
  record.task = "classification";
  {
    ExportDialog dialog(engine, pool, theme, record, folder.path().toStdString());
    dialog.show();
    EXPECT_EQ(findVisible<QWidget>(dialog, QStringLiteral("GGUF file")), nullptr) << "llama.cpp has no classifiers";
  }
  record.task = "completion";
  ExportDialog dialog(engine, pool, theme, record, folder.path().toStdString());
  dialog.show();
  ASSERT_TRUE(click(dialog, QStringLiteral("GGUF file")));
  EXPECT_EQ(findVisible<QLineEdit>(dialog, QStringLiteral("New file"))->text(),
            folder.filePath(QStringLiteral("mrpc-rosa-8.gguf")));
  auto* numbers = findVisible<QComboBox>(dialog, QStringLiteral("Numbers"));
  ASSERT_NE(numbers, nullptr);
  EXPECT_EQ(numbers->currentText(), QStringLiteral("Q4_K_M, the smallest"));
  QTest::keyClick(numbers, Qt::Key_Down);
  for (const auto mode : {Theme::Mode::Dark, Theme::Mode::Light}) {
    theme.setMode(mode);
    const auto look = mode == Theme::Mode::Dark ? QStringLiteral("dark") : QStringLiteral("light");
    EXPECT_TRUE(test::screenshot(dialog, QStringLiteral("export-gguf-") + look));
  }
  const QSignalSpy spy(&dialog, &ExportDialog::exported);
  ASSERT_TRUE(click(dialog, QStringLiteral("Export")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return spy.count() == 1; }));
  EXPECT_EQ(asked.as, ExportForm::Gguf);
  EXPECT_EQ(asked.type, GgufType::Q8_0);
  EXPECT_EQ(asked.destination, std::filesystem::path(folder.path().toStdString()) / "mrpc-rosa-8.gguf");
  const QString text = visibleText(dialog);
  EXPECT_TRUE(text.contains(QStringLiteral("47 tensors compared; the form rounds 1.8 % of the numbers")))
      << text.toStdString();
  EXPECT_FALSE(text.contains(QStringLiteral("logit")));
  EXPECT_TRUE(test::screenshot(dialog, QStringLiteral("export-gguf-done")));
}

TEST(ExportDialogForm, TellsWhatItTakesAndWritesADelta) {
  test::FakeEngine engine;
  const QTemporaryDir folder;
  const Theme theme;
  JobPool pool;
  ExportRequest asked;
  engine.onExport = [&, answer = engine.onExport](const ExportRequest& request) {
    asked = request;
    auto report = *answer(request);
    report.as = request.as;
    report.directory = request.destination;
    report.bytes = 10'000'000;
    report.wholeBytes = 90'000'000;
    return Expected<ExportReport>(report);
  };
  engine.freeBytes = 1'000'000'000;
  ExportDialog dialog(engine, pool, theme, engine.records[0], folder.path().toStdString());
  dialog.show();
  const auto shows = [&](const char* text) {
    return QTest::qWaitFor([&] { return visibleText(dialog).contains(QString::fromUtf8(text)); });
  };
  EXPECT_TRUE(shows("about 1.12 GiB; 0.93 GiB are free on this disk")) << visibleText(dialog).toStdString();
  ASSERT_TRUE(click(dialog, QStringLiteral("PEFT adapter")));
  EXPECT_TRUE(shows("0.93 GiB are free on")) << "an adapter's size follows from what was trained";
  ASSERT_TRUE(click(dialog, QStringLiteral("Delta file")));
  EXPECT_TRUE(shows("a part of 1.12 GiB, which are needed while it is made"));
  EXPECT_EQ(findVisible<QLineEdit>(dialog, QStringLiteral("New file"))->text(),
            folder.filePath(QStringLiteral("mrpc-rosa-8.delta")));
  EXPECT_TRUE(test::screenshot(dialog, QStringLiteral("export-delta")));
  const QSignalSpy spy(&dialog, &ExportDialog::exported);
  ASSERT_TRUE(click(dialog, QStringLiteral("Export")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return spy.count() == 1; }));
  EXPECT_EQ(asked.as, ExportForm::Delta);
  EXPECT_TRUE(shows("9.5 MiB in place of 85.8 MiB")) << visibleText(dialog).toStdString();
}

TEST(ExportDialogForm, MergesIntoTheNumbersAskedForAndKeepsATypedDestination) {
  test::FakeEngine engine;
  const QTemporaryDir folder;
  const Theme theme;
  JobPool pool;
  ExportRequest asked;
  engine.onExport = [&, answer = engine.onExport](const ExportRequest& request) {
    asked = request;
    return answer(request);
  };
  auto record = engine.records[0];
  record.task = "lm";
  ExportDialog dialog(engine, pool, theme, record, folder.path().toStdString());
  dialog.show();
  const QString own = folder.filePath(QStringLiteral("mine"));
  ASSERT_TRUE(type(dialog, QStringLiteral("New folder"), own));
  ASSERT_TRUE(click(dialog, QStringLiteral("GGUF file")));
  ASSERT_TRUE(click(dialog, QStringLiteral("Merged model")));
  EXPECT_EQ(findVisible<QLineEdit>(dialog, QStringLiteral("New folder"))->text(), own);
  auto* numbers = findVisible<QComboBox>(dialog, QStringLiteral("Numbers"));
  EXPECT_EQ(numbers->currentText(), QStringLiteral("as the base model's"));
  QTest::keyClick(numbers, Qt::Key_Down);
  QTest::keyClick(numbers, Qt::Key_Down);
  const QSignalSpy spy(&dialog, &ExportDialog::exported);
  ASSERT_TRUE(click(dialog, QStringLiteral("Export")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return spy.count() == 1; }));
  EXPECT_EQ(asked.as, ExportForm::Merged);
  EXPECT_EQ(asked.dtype, ExportDtype::Bf16);
}

TEST(ExportDialogDestination, IsAFolderThatDoesNotExistYet) {
  test::FakeEngine engine;
  QTemporaryDir folder;
  ASSERT_TRUE(QDir(folder.path()).mkdir(QStringLiteral("mrpc-rosa-8")));
  const Theme theme;
  JobPool pool;
  ExportDialog dialog(engine, pool, theme, engine.records[0], folder.path().toStdString());
  dialog.show();
  EXPECT_EQ(findVisible<QLineEdit>(dialog, QStringLiteral("New folder"))->text(),
            folder.filePath(QStringLiteral("mrpc-rosa-8-2")));
}

}  // namespace
}  // namespace rosa::ui
