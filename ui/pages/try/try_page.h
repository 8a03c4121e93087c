// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>
#include <array>
#include <filesystem>
#include <vector>

#include "pages/try/trial.h"
#include "rosa/engine.h"

class QBoxLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace rosa::ui {

class Card;
class ComboBox;
class ElidedLabel;
class Field;
class FieldRow;
class JobPool;
class LatestJob;
class PathCombo;
class Preferences;
class MistakesCard;
class SamplingCard;
class SegmentedControl;
class Switch;
class Theme;
class TrySide;

/// A run's checkpoint, or any model, asked by a person, with its base model beside it on the same prompt and seed.
///
/// GUI thread only; models are read and answer on the pool. Engine, pool, theme and preferences must outlive the page.
class TryPage : public QWidget {
  Q_OBJECT

 public:
  /// `modelRoots`: folders below which models are offered.
  TryPage(Engine& engine, JobPool& pool, const Theme& theme, Preferences& preferences,
          std::vector<std::filesystem::path> modelRoots, QWidget* parent = nullptr);

  /// Opens a run's newest checkpoint.
  void tryRun(const RunRecord& record);
  /// Sends what is written; as the button does.
  void send();

  /// What stands in the window's footer while this page is shown. Owned by the page until it is put somewhere.
  [[nodiscard]] QWidget* footer() const;

 protected:
  void showEvent(QShowEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  enum Mode { Chat, Continue };
  struct Turn {
    QString user;
    std::array<std::vector<TextPiece>, Trial::kSides> answers;
  };

  QWidget* makeChoice();
  QWidget* makeInput();
  void connectParts();
  void findChoices();
  void choose(const QString& path);
  void open();
  void showOpened(const QString& tunedProblem, const QString& baseProblem);
  /// The questions so far, as a side is to answer them.
  [[nodiscard]] CompletionRequest requestFor(Trial::Side side, const GenerationSettings& settings) const;
  void ask();
  void regenerate();
  void editLast();
  void clearTurns();
  void rewrite();
  void showActions();
  [[nodiscard]] bool isRun(const QString& path) const { return runs_.contains(path); }

  Engine& engine_;
  const Theme& theme_;
  Preferences& preferences_;
  std::vector<std::filesystem::path> modelRoots_;
  Trial* trial_;
  LatestJob* finding_;
  LatestJob* checkpointsJob_;
  PathCombo* source_;
  Field* sourceField_;
  ComboBox* checkpoint_;
  Field* checkpointField_;
  FieldRow* runRow_;
  Switch* base_;
  Field* baseField_;
  QPlainTextEdit* system_;
  Field* systemField_;
  SamplingCard* sampling_;
  SegmentedControl* mode_;
  QPlainTextEdit* input_;
  QLineEdit* second_;
  QPushButton* send_;
  QPushButton* stop_;
  QPushButton* regenerate_;
  QPushButton* edit_;
  QPushButton* new_;
  QLabel* facts_;
  std::array<TrySide*, Trial::kSides> sides_;
  MistakesCard* mistakes_;
  ElidedLabel* footer_;
  QStringList runs_;  ///< folders, the newest first
  std::vector<Turn> turns_;
};

}  // namespace rosa::ui
