// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QHash>
#include <QString>
#include <QTranslator>

namespace rosa::ui {

/// The words of another language than English, in which the sources are written.
///
/// They stand in resources/translations/<language>.tsv, a line each: the English words, a tab, the others; "\n" is a
/// line's end, "\t" a tab and "\\" a backslash. What is the same in English has one translation wherever it stands.
/// What the engine says of a mistake has none.
class Language : public QTranslator {
  Q_OBJECT

 public:
  /// `code`: "de".
  explicit Language(const QString& code, QObject* parent = nullptr);

  /// The language of a preference: "de", or empty for English. "system" is that of the desktop.
  [[nodiscard]] static QString chosen(const QString& preference);

  [[nodiscard]] const QHash<QByteArray, QString>& words() const { return words_; }

  [[nodiscard]] QString translate(const char* context, const char* source, const char* disambiguation,
                                  int n) const override;
  [[nodiscard]] bool isEmpty() const override { return words_.isEmpty(); }

 private:
  QHash<QByteArray, QString> words_;
};

}  // namespace rosa::ui
