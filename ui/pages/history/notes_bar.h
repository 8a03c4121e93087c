// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <filesystem>
#include <vector>

#include "rosa/catalogue.h"

class QLineEdit;

namespace rosa::ui {

class NoteEdit;

/// Tags and note of the selected run, written where they are read: what is left is saved. Of several runs it adds tags
/// to all.
class NotesBar : public QWidget {
  Q_OBJECT

 public:
  explicit NotesBar(QWidget* parent = nullptr);

  /// The selected runs. What is being written stays while the selection is the same.
  void setRuns(const std::vector<RunRecord>& runs);

 Q_SIGNALS:
  void changed(const std::vector<std::filesystem::path>& runs, const rosa::RunNotesChange& change);

 protected:
  /// The window may close while something is written.
  void hideEvent(QHideEvent* event) override;

 private:
  void saveTags();
  void saveNote();

  std::vector<std::filesystem::path> runs_;
  RunNotes notes_;  ///< as they were shown; empty for several runs
  QLineEdit* tags_;
  NoteEdit* note_;
};

}  // namespace rosa::ui
