// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QStringView>

#include "rosa/preview.h"

namespace rosa::ui {

/// What training does with a token: reads it, learns to write it, or never sees it.
enum class TokenRole { Read, Counts, Cut };

struct ShownToken {
  QString text;  ///< what is drawn: line breaks and the like have a sign, nothing is invisible but spaces
  TokenRole role = TokenRole::Read;
  bool endsTurn = false;
  bool breaksLine = false;  ///< the next one begins a line
  std::int32_t id = 0;
  qsizetype begin = 0, end = 0;  ///< the part of the row's text that it is, in UTF-16 units
};

/// A row of the training data as the token view shows it.
class TokenRow {
 public:
  TokenRow() = default;
  explicit TokenRow(const PreviewRow& row);

  [[nodiscard]] const QString& text() const { return text_; }
  [[nodiscard]] const QList<ShownToken>& tokens() const { return tokens_; }
  /// Numbers of the tokens that hold a part of `wanted`, wherever it stands in the text, in whatever case; ascending.
  [[nodiscard]] QList<qsizetype> tokensWith(QStringView wanted) const;

 private:
  /// Tokens read alone are not always what they are in the text: SentencePiece's lose their space, and parts of a
  /// character are none. What cannot be found shares what lies between its neighbours.
  void placeTokens(const PreviewRow& row);

  QString text_;
  QList<ShownToken> tokens_;
};

}  // namespace rosa::ui
