// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/field.h"

#include <QAbstractButton>
#include <QVBoxLayout>

#include "widgets/labels.h"

namespace rosa::ui {
namespace {

constexpr int kGap = 12;  ///< between two fields

}  // namespace

Field::Field(const QString& label, const QString& explanation, QWidget* editor, QWidget* parent)
    : QWidget(parent), name_(label), label_(new ElidedLabel), editor_(editor), help_(new ElidedLabel) {
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
  setExplanation(explanation);
}

QString Field::label() const {
  return name_;
}

void Field::setLabel(const QString& label) {
  name_ = label;
  label_->setText(label);
  editor_->setAccessibleName(label);
}

void Field::setChanged(bool changed) {
  label_->setText(changed ? QStringLiteral("• ") + name_ : name_);
  label_->setFont(textFont(TextSize::Small, changed ? QFont::DemiBold : QFont::Normal));
  setTone(*label_, changed ? Tone::Normal : Tone::Muted);
}

void Field::setExplanation(const QString& sentence) {
  explanation_ = sentence;
  showToolTip();
}

void Field::setHelp(const QString& help) {
  if (help_->text() == help) return;
  help_->setText(help);
  QSizePolicy policy = help_->sizePolicy();
  policy.setRetainSizeWhenHidden(!help.isEmpty());
  help_->setSizePolicy(policy);
  help_->setVisible(!help.isEmpty() && !covered_);
  if (problem_.isEmpty()) editor_->setAccessibleDescription(help);
}

void Field::setProblem(const QString& sentence) {
  if (problem_ == sentence) return;
  problem_ = sentence;
  QWidget* framed = editor_->focusProxy() != nullptr ? editor_->focusProxy() : editor_;
  framed->setProperty("problem", !sentence.isEmpty());
  framed->setAccessibleDescription(sentence.isEmpty() ? help_->text() : sentence);
  showToolTip();
  framed->update();
  Q_EMIT problemChanged();
}

int Field::noteTop() const {
  const int gap = layout()->spacing();
  return label_->sizeHint().height() + gap + editor_->sizeHint().height() + gap;
}

void Field::setHelpCovered(bool covered) {
  if (covered_ == covered) return;
  covered_ = covered;
  help_->setVisible(!help_->text().isEmpty() && !covered_);
}

void Field::showToolTip() {
  label_->setToolTip(explanation_);
  editor_->setToolTip(problem_.isEmpty() ? explanation_ : problem_);
}

FieldRow::FieldRow(FieldLayout::Overflow overflow, QWidget* parent)
    : QWidget(parent), row_(new FieldLayout(kColumns, kGap, overflow)) {
  setLayout(row_);
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
}

void FieldRow::add(Field* field, int span) {
  row_->add(field, span, field);
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
  row_->add(host, span, nullptr);
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
  QSet<QString> shown;
  for (Field* field : fields_) {
    const bool told = field->problem().isEmpty() || hidden_.contains(field) || shown.contains(field->problem());
    QLabel*& note = notes_[field];
    if (told) {
      if (note != nullptr) note->hide();
      continue;
    }
    shown.insert(field->problem());
    if (note == nullptr) {
      note = makeLabel({}, TextSize::Small, Tone::Bad);
      note->setParent(this);
      note->setWordWrap(true);
      row_->setNote(field, note);
    }
    note->setText(field->problem());
    note->show();
  }
  row_->invalidate();
  updateGeometry();
}

}  // namespace rosa::ui
