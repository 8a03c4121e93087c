// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/combo_box.h"

#include <gtest/gtest.h>

#include <QAbstractItemView>
#include <QApplication>
#include <QLineEdit>
#include <QTest>

#include "settings/theme.h"
#include "widgets/path_combo.h"

namespace rosa::ui {
namespace {

TEST(ComboBox, ItsListShowsEveryEntryWhole) {
  ComboBox box;
  box.addItem(QStringLiteral("ROSA"));
  box.addItem(QStringLiteral("Pfeiffer adapters behind each MLP"));
  box.resize(60, 28);
  box.show();
  box.showPopup();
  const QFontMetrics metrics(box.view()->font());
  EXPECT_GE(box.view()->width(), metrics.horizontalAdvance(box.itemText(1)));
  box.hidePopup();
}

TEST(ComboBox, ItsRowsAreAsRoomyAsOtherLists) {
  Theme theme;
  theme.applyTo(*qApp);
  ComboBox box;
  box.addItem(QStringLiteral("constant"));
  box.addItem(QStringLiteral("linear"));
  box.show();
  box.showPopup();
  EXPECT_GE(box.view()->visualRect(box.model()->index(1, 0)).height(), QFontMetrics(box.view()->font()).height() + 10);
  box.hidePopup();
}

TEST(PathCombo, AnEmptiedFieldNamesNothing) {
  PathCombo box;
  box.setPath(QStringLiteral("/models/a"));
  QStringList chosen;
  QObject::connect(&box, &PathCombo::pathChosen, &box, [&](const QString& path) { chosen << path; });
  box.show();
  box.lineEdit()->selectAll();
  QTest::keyClick(box.lineEdit(), Qt::Key_Delete);
  EXPECT_EQ(chosen, QStringList{QString()});
  EXPECT_TRUE(box.path().isEmpty());
}

TEST(PathCombo, TellsPathsOfOneNameApartByTheirFolders) {
  PathCombo box;
  box.setChoices({QStringLiteral("/studio/resources/samples/e2e"), QStringLiteral("/studio/more/data/e2e"),
                  QStringLiteral("/studio/more/data/glue")});
  EXPECT_EQ(box.itemText(0), QStringLiteral("samples/e2e"));
  EXPECT_EQ(box.itemText(1), QStringLiteral("data/e2e"));
  EXPECT_EQ(box.itemText(2), QStringLiteral("glue"));
  box.setChoices({QStringLiteral("/x/a/data/e2e"), QStringLiteral("/x/b/data/e2e"), QStringLiteral("e2e")});
  EXPECT_EQ(box.itemText(0), QStringLiteral("a/data/e2e"));
  EXPECT_EQ(box.itemText(1), QStringLiteral("b/data/e2e"));
  EXPECT_EQ(box.itemText(2), QStringLiteral("e2e"));
}

TEST(PathCombo, TakesTheNameOfAModelOfAHubCache) {
  PathCombo box;
  const auto snapshot = QStringLiteral("/cache/hub/models--demo--babyllama/snapshots/abc");
  box.setChoices({QStringLiteral("/models/a"), snapshot});
  EXPECT_GE(box.findText(QStringLiteral("demo/babyllama")), 0);
  box.show();
  QTest::keyClicks(box.lineEdit(), QStringLiteral("demo/babyllama"));
  QTest::keyClick(box.lineEdit(), Qt::Key_Return);
  EXPECT_EQ(box.path(), snapshot);
}

}  // namespace
}  // namespace rosa::ui
