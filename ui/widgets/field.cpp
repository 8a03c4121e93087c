// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/field.h"

#include <QAbstractButton>
#include <QGridLayout>
#include <algorithm>

#include "widgets/labels.h"

namespace rosa::ui {

Field::Field(const QString& label, QWidget* editor, QWidget* parent)
    : QWidget(parent), label_(makeLabel(label, TextSize::Small, Tone::Muted)), editor_(editor), help_(new ElidedLabel) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  column->addWidget(label_);
  column->addWidget(editor_);
  column->addWidget(help_);
  column->addStretch();
  label_->setBuddy(editor_);
  editor_->setAccessibleName(label);
  help_->setFont(textFont(TextSize::Small));
  setTone(*help_, Tone::Muted);
  help_->hide();
}

QString Field::label() const {
  return label_->text();
}

void Field::setHelp(const QString& help) {
  help_->setText(help);
  help_->setVisible(!help.isEmpty());
  if (problem_.isEmpty()) editor_->setAccessibleDescription(help);
}

void Field::setProblem(const QString& sentence) {
  if (problem_ == sentence) return;
  problem_ = sentence;
  QWidget* framed = editor_->focusProxy() != nullptr ? editor_->focusProxy() : editor_;
  framed->setProperty("problem", !sentence.isEmpty());
  framed->setToolTip(sentence);
  framed->setAccessibleDescription(sentence.isEmpty() ? help_->text() : sentence);
  framed->update();
  Q_EMIT problemChanged();
}

FieldRow::FieldRow(QWidget* parent)
    : QWidget(parent),
      grid_(new QGridLayout),
      filler_(new QWidget),
      problems_(makeLabel({}, TextSize::Small, Tone::Bad)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  column->addLayout(grid_);
  column->addWidget(problems_);
  grid_->setHorizontalSpacing(12);
  problems_->setWordWrap(true);
  problems_->hide();
}

void FieldRow::add(Field* field, int span) {
  // Widths follow the columns alone, or rows of different fields would not line up.
  field->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  items_.append({field, span});
  connect(field, &Field::problemChanged, this, &FieldRow::showProblems);
  arrange();
}

void FieldRow::addBeside(QWidget* widget, int span) {
  auto* host = new QWidget;
  auto* column = new QVBoxLayout(host);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  // An empty line as high as a field's label, so that the widget stands level with the editors.
  column->addWidget(makeLabel(QStringLiteral(" "), TextSize::Small));
  if (qobject_cast<QAbstractButton*>(widget) != nullptr) {
    column->addWidget(widget, 0, Qt::AlignLeft);
  } else {
    column->addWidget(widget);
  }
  column->addStretch();
  items_.append({host, span});
  arrange();
}

void FieldRow::setFieldVisible(Field* field, bool visible) {
  const auto item = std::find_if(items_.begin(), items_.end(), [&](const Item& i) { return i.widget == field; });
  if (item == items_.end() || item->hidden == !visible) return;
  item->hidden = !visible;
  field->setVisible(visible);
  arrange();
  showProblems();
}

void FieldRow::arrange() {
  int column = 0;
  for (const Item& item : items_) {
    grid_->removeWidget(item.widget);
    if (item.hidden) continue;
    grid_->addWidget(item.widget, 0, column, 1, item.span);
    column += item.span;
  }
  grid_->removeWidget(filler_);
  if (column < kColumns) grid_->addWidget(filler_, 0, column, 1, kColumns - column);
  const int columns = std::max(column, kColumns);
  for (int i = 0; i < std::max(columns, grid_->columnCount()); ++i) grid_->setColumnStretch(i, i < columns ? 1 : 0);
}

void FieldRow::showProblems() {
  QStringList sentences;
  for (const Item& item : items_) {
    const auto* field = qobject_cast<const Field*>(item.widget);
    if (field != nullptr && !item.hidden && !field->problem().isEmpty()) sentences << field->problem();
  }
  sentences.removeDuplicates();
  problems_->setText(sentences.join(QLatin1Char('\n')));
  problems_->setVisible(!sentences.isEmpty());
}

}  // namespace rosa::ui
