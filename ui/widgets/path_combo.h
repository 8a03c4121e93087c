// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include "widgets/combo_box.h"

namespace rosa::ui {

/// Chooses a file or folder among known ones, shown by their short names, or takes a path that is typed.
class PathCombo : public ComboBox {
  Q_OBJECT

 public:
  explicit PathCombo(QWidget* parent = nullptr);

  /// Keeps the present path.
  void setChoices(const QStringList& paths);
  /// Shows `path` and adds it to the choices; no signal.
  void setPath(const QString& path);
  [[nodiscard]] const QString& path() const { return path_; }

 Q_SIGNALS:
  /// Chosen from the list, or typed and confirmed, or emptied.
  void pathChosen(const QString& path);

 private:
  void choose(const QString& path);
  void rebuild();

  QStringList paths_;
  QString path_;
};

}  // namespace rosa::ui
