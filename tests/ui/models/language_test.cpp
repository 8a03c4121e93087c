// SPDX-License-Identifier: GPL-3.0-or-later
#include "settings/language.h"

#include <gtest/gtest.h>

#include <QCoreApplication>
#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QSet>
#include <QStringList>

#include "models/setting_words.h"
#include "rosa/config.h"
#include "support/golden.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

/// The text of string literals that stand behind one another.
QString valueOf(const QString& literals) {
  static const QRegularExpression kLiteral(QString::fromLatin1(R"re("((?:[^"\\]|\\.)*)")re"));
  QString text;
  for (auto parts = kLiteral.globalMatch(literals); parts.hasNext();) text += parts.next().captured(1);
  QString plain;
  for (qsizetype i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == QLatin1Char('\\');
    if (escape) ++i;
    plain += escape && text[i] == QLatin1Char('n') ? QLatin1Char('\n') : text[i];
  }
  return plain;
}

/// All that the window's sources mark as words.
QStringList wordsOfTheWindow() {
  static const QRegularExpression kMarked(
      QString::fromLatin1(R"re((?:\btr\(|QT_TRANSLATE_NOOP\(\s*"[^"]*",)\s*((?:"(?:[^"\\]|\\.)*"\s*)+))re"));
  QStringList words;
  const auto folder = toQString(test::sourceDirectory() / "ui");
  QDirIterator files(folder, {QStringLiteral("*.cpp"), QStringLiteral("*.h")}, QDir::Files,
                     QDirIterator::Subdirectories);
  while (files.hasNext()) {
    QFile file(files.next());
    EXPECT_TRUE(file.open(QIODevice::ReadOnly)) << file.fileName().toStdString();
    const QString source = QString::fromUtf8(file.readAll());
    for (auto matches = kMarked.globalMatch(source); matches.hasNext();) words << valueOf(matches.next().captured(1));
  }
  return words;
}

QSet<QString> placesIn(const QString& text) {
  static const QRegularExpression kPlace(QStringLiteral("%[0-9]"));
  QSet<QString> places;
  for (auto matches = kPlace.globalMatch(text); matches.hasNext();) places.insert(matches.next().captured());
  return places;
}

TEST(German, HasEveryWordOfTheWindow) {
  const Language german(QStringLiteral("de"));
  QStringList words = wordsOfTheWindow();
  ASSERT_GT(words.size(), 900) << "the sources were read";
  for (const ConfigField& field : configFields()) {
    words << settingName(field.key) << QString::fromStdString(std::string(field.help));
  }
  for (const QString& word : words) {
    const QString translated = german.translate("", word.toUtf8().constData(), nullptr, -1);
    EXPECT_FALSE(translated.isEmpty()) << "no German for: " << word.toStdString();
    EXPECT_EQ(placesIn(translated), placesIn(word)) << word.toStdString();
    EXPECT_EQ(translated.endsWith(QLatin1Char(' ')), word.endsWith(QLatin1Char(' '))) << word.toStdString();
    EXPECT_EQ(translated.startsWith(QLatin1Char(' ')), word.startsWith(QLatin1Char(' '))) << word.toStdString();
  }
}

TEST(German, IsWhatTheWindowSpeaksWhereItIsChosen) {
  Language german(QStringLiteral("de"));
  ASSERT_TRUE(QCoreApplication::installTranslator(&german));
  EXPECT_EQ(settingName("weight-decay"), QStringLiteral("Weight Decay"));
  EXPECT_EQ(settingName("lr"), QStringLiteral("Lernrate"));
  EXPECT_EQ(choiceName("resample-every", QStringLiteral("50steps")), QStringLiteral("50 Schritte"));
  QCoreApplication::removeTranslator(&german);
  EXPECT_EQ(settingName("lr"), QStringLiteral("Learning rate"));
  EXPECT_TRUE(Language(QStringLiteral("xx")).isEmpty());
  EXPECT_EQ(Language::chosen(QStringLiteral("de")), QStringLiteral("de"));
  EXPECT_EQ(Language::chosen(QStringLiteral("en")), QString());
}

}  // namespace
}  // namespace rosa::ui
