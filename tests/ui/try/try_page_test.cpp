// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/try/try_page.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QDir>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QTemporaryDir>
#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include "jobs/job_pool.h"
#include "pages/try/answer_view.h"
#include "pages/try/class_bars.h"
#include "pages/try/confusion_matrix.h"
#include "settings/preferences.h"
#include "support/fake_engine.h"
#include "support/widgets.h"
#include "widgets/path_combo.h"
#include "widgets/segmented_control.h"
#include "widgets/switch.h"

namespace rosa::ui {
namespace {

using test::click;
using test::findVisible;
using test::visibleText;

/// What a model was asked, and what it is to answer.
struct Script {
  std::mutex mutex;
  std::vector<CompletionRequest> asked;
  std::atomic<bool> endless = false;  ///< goes on until it is stopped
  std::atomic<bool> refuses = false;
};

class ScriptedModel final : public LoadedModel {
 public:
  ScriptedModel(std::string answer, ModelFacts facts, Script& script)
      : answer_(std::move(answer)), facts_(std::move(facts)), script_(script) {}
  const ModelFacts& facts() const override { return facts_; }
  Expected<PreparedPrompt> prepare(const CompletionRequest& request) const override {
    const std::lock_guard lock(script_.mutex);
    script_.asked.push_back(request);
    if (script_.refuses) return Error{"The prompt has 600 tokens, and the model takes 512."};
    return PreparedPrompt{{1}, request.settings, request.likeliest};
  }
  Expected<Completion> complete(const PreparedPrompt&, const CompletionCallbacks& callbacks) override {
    Completion made;
    made.ending = Ending::EndToken;
    made.writeSeconds = 0.5;
    do {
      if (callbacks.giveUp()) {
        made.givenUp = true;
        break;
      }
      callbacks.piece({answer_, {{{answer_, std::log(0.75)}, {{answer_, std::log(0.75)}, {" no", std::log(0.25)}}}}});
      made.text += answer_;
      ++made.tokens;
      if (script_.endless) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    } while (script_.endless);
    return made;
  }
  Expected<Classification> classify(const std::string& text, const std::string&) override {
    Classification judged;
    judged.classes = {{"bad", text == "sunny" ? 0.1 : 0.9}, {"good", text == "sunny" ? 0.9 : 0.1}};
    return judged;
  }

 private:
  std::string answer_;
  ModelFacts facts_;
  Script& script_;
};

ModelFacts writing(const std::string& noChat = {}) {
  ModelFacts facts;
  facts.architecture = "LlamaForCausalLM";
  facts.writes = true;
  facts.noChat = noChat;
  facts.positions = 512;
  return facts;
}

ModelFacts judging() {
  ModelFacts facts;
  facts.architecture = "LlamaForCausalLM";
  facts.classifies = true;
  facts.positions = 128;
  facts.noChat = "It continues no text.";
  facts.classes = {"bad", "good"};
  return facts;
}

class TryPageTest : public ::testing::Test {
 protected:
  TryPageTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
    for (RunRecord& record : engine_.records) record.resumable = true;
    engine_.onOpenModel = [this](const ModelRequest& request) -> Expected<std::unique_ptr<LoadedModel>> {
      const std::lock_guard lock(script_.mutex);
      opened_.push_back(request);
      if (request.base && !baseProblem_.empty()) return Error{baseProblem_};
      return std::unique_ptr<LoadedModel>(
          std::make_unique<ScriptedModel>(request.base ? " plain" : " fine", facts_, script_));
    };
    page_ = std::make_unique<TryPage>(engine_, pool_, theme_, preferences_, std::vector<std::filesystem::path>());
    page_->resize(1216, 744);
  }
  void show() {
    page_->show();
    ASSERT_TRUE(waitFor([this] { return shows("LlamaForCausalLM"); }));
  }
  [[nodiscard]] static bool waitFor(const std::function<bool()>& condition) {
    return QTest::qWaitFor(condition, 60000);
  }
  [[nodiscard]] bool shows(const char* text) { return visibleText(*page_).contains(QString::fromUtf8(text)); }
  [[nodiscard]] QPlainTextEdit* input() { return findVisible<QPlainTextEdit>(*page_, QStringLiteral("What you say")); }
  [[nodiscard]] AnswerView* answers(const char* side) {
    return findVisible<AnswerView>(*page_, QString::fromUtf8(side));
  }
  [[nodiscard]] bool canPress(const char* button) {
    const auto* found = findVisible<QPushButton>(*page_, QString::fromUtf8(button));
    return found != nullptr && found->isEnabled();
  }
  void say(const char* text) {
    input()->setPlainText(QString::fromUtf8(text));
    ASSERT_TRUE(click(*page_, QStringLiteral("send")));
  }
  void sayAndWait(const char* text) {
    say(text);
    ASSERT_TRUE(waitFor([this] { return canPress("Regenerate"); }));
  }
  [[nodiscard]] std::vector<CompletionRequest> asked() {
    const std::lock_guard lock(script_.mutex);
    return script_.asked;
  }

  test::FakeEngine engine_;
  Script script_;
  ModelFacts facts_ = writing();
  std::string baseProblem_;
  std::vector<ModelRequest> opened_;
  QTemporaryDir folder_;
  Theme theme_;
  Preferences preferences_{folder_.filePath(QStringLiteral("studio.ini"))};
  JobPool pool_;
  std::unique_ptr<TryPage> page_;
};

TEST_F(TryPageTest, ARunAndItsBaseAnswerTheSameQuestion) {
  show();
  ASSERT_EQ(opened_.size(), 2U) << "the newest run and its base";
  EXPECT_TRUE(opened_[1].base);
  EXPECT_EQ(opened_[0].model, opened_[1].model);
  EXPECT_FALSE(canPress("send"));
  sayAndWait("Who ran?");
  EXPECT_EQ(answers("Tuned")->toPlainText(), QStringLiteral("Who ran?\n fine"));
  EXPECT_EQ(answers("Base")->toPlainText(), QStringLiteral("Who ran?\n plain"));
  EXPECT_TRUE(shows("1 token · 2 tokens/s · ended"));
  EXPECT_EQ(input()->toPlainText(), QString());
  sayAndWait("And then?");
  const auto all = asked();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].settings.seed, all[1].settings.seed);
  ASSERT_EQ(all[3].messages.size(), 3U);
  EXPECT_EQ(all[2].messages[1].content, " fine");
  EXPECT_EQ(all[3].messages[1].content, " plain") << "each goes on with its own answer";
  EXPECT_EQ(all[3].messages[2].content, "And then?");
  EXPECT_TRUE(test::screenshot(*page_, QStringLiteral("try-page-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(*page_, QStringLiteral("try-page-dark")));
  EXPECT_TRUE(answers("Tuned")->toPlainText().endsWith(QStringLiteral("And then?\n fine"))) << "written anew";
  EXPECT_EQ(answers("Tuned")->textColor(), theme_.colors().text);
}

TEST_F(TryPageTest, PointingAtAWordTellsItsChances) {
  show();
  sayAndWait("Who ran?");
  AnswerView* view = answers("Tuned");
  EXPECT_EQ(view->tokensAt(2), QString()) << "the question is the user's own";
  const QString table = view->tokensAt(static_cast<int>(view->toPlainText().size()) - 1);
  EXPECT_TRUE(table.contains(QStringLiteral("␣fine"))) << table.toStdString();
  EXPECT_TRUE(table.contains(QStringLiteral("75 %"))) << table.toStdString();
  EXPECT_TRUE(table.contains(QStringLiteral("␣no"))) << table.toStdString();
  view->setFocus();
  QTest::keyClick(view, Qt::Key_End, Qt::ControlModifier);
  QTest::keyClick(view, Qt::Key_Left);
  EXPECT_TRUE(shows("“␣fine” 75 % · ␣no 25 %")) << visibleText(*page_).toStdString();
}

TEST_F(TryPageTest, SystemPromptAndSamplingGoAlong) {
  show();
  findVisible<QPlainTextEdit>(*page_, QStringLiteral("System prompt"))->setPlainText(QStringLiteral("Be brief."));
  ASSERT_TRUE(test::type(*page_, QStringLiteral("Temperature"), QStringLiteral("1.5")));
  ASSERT_TRUE(test::type(*page_, QStringLiteral("Longest answer"), QStringLiteral("9")));
  sayAndWait("Hi");
  const auto first = asked().front();
  EXPECT_EQ(first.messages.front().role, "system");
  EXPECT_EQ(first.messages.front().content, "Be brief.");
  EXPECT_DOUBLE_EQ(first.settings.temperature, 1.5);
  EXPECT_EQ(first.settings.maxNewTokens, 9);
  EXPECT_EQ(first.likeliest, 5);
  ASSERT_TRUE(test::type(*page_, QStringLiteral("Temperature"), QStringLiteral("warm")));
  say("Hello");
  EXPECT_TRUE(shows("Temperature must be a number."));
  EXPECT_EQ(asked().size(), 2U) << "nothing was asked";
}

TEST_F(TryPageTest, RegeneratesWithTheNextSeedAndTakesAQuestionBack) {
  show();
  sayAndWait("Hi");
  QTest::keyClick(page_.get(), Qt::Key_R, Qt::ControlModifier);
  ASSERT_TRUE(waitFor([this] { return asked().size() == 4 && canPress("Regenerate"); }));
  EXPECT_EQ(asked()[2].settings.seed, asked()[0].settings.seed + 1);
  EXPECT_EQ(asked()[2].messages.size(), 1U);
  EXPECT_EQ(answers("Tuned")->toPlainText(), QStringLiteral("Hi\n fine"));
  ASSERT_TRUE(click(*page_, QStringLiteral("Edit last")));
  EXPECT_EQ(input()->toPlainText(), QStringLiteral("Hi"));
  EXPECT_EQ(answers("Tuned")->toPlainText(), QString());
  EXPECT_FALSE(canPress("Begin anew"));
}

TEST_F(TryPageTest, EscapeStopsAnAnswer) {
  show();
  script_.endless = true;
  say("Hi");
  ASSERT_TRUE(waitFor([this] { return answers("Tuned")->toPlainText().contains(QStringLiteral(" fine fine")); }));
  EXPECT_FALSE(canPress("send"));
  QTest::keyClick(page_.get(), Qt::Key_Escape);
  ASSERT_TRUE(waitFor([this] { return canPress("Regenerate"); }));
  EXPECT_TRUE(shows("stopped"));
  EXPECT_EQ(asked().size(), 1U) << "the base was not asked any more";
}

TEST_F(TryPageTest, ClosingWhileItAnswersEndsTheAnswer) {
  show();
  script_.endless = true;
  say("Hi");
  ASSERT_TRUE(waitFor([this] { return answers("Tuned")->toPlainText().contains(QStringLiteral("fine")); }));
  page_.reset();  // the pool, which goes later, waits for its workers
}

TEST_F(TryPageTest, RefusalsAreToldWhereTheyBelong) {
  baseProblem_ = "The base model is gone.";
  show();
  EXPECT_TRUE(shows("The base model is gone."));
  script_.refuses = true;
  sayAndWait("Hi");
  EXPECT_TRUE(shows("the model takes 512"));
  engine_.onOpenModel = [](const ModelRequest&) {
    return Expected<std::unique_ptr<LoadedModel>>(Error{"No weights."});
  };
  QTest::keyClick(findVisible<Switch>(*page_, QStringLiteral("Base model beside it")), Qt::Key_Space);
  ASSERT_TRUE(waitFor([this] { return shows("No weights."); }));
  EXPECT_FALSE(canPress("send"));
}

TEST_F(TryPageTest, AModelWithoutATemplateContinuesText) {
  facts_ = writing("chat-template: it has no chat template.");
  baseProblem_ = "The base model is gone.";
  show();
  EXPECT_TRUE(shows("The base model is gone."));
  EXPECT_TRUE(shows("no chat template: continues text"));
  EXPECT_EQ(findVisible<SegmentedControl>(*page_, QStringLiteral("Chat or continue")), nullptr);
  EXPECT_EQ(findVisible<QPlainTextEdit>(*page_, QStringLiteral("System prompt")), nullptr);
  sayAndWait("Once upon");
  sayAndWait("A dog");
  EXPECT_EQ(asked().back().prompt, "A dog");
  EXPECT_TRUE(asked().back().messages.empty());
  EXPECT_EQ(answers("Tuned")->toPlainText(), QStringLiteral("A dog fine")) << "texts do not follow each other";
}

TEST_F(TryPageTest, AClassifierShowsItsClasses) {
  facts_ = judging();
  show();
  EXPECT_NE(findVisible<QLineEdit>(*page_, QStringLiteral("Second text")), nullptr);
  input()->setPlainText(QStringLiteral("sunny"));
  ASSERT_TRUE(click(*page_, QStringLiteral("send")));
  auto* bars = findVisible<ClassBars>(*page_, QStringLiteral("Classes"));
  ASSERT_NE(bars, nullptr);
  ASSERT_TRUE(waitFor([&] { return !bars->accessibleDescription().isEmpty(); }));
  EXPECT_EQ(bars->accessibleDescription(), QStringLiteral("good 90 %, bad 10 %")) << "the likeliest first";
  EXPECT_TRUE(test::screenshot(*page_, QStringLiteral("try-classes-light")));
}

TEST_F(TryPageTest, ARunsClassifierShowsItsWorstMistakesOnTheValidationRows) {
  facts_ = judging();
  EvaluationRequest request;
  bool refuses = false;
  engine_.onEvaluate = [&](const EvaluationRequest& asked) -> Expected<EvaluationReport> {
    const std::lock_guard lock(script_.mutex);
    request = asked;
    if (refuses) return Error{"The files have changed. Name data (--data)."};
    EvaluationReport report;
    report.examples = 10;
    report.loss = 0.5;
    report.metrics = {{"accuracy", 0.7}};
    report.review = ClassReview{{"bad", "good"}, {{4, 1}, {2, 3}}, {{"sunny", "good", "bad", 0.96, 3.2}}};
    return report;
  };
  show();
  ASSERT_TRUE(click(*page_, QStringLiteral("Judge them")));
  auto* matrix = page_->findChild<ConfusionMatrix*>();
  ASSERT_TRUE(waitFor([&] { return matrix->isVisible(); }));
  EXPECT_EQ(matrix->accessibleDescription(),
            QStringLiteral("bad: 4 told rightly; bad taken for good: 1; good taken for bad: 2; good: 3 told rightly"));
  EXPECT_TRUE(shows("10 rows · loss 0.5 · accuracy 0.7"));
  EXPECT_EQ(request.model, engine_.records.front().directory);
  EXPECT_TRUE(request.data.data.empty()) << "the run's own rows";
  auto* mistakes = findVisible<QTableWidget>(*page_, QStringLiteral("The worst mistakes"));
  ASSERT_NE(mistakes, nullptr);
  ASSERT_EQ(mistakes->rowCount(), 1);
  EXPECT_EQ(mistakes->item(0, 2)->text(), QStringLiteral("96 %"));
  EXPECT_TRUE(test::screenshot(*page_, QStringLiteral("try-review-light")));

  // A mistake is looked at more closely by one click.
  Q_EMIT mistakes->itemClicked(mistakes->item(0, 0));
  EXPECT_EQ(input()->toPlainText(), QStringLiteral("sunny"));
  auto* bars = findVisible<ClassBars>(*page_, QStringLiteral("Classes"));
  ASSERT_TRUE(waitFor([&] { return !bars->accessibleDescription().isEmpty(); }));

  refuses = true;
  ASSERT_TRUE(waitFor([this] { return canPress("Judge them"); }));
  ASSERT_TRUE(click(*page_, QStringLiteral("Judge them")));
  ASSERT_TRUE(waitFor([&] { return shows("The files have changed."); }));
  EXPECT_FALSE(matrix->isVisible());
}

TEST_F(TryPageTest, OffersTheCheckpointsThatAreStillThere) {
  const std::filesystem::path run = folder_.path().toStdString() + "/moved";
  ASSERT_TRUE(QDir().mkpath(folder_.filePath(QStringLiteral("moved/checkpoints/step-000020"))));
  for (const std::int64_t step : {10, 20}) {
    CheckpointSaved saved;
    saved.step = step;
    saved.directory = "/where/it/was/checkpoints/step-0000" + std::to_string(step);
    engine_.events[run].push_back(saved);
  }
  show();
  auto record = engine_.records.front();
  record.directory = run;
  page_->tryRun(record);
  auto* checkpoints = findVisible<QComboBox>(*page_, QStringLiteral("Checkpoint"));
  ASSERT_NE(checkpoints, nullptr);
  ASSERT_TRUE(waitFor([&] { return checkpoints->findText(QStringLiteral("Step 20")) >= 0; }));
  EXPECT_EQ(checkpoints->findText(QStringLiteral("Step 10")), -1) << "it was removed";
}

TEST_F(TryPageTest, AModelFolderStandsAlone) {
  show();
  auto* combo = findVisible<PathCombo>(*page_, QStringLiteral("tried"));
  combo->lineEdit()->setFocus();
  combo->lineEdit()->setText(QStringLiteral("/models/gpt2"));
  QTest::keyClick(combo->lineEdit(), Qt::Key_Return);
  ASSERT_TRUE(waitFor([this] {
    const std::lock_guard lock(script_.mutex);
    return opened_.size() == 3;
  }));
  ASSERT_TRUE(waitFor([this] { return shows("LlamaForCausalLM"); }));
  EXPECT_EQ(answers("Base"), nullptr);
  EXPECT_NE(answers("Answer"), nullptr) << "nothing is tuned here";
  EXPECT_EQ(findVisible<Switch>(*page_, QStringLiteral("Base model beside it")), nullptr);
}

}  // namespace
}  // namespace rosa::ui
