// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/token_row.h"

#include <algorithm>

#include "widgets/format.h"

namespace rosa::ui {
namespace {

/// How much of the text may lie between a token and the one before it: a space, or a character that several tokens
/// make.
constexpr qsizetype kReach = 16;

TokenRole roleOf(const PreviewToken& token) {
  if (token.cut) return TokenRole::Cut;
  return token.counts ? TokenRole::Counts : TokenRole::Read;
}

QString drawn(const QString& text, std::int32_t id) {
  if (text.isEmpty()) return QStringLiteral("⟨%1⟩").arg(id);
  QString signs;
  for (const QChar c : text) {
    if (c == QLatin1Char('\n')) {
      signs += QChar(0x21B5);
    } else if (c == QLatin1Char('\t')) {
      signs += QChar(0x21E5);
    } else if (c.unicode() < 0x20) {
      signs += QChar(0x2400 + c.unicode());
    } else {
      signs += c;
    }
  }
  return signs;
}

}  // namespace

TokenRow::TokenRow(const PreviewRow& row) : text_(toQString(row.text)) {
  tokens_.reserve(static_cast<qsizetype>(row.tokens.size()));
  for (const PreviewToken& token : row.tokens) {
    const QString text = toQString(token.text);
    tokens_.append(ShownToken{drawn(text, token.id), roleOf(token), token.endsTurn, text.contains(QLatin1Char('\n')),
                              token.id, 0, 0});
  }
  placeTokens(row);
}

void TokenRow::placeTokens(const PreviewRow& row) {
  qsizetype at = 0;
  qsizetype unplaced = 0;  ///< the first token that was not found
  const auto share = [&](qsizetype until, qsizetype end) {
    for (; unplaced < until; ++unplaced) {
      tokens_[unplaced].begin = at;
      tokens_[unplaced].end = end;
    }
  };
  for (qsizetype i = 0; i < tokens_.size(); ++i) {
    const QString piece = toQString(row.tokens[static_cast<std::size_t>(i)].text);
    if (piece.isEmpty() || piece.contains(QChar::ReplacementCharacter)) continue;
    const qsizetype found = QStringView(text_).mid(at, kReach + piece.size()).indexOf(piece);
    if (found < 0) continue;
    share(i, at + found);
    tokens_[i].begin = at + found;
    at = tokens_[i].end = at + found + piece.size();
    unplaced = i + 1;
  }
  share(tokens_.size(), text_.size());
}

QList<qsizetype> TokenRow::tokensWith(QStringView wanted) const {
  QList<qsizetype> found;
  if (wanted.isEmpty()) return found;
  qsizetype token = 0;
  for (qsizetype at = text_.indexOf(wanted, 0, Qt::CaseInsensitive); at >= 0;
       at = text_.indexOf(wanted, at + wanted.size(), Qt::CaseInsensitive)) {
    const qsizetype end = at + wanted.size();
    while (token < tokens_.size() && tokens_[token].end <= at) ++token;
    for (; token < tokens_.size() && tokens_[token].begin < end; ++token) found.append(token);
    // The last one may reach into the next place too, and is not to be told twice.
  }
  return found;
}

}  // namespace rosa::ui
