// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/notes_bar.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <string>

#include "pages/history/note_edit.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

QString joinedTags(const std::vector<std::string>& tags) {
  QStringList words;
  for (const std::string& tag : tags) words << toQString(tag);
  return words.join(QStringLiteral(", "));
}

std::vector<std::string> splitTags(const QString& text) {
  std::vector<std::string> tags;
  for (const QString& word : text.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
    if (const QString tag = word.trimmed(); !tag.isEmpty()) tags.push_back(tag.toStdString());
  }
  return tags;
}

}  // namespace

NotesBar::NotesBar(QWidget* parent) : QWidget(parent), tags_(new QLineEdit), note_(new NoteEdit) {
  tags_->setAccessibleName(tr("Tags"));
  tags_->setToolTip(tr("Words with commas between, by which the search finds the run"));
  note_->setAccessibleName(tr("Note"));
  note_->setToolTip(tr("What is worth knowing about the run; it is saved when you leave the field"));
  note_->setPlaceholderText(tr("none"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(8, 4, 8, 4);
  row->setSpacing(8);
  auto* tagsWord = makeLabel(tr("Tags"), TextSize::Body, Tone::Muted);
  auto* noteWord = makeLabel(tr("Note"), TextSize::Body, Tone::Muted);
  row->addWidget(tagsWord, 0, Qt::AlignTop);
  row->addWidget(tags_, 1, Qt::AlignTop);
  row->addSpacing(8);
  row->addWidget(noteWord, 0, Qt::AlignTop);
  row->addWidget(note_, 2, Qt::AlignTop);
  for (QLabel* word : {tagsWord, noteWord}) word->setFixedHeight(tags_->sizeHint().height());
  note_->setLineHeight(tags_->sizeHint().height());
  connect(tags_, &QLineEdit::editingFinished, this, &NotesBar::saveTags);
  connect(note_, &NoteEdit::left, this, &NotesBar::saveNote);
}

void NotesBar::setRuns(const std::vector<RunRecord>& runs) {
  std::vector<std::filesystem::path> folders;
  for (const RunRecord& run : runs) folders.push_back(run.directory);
  const bool same = folders == runs_;
  if (!same) {
    // A click in the list takes the focus along after the selection has changed.
    saveTags();
    saveNote();
  }
  runs_ = std::move(folders);
  notes_ = runs.size() == 1 ? runs.front().notes : RunNotes();
  tags_->setEnabled(!runs_.empty());
  note_->setEnabled(runs_.size() == 1);
  tags_->setPlaceholderText(runs_.size() > 1 ? tr("added to all %1").arg(runs_.size()) : tr("none"));
  if (!same || !tags_->isModified()) tags_->setText(joinedTags(notes_.tags));
  if (!same || !note_->document()->isModified()) note_->setText(toQString(notes_.note));
}

void NotesBar::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  saveTags();
  saveNote();
}

void NotesBar::saveTags() {
  if (!tags_->isModified() || runs_.empty()) return;
  tags_->setModified(false);
  RunNotesChange change;
  if (runs_.size() > 1) {
    change.addedTags = splitTags(tags_->text());
    tags_->clear();
    if (change.addedTags.empty()) return;
  } else {
    change.tags = splitTags(tags_->text());
    if (*change.tags == notes_.tags) return;
    notes_.tags = *change.tags;
  }
  Q_EMIT changed(runs_, change);
}

void NotesBar::saveNote() {
  if (!note_->document()->isModified() || runs_.size() != 1) return;
  note_->document()->setModified(false);
  RunNotesChange change;
  change.note = note_->toPlainText().toStdString();
  if (*change.note == notes_.note) return;
  notes_.note = *change.note;
  Q_EMIT changed(runs_, change);
}

}  // namespace rosa::ui
