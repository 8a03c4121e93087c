// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "settings/theme.h"
#include "widgets/card.h"

class QPlainTextEdit;
class QTabBar;
class QTextBrowser;
class QStackedLayout;
class QLineEdit;

namespace rosa::ui {

struct RunState;

/// Text samples and the log, on two tabs.
class JournalCard : public Card {
  Q_OBJECT

 public:
  explicit JournalCard(const Theme& theme, QWidget* parent = nullptr);

  /// Empties both, before the state of another run.
  void reset();
  /// What has come since the last call is added. The state must stay until the next call or `reset`.
  void setState(const RunState& state);
  /// Whether the run can be asked for the text of a prompt.
  void setAsking(bool asking);

 Q_SIGNALS:
  void sampleWanted(const QString& prompt);

 private:
  void showSamples();
  void appendLog();

  const Theme& theme_;
  QTabBar* tabs_;
  QStackedLayout* pages_;
  QTextBrowser* samples_;
  QLineEdit* prompt_;
  QPlainTextEdit* log_;
  const RunState* state_ = nullptr;
  std::int64_t shownSamples_ = -1;
  std::int64_t shownLines_ = 0;
};

}  // namespace rosa::ui
