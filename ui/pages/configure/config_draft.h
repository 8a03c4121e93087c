// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QObject>
#include <QString>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/config.h"

namespace rosa::ui {

/// The configuration being typed: the last valid settings, the texts that were refused, and what is wrong.
///
/// Every editor goes through the same text form as the command line, so window and terminal accept and refuse the same.
/// Owned by the Configure page; GUI thread only.
class ConfigDraft : public QObject {
  Q_OBJECT

 public:
  explicit ConfigDraft(QObject* parent = nullptr);

  [[nodiscard]] const RunConfig& config() const { return typed_.config; }
  /// The same without the settings that this run would not read, whose fields are hidden: what is planned and started.
  [[nodiscard]] RunConfig effective() const;
  /// What an editor shows: the refused text if there is one, else the value.
  [[nodiscard]] QString text(std::string_view key) const;
  /// One sentence in the window's words, or empty. A refused text goes before a contradiction, that before what the
  /// engine found.
  [[nodiscard]] QString problem(std::string_view key) const;
  /// All of them, in the order in which they should be mended.
  [[nodiscard]] const std::vector<ConfigProblem>& problems() const { return problems_; }

  /// For a repeatable key: one entry a line.
  void set(std::string_view key, const QString& text);
  /// The same from elsewhere than the key's own editor, which shows it.
  void put(std::string_view key, const QString& text);
  void replace(const RunConfig& config);

  /// All that was typed, for a way back to it.
  struct Typed {
    RunConfig config;
    QHash<QString, QString> refused;           ///< key -> text
    QHash<QString, QString> refusedSentences;  ///< key -> why
    friend bool operator==(const Typed&, const Typed&) = default;
  };
  [[nodiscard]] const Typed& typed() const { return typed_; }
  void restore(const Typed& typed);
  /// What `Engine::plan` found for the present settings; empties on the next change of a value.
  void setPlanProblems(std::vector<ConfigProblem> problems);

 Q_SIGNALS:
  /// A value was edited (or all, after `replaced`).
  void changed();
  /// Other settings altogether: editors read their text anew.
  void replaced();
  /// One value was written by `put`: its editor reads it anew.
  void rewritten();
  void problemsChanged();

 private:
  void collectProblems();

  Typed typed_;
  std::vector<ConfigProblem> planProblems_;
  std::vector<ConfigProblem> problems_;
};

}  // namespace rosa::ui
