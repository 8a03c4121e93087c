// SPDX-License-Identifier: GPL-3.0-or-later
#include <QTest>

#include "studio_fixture.h"

namespace rosa::test {
namespace {

/// A run is trained, then asked with its base model beside it.
TEST_F(StudioE2eTest, ARunIsTriedBesideItsBase) {
  ASSERT_TRUE(studio_.waitFor([this] { return canStart(); }));
  ASSERT_TRUE(studio_.choose(QStringLiteral("Train for, unit"), QStringLiteral("steps")));
  ASSERT_TRUE(studio_.write(QStringLiteral("Train for"), QStringLiteral("20")));
  ASSERT_TRUE(studio_.write(QStringLiteral("Resample every"), QStringLiteral("10")));
  ASSERT_TRUE(studio_.press(QStringLiteral("start")));
  ASSERT_TRUE(studio_.waitFor([this] { return studio_.runIs(QStringLiteral("done")); }));
  ASSERT_TRUE(studio_.press(QStringLiteral("History")));
  ASSERT_TRUE(studio_.waitFor([this] { return runs() != nullptr && runs()->model()->rowCount() == 1; }));

  ASSERT_TRUE(studio_.press(QStringLiteral("Try")));
  // The sample's model has no chat template: it continues text.
  ASSERT_TRUE(studio_.waitFor([this] { return studio_.shows(QStringLiteral("LlamaForCausalLM")); }));
  ASSERT_TRUE(studio_.write(QStringLiteral("Temperature"), QStringLiteral("0")));
  const QString prompt = QStringLiteral("name[Aromi], eatType[coffee shop], food[French], area[riverside]");
  ASSERT_TRUE(studio_.ask(prompt));
  const QString tuned = studio_.answers(QStringLiteral("Tuned"));
  const QString base = studio_.answers(QStringLiteral("Base"));
  EXPECT_TRUE(tuned.startsWith(prompt)) << tuned.toStdString();
  EXPECT_TRUE(base.startsWith(prompt)) << base.toStdString();
  EXPECT_GT(tuned.size(), prompt.size());
  EXPECT_NE(tuned, base) << "it has learnt something";
  EXPECT_TRUE(studio_.shows(QStringLiteral("tokens/s")));
  EXPECT_TRUE(studio_.picture(QStringLiteral("try"), QStringLiteral("Try")));
  studio_.window().resize(1280, 720);
  EXPECT_TRUE(screenshot(studio_.window(), QStringLiteral("try-720")));
}

}  // namespace
}  // namespace rosa::test
