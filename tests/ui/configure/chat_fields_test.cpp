// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/chat_fields.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QLineEdit>

#include "pages/configure/advanced_form.h"
#include "pages/configure/config_draft.h"
#include "support/widgets.h"

namespace rosa::ui {
namespace {

using test::findVisible;

class ChatFieldsTest : public ::testing::Test {
 protected:
  ChatFieldsTest() {
    draft_.set("task", QStringLiteral("lm"));
    fields_.setHasColumns(true);
    fields_.show();
  }
  [[nodiscard]] QComboBox* combo(const char* name) { return findVisible<QComboBox>(fields_, QLatin1String(name)); }

  ConfigDraft draft_;
  ChatFields fields_{draft_, [] { return QString(); }};
};

TEST_F(ChatFieldsTest, ShowWhatTheRunReads) {
  EXPECT_NE(combo("Rows hold"), nullptr);
  EXPECT_NE(combo("Chat template"), nullptr);
  EXPECT_NE(combo("Loss on"), nullptr);
  draft_.put("shape", QStringLiteral("text"));
  EXPECT_NE(combo("Rows hold"), nullptr);
  EXPECT_EQ(combo("Chat template"), nullptr);
  EXPECT_EQ(combo("Loss on"), nullptr);
  EXPECT_EQ(findVisible<QPushButton>(fields_, QStringLiteral("File…")), nullptr);
  draft_.put("task", QStringLiteral("classification"));
  EXPECT_TRUE(fields_.isHidden());
}

TEST_F(ChatFieldsTest, PlainTextIsAskedNothingUnlessSomethingIsSet) {
  fields_.setHasColumns(false);
  EXPECT_TRUE(fields_.isHidden());
  draft_.put("loss-on", QStringLiteral("assistant"));
  EXPECT_NE(combo("Loss on"), nullptr) << "so that it can be taken back";
  EXPECT_EQ(combo("Rows hold"), nullptr);
}

TEST_F(ChatFieldsTest, WriteWhatIsChosenOrTyped) {
  combo("Rows hold")->setCurrentIndex(2);
  EXPECT_EQ(draft_.config().shape, Shape::Sharegpt);
  combo("Loss on")->setCurrentIndex(2);
  EXPECT_EQ(draft_.config().lossOn, LossOn::LastAssistant);
  auto* chatTemplate = combo("Chat template");
  EXPECT_EQ(chatTemplate->currentText(), QStringLiteral("the model’s own"));
  chatTemplate->setCurrentIndex(2);
  EXPECT_EQ(draft_.config().chatTemplate, "llama3");
  chatTemplate->lineEdit()->selectAll();
  QTest::keyClicks(chatTemplate->lineEdit(), QStringLiteral("/home/me/own.jinja"));
  EXPECT_EQ(draft_.config().chatTemplate, "/home/me/own.jinja");
  chatTemplate->setCurrentIndex(0);
  EXPECT_TRUE(draft_.config().chatTemplate.empty());
}

TEST_F(ChatFieldsTest, ShowWhatWasLoaded) {
  RunConfig config;
  config.chatTemplate = "/home/me/own.jinja";
  config.shape = Shape::Alpaca;
  draft_.replace(config);
  EXPECT_EQ(combo("Chat template")->currentText(), QStringLiteral("/home/me/own.jinja"));
  EXPECT_EQ(combo("Rows hold")->currentText(), QStringLiteral("instructions (Alpaca)"));
}

TEST_F(ChatFieldsTest, EachSettingHasOnePlace) {
  AdvancedForm advanced(draft_);
  advanced.show();
  EXPECT_EQ(findVisible<QComboBox>(advanced, QStringLiteral("Loss on")), nullptr);
  EXPECT_NE(findVisible<QAbstractButton>(advanced, QStringLiteral("Skip faulty rows")), nullptr);
  draft_.put("task", QStringLiteral("completion"));
  EXPECT_TRUE(fields_.isHidden());
  EXPECT_NE(findVisible<QComboBox>(advanced, QStringLiteral("Loss on")), nullptr);
  EXPECT_NE(findVisible<QComboBox>(advanced, QStringLiteral("Rows hold")), nullptr);
}

}  // namespace
}  // namespace rosa::ui
