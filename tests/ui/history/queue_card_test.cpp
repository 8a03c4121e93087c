// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/queue_card.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QListWidget>
#include <QSignalSpy>
#include <QTest>

#include "jobs/job_pool.h"
#include "settings/theme.h"
#include "support/fake_engine.h"
#include "support/widgets.h"

namespace rosa::ui {
namespace {

using test::click;

class QueueCardTest : public ::testing::Test {
 protected:
  QueueCardTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
    // One trains, three wait.
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(engine_.processes().start(test::sampleConfig(), {}));
    for (std::size_t i = 0; i < waiting().size(); ++i) engine_.records[i].directory = waiting()[i];
    QObject::connect(&card_, &QueueCard::changed, &card_, [this] { fill(); });
    card_.resize(900, 160);
    card_.show();
    fill();
  }
  void fill() { card_.setQueue(*engine_.processes().queue(), engine_.records); }
  [[nodiscard]] std::vector<std::filesystem::path> waiting() {
    std::vector<std::filesystem::path> folders;
    const auto queue = engine_.processes().queue();
    for (const QueuedRun& entry : *queue) folders.push_back(entry.folder);
    return folders;
  }
  [[nodiscard]] bool becomes(const std::vector<std::filesystem::path>& folders) {
    return QTest::qWaitFor([&] { return waiting() == folders; });
  }
  [[nodiscard]] QListWidget* list() { return card_.findChild<QListWidget*>(); }

  test::FakeEngine engine_;
  Theme theme_;
  JobPool pool_;
  QueueCard card_{engine_.processes(), pool_};
};

TEST_F(QueueCardTest, ShowsTheRunsInTheirOrder) {
  ASSERT_EQ(list()->count(), 3);
  EXPECT_TRUE(list()->item(0)->text().startsWith(QStringLiteral("1   mrpc-rosa-8   ROSA · rank 8 · minilm-l6")))
      << list()->item(0)->text().toStdString();
  EXPECT_TRUE(test::screenshot(card_, QStringLiteral("queue-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(card_, QStringLiteral("queue-dark")));
  card_.setQueue({}, {});
  EXPECT_FALSE(card_.isVisible()) << "no card without waiting runs";
}

TEST_F(QueueCardTest, ARunMovesToTheFrontByTheButtonAndByOneWithTheKeys) {
  const auto before = waiting();
  list()->setCurrentRow(2);
  ASSERT_TRUE(click(card_, QStringLiteral("Start next")));
  ASSERT_TRUE(becomes({before[2], before[0], before[1]}));
  ASSERT_TRUE(QTest::qWaitFor([&] { return list()->currentRow() == 0; })) << "the selection goes with the run";
  QTest::keyClick(list(), Qt::Key_Down, Qt::ControlModifier);
  EXPECT_TRUE(becomes({before[0], before[2], before[1]}));
}

TEST_F(QueueCardTest, ADraggedRunTakesItsNewPlace) {
  const auto before = waiting();
  // What a drop does, without the mouse.
  ASSERT_TRUE(list()->model()->moveRow({}, 0, {}, 3));
  EXPECT_TRUE(becomes({before[1], before[2], before[0]}));
}

TEST_F(QueueCardTest, DeleteTakesARunOutOfTheQueue) {
  const auto before = waiting();
  list()->setCurrentRow(1);
  QTest::keyClick(list(), Qt::Key_Delete);
  EXPECT_TRUE(becomes({before[0], before[2]}));
}

}  // namespace
}  // namespace rosa::ui
