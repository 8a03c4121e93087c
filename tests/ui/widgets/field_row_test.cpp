// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QLabel>
#include <QLineEdit>
#include <QTest>
#include <QVBoxLayout>

#include "widgets/field.h"

namespace rosa::ui {
namespace {

class FieldRowTest : public ::testing::Test {
 protected:
  FieldRowTest() {
    auto* column = new QVBoxLayout(&page_);
    column->addWidget(row_);
    column->addWidget(below_);
    column->addStretch();
    for (Field* field : fields_) row_->add(field, 8);
    page_.resize(900, 300);
    page_.show();
  }

  /// The label that shows this sentence, in the page's coordinates.
  QRect placeOf(const QString& sentence) {
    QCoreApplication::sendPostedEvents();
    QTest::qWait(1);
    for (const auto* label : page_.findChildren<QLabel*>()) {
      if (label->isVisible() && label->text() == sentence) return {label->mapTo(&page_, QPoint()), label->size()};
    }
    return {};
  }
  QRect placeOf(const QWidget* widget) {
    QTest::qWait(1);
    return {widget->mapTo(&page_, QPoint()), widget->size()};
  }

  QWidget page_;
  FieldRow* row_ = new FieldRow(FieldLayout::Overflow::NextLine);
  QWidget* below_ = new QLineEdit;
  QList<Field*> fields_ = {new Field(QStringLiteral("One"), QStringLiteral("What it is."), new QLineEdit),
                           new Field(QStringLiteral("Two"), QStringLiteral("What it is."), new QLineEdit),
                           new Field(QStringLiteral("Three"), QStringLiteral("What it is."), new QLineEdit),
                           new Field(QStringLiteral("Four"), QStringLiteral("What it is."), new QLineEdit)};
};

TEST_F(FieldRowTest, ASentenceStandsUnderItsOwnField) {
  for (const qsizetype i : {qsizetype{1}, qsizetype{2}, qsizetype{3}}) {
    fields_[i]->setProblem(QStringLiteral("Wrong."));
    const QRect note = placeOf(QStringLiteral("Wrong."));
    const QRect editor = placeOf(fields_[i]->editor());
    EXPECT_EQ(note.left(), editor.left()) << i;
    EXPECT_GE(note.top(), editor.bottom()) << i;
    EXPECT_LE(note.top(), editor.bottom() + 8) << i;
    fields_[i]->setProblem({});
  }
}

TEST_F(FieldRowTest, TwoSentencesStandSideBySide) {
  fields_[0]->setProblem(QStringLiteral("The first is wrong."));
  fields_[2]->setProblem(QStringLiteral("The third is wrong."));
  const QRect first = placeOf(QStringLiteral("The first is wrong."));
  const QRect third = placeOf(QStringLiteral("The third is wrong."));
  EXPECT_EQ(first.left(), placeOf(fields_[0]->editor()).left());
  EXPECT_EQ(third.left(), placeOf(fields_[2]->editor()).left());
  EXPECT_FALSE(first.intersects(third));
}

TEST_F(FieldRowTest, ALongSentenceOfTheLastFieldIsReadWhole) {
  const QString sentence =
      QStringLiteral("A long sentence that says what is wrong with the third value and what is right.");
  fields_[2]->setProblem(sentence);
  const QRect note = placeOf(sentence);
  EXPECT_LT(note.left(), placeOf(fields_[2]->editor()).left()) << "it takes room on the left";
  EXPECT_LE(note.right(), page_.width());
  EXPECT_LT(note.height(), 2 * page_.fontMetrics().height());
}

TEST_F(FieldRowTest, ASentenceInPlaceOfTheHelpMovesNothing) {
  for (Field* field : fields_) field->setHelp(QStringLiteral("help"));
  const QRect before = placeOf(below_);
  const QRect four = placeOf(fields_[3]);
  fields_[0]->setProblem(QStringLiteral("Wrong."));
  EXPECT_EQ(placeOf(below_), before);
  EXPECT_EQ(placeOf(fields_[3]), four);
}

TEST_F(FieldRowTest, ThoseAfterAHiddenFieldMoveUp) {
  const QRect third = placeOf(fields_[2]);
  row_->setFieldVisible(fields_[0], false);
  EXPECT_EQ(placeOf(fields_[3]), third) << "no hole, no field alone in a line";
}

}  // namespace
}  // namespace rosa::ui
