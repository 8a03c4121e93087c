// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/try/sampling_card.h"

#include <QLineEdit>
#include <QVBoxLayout>
#include <type_traits>

#include "models/setting_words.h"
#include "widgets/field.h"
#include "widgets/format.h"

namespace rosa::ui {

SamplingCard::SamplingCard(QWidget* parent) : Card(tr("Sampling"), parent) {
  Field* temperature =
      add("temperature", tr("Temperature"), QStringLiteral("0.7"), tr("0 takes the likeliest token every time."));
  Field* topP = add("top-p", tr("Top-p"), QStringLiteral("1"),
                    tr("Draw from the fewest tokens that make up this share; 1 draws from all."));
  Field* topK = add("top-k", tr("Top-k"), QStringLiteral("0"), tr("Draw from so many likeliest tokens; 0 from all."));
  Field* seed = add("seed", tr("Seed"), QStringLiteral("0"), tr("The same seed draws the same."));
  Field* longest =
      add("max-new-tokens", tr("Longest answer"), QStringLiteral("256"), tr("In tokens, if nothing ends it before."));
  const auto row = [this](Field* left, Field* right) {
    auto* line = new FieldRow;
    line->add(left, FieldRow::kColumns / 2);
    if (right != nullptr) line->add(right, FieldRow::kColumns / 2);
    body()->addWidget(line);
  };
  row(temperature, seed);
  row(topP, topK);
  row(longest, nullptr);
}

Field* SamplingCard::add(const char* key, const QString& label, const QString& value, const QString& explanation) {
  auto* edit = new QLineEdit(value);
  auto* field = new Field(label, explanation, edit);
  edit->setAccessibleName(label);
  edit->setObjectName(QLatin1String(key));
  fields_.insert(QLatin1String(key), field);
  return field;
}

QString SamplingCard::textOf(const char* key) const {
  return static_cast<QLineEdit*>(fields_.value(QLatin1String(key))->editor())->text().trimmed();
}

template <typename Number>
void SamplingCard::read(const char* key, Number& number, bool& right) {
  bool isNumber = false;
  if constexpr (std::is_same_v<Number, double>) {
    number = textOf(key).toDouble(&isNumber);
  } else {
    number = textOf(key).toLongLong(&isNumber);
  }
  Field* field = fields_.value(QLatin1String(key));
  field->setProblem(isNumber ? QString() : tr("%1 must be a number.").arg(field->label()));
  right = right && isNumber;
}

std::optional<GenerationSettings> SamplingCard::settings() {
  GenerationRequest request;
  request.prompts = {"checked"};
  auto& settings = request.settings;
  bool right = true;
  read("temperature", settings.temperature, right);
  read("top-p", settings.topP, right);
  read("top-k", settings.topK, right);
  read("seed", settings.seed, right);
  read("max-new-tokens", settings.maxNewTokens, right);
  if (!right) return std::nullopt;
  // Where nothing is drawn these wait for when something is.
  if (settings.temperature <= 0 && settings.topP > 0 && settings.topP <= 1 && settings.topK >= 0) {
    settings.topP = 1;
    settings.topK = 0;
  }
  for (const ConfigProblem& problem : checkGeneration(request)) {
    right = false;
    if (Field* field = fields_.value(toQString(problem.key))) {
      field->setProblem(inWindowWords(toQString(problem.message)));
    }
  }
  return right ? std::optional(settings) : std::nullopt;
}

void SamplingCard::nextSeed() {
  if (textOf("temperature").toDouble() <= 0) return;
  auto* edit = static_cast<QLineEdit*>(fields_.value(QStringLiteral("seed"))->editor());
  edit->setText(QString::number(edit->text().toLongLong() + 1));
}

}  // namespace rosa::ui
