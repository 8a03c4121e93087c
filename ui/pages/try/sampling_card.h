// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QString>
#include <optional>

#include "rosa/generate.h"
#include "widgets/card.h"

namespace rosa::ui {

class Field;

/// How answers are drawn.
class SamplingCard : public Card {
  Q_OBJECT

 public:
  explicit SamplingCard(QWidget* parent = nullptr);

  /// Nothing while a field holds what cannot be; that field says so.
  [[nodiscard]] std::optional<GenerationSettings> settings();
  /// Another draw of the same; nothing changes where nothing is drawn.
  void nextSeed();

 private:
  Field* add(const char* key, const QString& label, const QString& value, const QString& explanation);
  [[nodiscard]] QString textOf(const char* key) const;
  template <typename Number>
  void read(const char* key, Number& number, bool& right);

  QHash<QString, Field*> fields_;
};

}  // namespace rosa::ui
