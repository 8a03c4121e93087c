// SPDX-License-Identifier: GPL-3.0-or-later
#include "settings/language.h"

#include <QFile>
#include <QLocale>

namespace rosa::ui {
namespace {

QByteArray unescaped(const QByteArray& text) {
  QByteArray plain;
  for (qsizetype i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    if (!escape) {
      plain += text[i];
      continue;
    }
    const char next = text[++i];
    plain += next == 'n' ? '\n' : next == 't' ? '\t' : next;
  }
  return plain;
}

}  // namespace

Language::Language(const QString& code, QObject* parent) : QTranslator(parent) {
  QFile file(QStringLiteral(":/translations/%1.tsv").arg(code));
  if (!file.open(QIODevice::ReadOnly)) return;
  for (const QByteArray& line : file.readAll().split('\n')) {
    const qsizetype tab = line.indexOf('\t');
    if (tab > 0) words_[unescaped(line.left(tab))] = QString::fromUtf8(unescaped(line.mid(tab + 1)));
  }
}

QString Language::chosen(const QString& preference) {
  const bool german = preference == QLatin1String("de") ||
                      (preference == QLatin1String("system") && QLocale::system().language() == QLocale::German);
  return german ? QStringLiteral("de") : QString();
}

QString Language::translate(const char* /*context*/, const char* source, const char* /*disambiguation*/,
                            int /*n*/) const {
  return words_.value(QByteArray::fromRawData(source, static_cast<qsizetype>(qstrlen(source))));
}

}  // namespace rosa::ui
