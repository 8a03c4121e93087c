// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/setting_words.h"

#include <gtest/gtest.h>

#include <QStringList>

#include "models/setting_tips.h"
#include "rosa/config.h"

namespace rosa::ui {
namespace {

std::string words(const char* sentence) {
  return inWindowWords(QString::fromUtf8(sentence)).toStdString();
}

TEST(SettingTip, IsOneSentenceForEverySetting) {
  for (const ConfigField& field : configFields()) {
    const QString tip = settingTip(field.key);
    ASSERT_FALSE(tip.isEmpty()) << field.key;
    EXPECT_TRUE(tip.front().isUpper() && tip.back() == QLatin1Char('.')) << tip.toStdString();
    EXPECT_EQ(tip.count(QStringLiteral(". ")), 0) << tip.toStdString();
  }
}

TEST(InWindowWords, TheFieldNamesTheSettingAndNotItsKey) {
  EXPECT_EQ(words("beta1: 1.5 is out of range; write a number from 0 to below 1"),
            "1.5 is out of range; write a number from 0 to below 1.");
  EXPECT_EQ(words("model: is not set; name the Hugging Face folder of the model"),
            "Choose the Hugging Face folder of the model.");
  EXPECT_EQ(words("data: is not set; name the file or folder to train on"), "Choose the file or folder to train on.");
}

TEST(InWindowWords, AnIntervalIsANumberBesideAUnit) {
  EXPECT_EQ(words("\"steps\" is not an interval: write 200steps, 1epoch, 0.5epochs or never"),
            "Write how many steps, or choose “never”.");
  EXPECT_EQ(words("\"abcepochs\" is not an interval: write 200steps, 1epoch, 0.5epochs or never"),
            "“abc” is not a number of epochs; write one such as 0.5, or choose “never”.");
  EXPECT_EQ(words("resample-every: 0steps never comes; write 200steps, 1epoch or never"),
            "0 steps never come; write a number above 0, or choose “never”.");
  EXPECT_EQ(words("eval-every: 2.5steps holds a part of a step; write a whole number of steps, or epochs"),
            "2.5 is not a whole number of steps; write one such as 200, or choose “epochs”.");
}

TEST(InWindowWords, WhatTheRowsHoldAndTheTemplateHaveTheirNames) {
  EXPECT_EQ(words("chat.jsonl holds conversations (shape messages)."), "chat.jsonl holds conversations (messages).");
  EXPECT_EQ(words("a.csv holds prompts with completions (shape prompt-completion)."),
            "a.csv holds prompts with completions.");
  EXPECT_EQ(words("/m has no chat template. Name one of chatml, llama3, gemma, or a file."),
            "/m has no chat template. Choose ChatML, Llama 3, Gemma, or a file.");
  EXPECT_EQ(words("layers: is empty; write all, attention, mlp, or names with * in them"),
            "Layers is empty; choose “all linear”, “attention” or “MLP”, or write names with * in them.");
  EXPECT_EQ(words("Conversations are written by the built-in template chatml; the model's turn ends with X."),
            "Conversations are written by the built-in template ChatML; the model's turn ends with X.");
}

TEST(InWindowWords, FlagsBecomeLabels) {
  EXPECT_EQ(words("/d/a.jsonl, line 1: holds a list; --text needs plain text."),
            "/d/a.jsonl, line 1: holds a list; “Text” needs plain text.");
  EXPECT_EQ(words("Choose --max-length 512 or less."), "Choose “Longest text, tokens” 512 or less.");
  EXPECT_EQ(words("or leave this layer out with --layers."), "or leave this layer out with “Layers”.");
  EXPECT_EQ(words("use --task lm, or a .csv file."), "use the task “Continue text”, or a .csv file.");
  EXPECT_EQ(words("/r exists already. Choose another --out, or go on with it: rosa resume /r"),
            "/r exists already. Choose another “Run folder”, or continue it from History.");
}

TEST(InWindowWords, AFlagsChoiceIsNamedToo) {
  EXPECT_EQ(words("shape: a.jsonl has both. Choose --shape messages --text chat or --shape text."),
            "a.jsonl has both. Choose “Rows hold” “conversations (messages)” “Text” chat or “Rows hold” “plain text”.");
  EXPECT_EQ(words("loss-on: a.txt is read as plain text. Write --loss-on all, or choose with --shape."),
            "a.txt is read as plain text. Write “Loss on” “every token”, or choose with “Rows hold”.");
}

TEST(InWindowWords, KeysInsideASentenceBecomeLabels) {
  EXPECT_EQ(words("stagger: nothing is resampled on schedule; set resample-every, or leave it out"),
            "Nothing is resampled on schedule; set “Resample every”, or leave it out.");
}

TEST(InWindowWords, MethodsHaveTheirNames) {
  EXPECT_EQ(words("slice: only method rosa reads it"), "Only method ROSA reads it.");
  EXPECT_EQ(words("choose method rosa, relora or galore and set resample-every"),
            "choose method ROSA, ReLoRA or GaLore and set “Resample every”");
  EXPECT_EQ(words("what the method reads"), "what the method reads");
}

TEST(InWindowWords, PathsAndOrdinaryWordsStay) {
  for (const char* sentence : {"/home/max-length/data.csv has no rows.", "The file is read-only and 2-sided.",
                               "The rank 40 does not fit layer k_proj (64 x 32). Choose 1 to 32."}) {
    EXPECT_EQ(words(sentence), sentence);
  }
}

TEST(SettingName, NoSettingIsShownByItsKey) {
  for (const ConfigField& field : configFields()) {
    const std::string name = settingName(field.key).toStdString();
    EXPECT_FALSE(name.empty());
    EXPECT_EQ(name.find('-'), std::string::npos) << name;
  }
}

TEST(ChoiceName, NoChoiceIsShownByItsSpelling) {
  for (const ConfigField& field : configFields()) {
    const QString choices = QString::fromUtf8(field.value.data(), static_cast<qsizetype>(field.value.size()));
    if (!choices.contains(QLatin1Char('|')) || choices != choices.toLower()) continue;
    QStringList names;
    for (const QString& choice : choices.split(QLatin1Char('|'))) {
      const QString name = choiceName(field.key, choice);
      EXPECT_FALSE(name.contains(QLatin1Char('_'))) << name.toStdString();
      EXPECT_FALSE(names.contains(name)) << name.toStdString() << " names two choices of " << field.key;
      names << name;
    }
  }
  EXPECT_EQ(choiceName("adapt", QStringLiteral("ab")), QStringLiteral("A and B"));
  EXPECT_EQ(choiceName("resample-every", QStringLiteral("50steps")), QStringLiteral("50 steps"));
  EXPECT_EQ(choiceName("layers", QStringLiteral("*_proj")), QStringLiteral("*_proj"));
}

}  // namespace
}  // namespace rosa::ui
