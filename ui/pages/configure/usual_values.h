// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QObject>
#include <QString>
#include <QStringList>
#include <vector>

#include "rosa/config.h"
#include "rosa/estimate.h"

namespace rosa::ui {

class ConfigDraft;

/// Learning rate, batch and length, which follow what is usual for the model, method and machine until somebody sets
/// them. As long as model, task and method are those of the loaded settings, their values hold.
class UsualValues : public QObject {
  Q_OBJECT

 public:
  /// `draft` must outlive it.
  explicit UsualValues(ConfigDraft& draft, QObject* parent = nullptr);

  /// Every setting that can follow.
  [[nodiscard]] static QStringList keys();

  /// Other settings were loaded, of which these follow; the others were chosen by somebody.
  void begin(const QStringList& following);
  [[nodiscard]] QStringList following() const;

  /// What is usual for the draft as it stands; true if that changed the draft.
  bool setUsual(const std::vector<UsualSetting>& usual);
  [[nodiscard]] const std::vector<UsualSetting>& usual() const { return usual_; }
  /// Whether a value is not the usual one.
  [[nodiscard]] bool differs() const;
  /// Sets all of them to what is usual; from now on they follow.
  void take();

 Q_SIGNALS:
  void changed();

 private:
  void draftChanged();
  bool put(const QString& key, const QString& value);

  ConfigDraft& draft_;
  RunConfig loaded_;
  std::vector<UsualSetting> usual_;
  QHash<QString, QString> following_;  ///< with the value that was put into the draft, or loaded
};

}  // namespace rosa::ui
