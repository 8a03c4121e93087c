// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/path_combo.h"

#include <QDir>
#include <QLineEdit>
#include <QSignalBlocker>
#include <algorithm>

namespace rosa::ui {
namespace {

/// The last part of the path; a snapshot of a hub cache reads as "owner/name".
QString lastPart(const QString& path) {
  const QStringList parts = QDir::cleanPath(path).split(QLatin1Char('/'));
  for (const QString& part : parts) {
    if (!part.startsWith(QLatin1String("models--"))) continue;
    return part.mid(8).replace(QLatin1String("--"), QLatin1String("/"));
  }
  return parts.back();
}

/// As many of the last parts of `path` as it takes to tell it from the other paths.
QString shortestName(const QString& path, const QStringList& paths) {
  const QStringList parts = QDir::cleanPath(path).split(QLatin1Char('/'), Qt::SkipEmptyParts);
  for (qsizetype count = 2; count < parts.size(); ++count) {
    const QString end = parts.mid(parts.size() - count).join(QLatin1Char('/'));
    const bool unique = std::none_of(paths.cbegin(), paths.cend(), [&](const QString& other) {
      return other != path && QDir::cleanPath(other).endsWith(QLatin1Char('/') + end);
    });
    if (unique) return end;
  }
  return path;
}

}  // namespace

PathCombo::PathCombo(QWidget* parent) : ComboBox(parent) {
  setEditable(true);
  setInsertPolicy(QComboBox::NoInsert);
  setCompleter(nullptr);
  connect(this, &QComboBox::activated, this, [this](int index) { choose(itemData(index).toString()); });
  connect(lineEdit(), &QLineEdit::editingFinished, this, [this] {
    const QString typed = currentText().trimmed();
    const int index = findText(typed);
    if (!typed.isEmpty()) choose(index >= 0 ? itemData(index).toString() : QDir::cleanPath(typed));
  });
  // An emptied field names nothing any more, whether or not it is left.
  connect(lineEdit(), &QLineEdit::textEdited, this, [this](const QString& text) {
    if (text.isEmpty()) choose({});
  });
}

void PathCombo::setChoices(const QStringList& paths) {
  paths_ = paths;
  if (!path_.isEmpty() && !paths_.contains(path_)) paths_.prepend(path_);
  rebuild();
}

void PathCombo::setPath(const QString& path) {
  path_ = path;
  if (!path.isEmpty() && !paths_.contains(path)) paths_.prepend(path);
  rebuild();
}

void PathCombo::choose(const QString& path) {
  if (path == path_) return;
  setPath(path);
  Q_EMIT pathChosen(path);
}

void PathCombo::rebuild() {
  const QSignalBlocker blocker(this);
  clear();
  for (const QString& path : paths_) {
    const QString name = lastPart(path);
    const bool twice = std::count_if(paths_.cbegin(), paths_.cend(),
                                     [&](const QString& other) { return lastPart(other) == name; }) > 1;
    addItem(twice ? shortestName(path, paths_) : name, path);
    setItemData(count() - 1, path, Qt::ToolTipRole);
  }
  setCurrentIndex(findData(path_));
  setToolTip(path_);
  if (path_.isEmpty()) setEditText({});
  lineEdit()->setCursorPosition(0);
}

}  // namespace rosa::ui
