// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/field.h"

#include <QAbstractButton>
#include <QVBoxLayout>

#include "widgets/column_layout.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

constexpr int kGap = 12;  ///< between two fields

}  // namespace

Field::Field(const QString& label, QWidget* editor, QWidget* parent)
    : QWidget(parent), label_(new ElidedLabel), editor_(editor), help_(new ElidedLabel) {
  label_->setText(label);
  for (ElidedLabel* line : {label_, help_}) {
    line->setFont(textFont(TextSize::Small));
    setTone(*line, Tone::Muted);
  }
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  column->addWidget(label_);
  column->addWidget(editor_);
  column->addWidget(help_);
  column->addStretch();
  label_->setBuddy(editor_);
  editor_->setAccessibleName(label);
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
    : QWidget(parent), row_(new ColumnLayout(kColumns, kGap)), problems_(makeLabel({}, TextSize::Small, Tone::Bad)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  column->addLayout(row_);
  column->addWidget(problems_);
  problems_->setWordWrap(true);
  problems_->hide();
}

void FieldRow::add(Field* field, int span) {
  row_->add(field, span);
  fields_.append(field);
  connect(field, &Field::problemChanged, this, &FieldRow::showProblems);
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
  row_->add(host, span);
}

void FieldRow::setFieldVisible(Field* field, bool visible) {
  // Not isHidden(), which is true of every widget that was never shown.
  if (!fields_.contains(field) || hidden_.contains(field) != visible) return;
  if (visible) {
    hidden_.remove(field);
  } else {
    hidden_.insert(field);
  }
  field->setVisible(visible);
  showProblems();
}

void FieldRow::showProblems() {
  QStringList sentences;
  for (Field* field : fields_) {
    if (!hidden_.contains(field) && !field->problem().isEmpty()) sentences << field->problem();
  }
  sentences.removeDuplicates();
  problems_->setText(sentences.join(QLatin1Char('\n')));
  problems_->setVisible(!sentences.isEmpty());
}

}  // namespace rosa::ui
