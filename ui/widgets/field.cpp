// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/field.h"

#include <QHBoxLayout>

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
  editor_->setProperty("problem", !sentence.isEmpty());
  editor_->setToolTip(sentence);
  editor_->setAccessibleDescription(sentence.isEmpty() ? help_->text() : sentence);
  editor_->update();
  Q_EMIT problemChanged();
}

FieldRow::FieldRow(QWidget* parent)
    : QWidget(parent), row_(new QHBoxLayout), problems_(makeLabel({}, TextSize::Small, Tone::Bad)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  column->addLayout(row_);
  column->addWidget(problems_);
  row_->setSpacing(16);
  problems_->setWordWrap(true);
  problems_->hide();
}

void FieldRow::add(Field* field, int stretch) {
  row_->addWidget(field, stretch);
  fields_.append(field);
  connect(field, &Field::problemChanged, this, &FieldRow::showProblems);
}

void FieldRow::addBeside(QWidget* widget) {
  auto* column = new QVBoxLayout;
  column->setSpacing(4);
  // An empty line as high as a field's label, so that the widget stands level with the editors.
  column->addWidget(makeLabel(QStringLiteral(" "), TextSize::Small));
  column->addWidget(widget);
  column->addStretch();
  row_->addLayout(column);
}

void FieldRow::addStretch(int stretch) {
  row_->addStretch(stretch);
}

void FieldRow::showProblems() {
  QStringList sentences;
  for (const Field* field : fields_) {
    if (!field->problem().isEmpty()) sentences << field->problem();
  }
  sentences.removeDuplicates();
  problems_->setText(sentences.join(QLatin1Char('\n')));
  problems_->setVisible(!sentences.isEmpty());
}

}  // namespace rosa::ui
