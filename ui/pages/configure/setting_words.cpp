// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/setting_words.h"

#include <QHash>
#include <QObject>
#include <QRegularExpression>
#include <algorithm>
#include <array>

#include "rosa/config.h"

namespace rosa::ui {
namespace {

struct Name {
  std::string_view key;
  const char* name;
};

constexpr std::array kNames = {
    Name{"valid", QT_TRANSLATE_NOOP("Settings", "Validation file")},
    Name{"text-pair", QT_TRANSLATE_NOOP("Settings", "Second text")},
    Name{"max-length", QT_TRANSLATE_NOOP("Settings", "Longest text, tokens")},
    Name{"max-rows", QT_TRANSLATE_NOOP("Settings", "Rows to use")},
    Name{"epochs", QT_TRANSLATE_NOOP("Settings", "Train for")},
    Name{"steps", QT_TRANSLATE_NOOP("Settings", "Train for")},
    Name{"lr", QT_TRANSLATE_NOOP("Settings", "Learning rate")},
    Name{"tf32", QT_TRANSLATE_NOOP("Settings", "TF32 on a GPU")},
    Name{"beta1", QT_TRANSLATE_NOOP("Settings", "Adam beta1")},
    Name{"beta2", QT_TRANSLATE_NOOP("Settings", "Adam beta2")},
    Name{"ema", QT_TRANSLATE_NOOP("Settings", "EMA of weights")},
    Name{"neftune", QT_TRANSLATE_NOOP("Settings", "NEFTune noise")},
    Name{"lora-start", QT_TRANSLATE_NOOP("Settings", "LoRA start")},
    Name{"lora-plus", QT_TRANSLATE_NOOP("Settings", "LoRA+ ratio")},
    Name{"rslora", QT_TRANSLATE_NOOP("Settings", "rsLoRA scale")},
    Name{"adapter", QT_TRANSLATE_NOOP("Settings", "PEFT adapter to start from")},
    Name{"out", QT_TRANSLATE_NOOP("Settings", "Run folder")},
    Name{"train-also", QT_TRANSLATE_NOOP("Settings", "Train also")},
    Name{"layer-rank", QT_TRANSLATE_NOOP("Settings", "Rank of some layers")},
    Name{"sample-prompt", QT_TRANSLATE_NOOP("Settings", "Sample prompts")},
};

struct Choice {
  std::string_view key;
  const char* value;
  const char* name;
};

constexpr std::array kChoices = {
    Choice{"task", "completion", QT_TRANSLATE_NOOP("Settings", "Answer prompts")},
    Choice{"task", "lm", QT_TRANSLATE_NOOP("Settings", "Continue text")},
    Choice{"task", "classification", QT_TRANSLATE_NOOP("Settings", "Classify text")},
    Choice{"task", "regression", QT_TRANSLATE_NOOP("Settings", "Score text")},
};

QString text(std::string_view view) {
  return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
}

bool isSetting(const QString& key) {
  const std::string wanted = key.toStdString();
  const auto fields = configFields();
  return std::any_of(fields.begin(), fields.end(), [&](const ConfigField& field) { return field.key == wanted; });
}

QString quoted(const QString& name) {
  return QStringLiteral("“%1”").arg(name);
}

/// Every match replaced by what `words` makes of it; an empty answer leaves it as it is.
template <typename Words>
QString replaced(const QString& sentence, const QRegularExpression& pattern, Words words) {
  QString result;
  qsizetype from = 0;
  for (auto matches = pattern.globalMatch(sentence); matches.hasNext();) {
    const auto match = matches.next();
    const QString instead = words(match);
    result += sentence.mid(from, match.capturedStart() - from) + (instead.isEmpty() ? match.captured() : instead);
    from = match.capturedEnd();
  }
  return result + sentence.mid(from);
}

/// Flags with a choice, flags, and keys that no word of a sentence could be.
QString withoutKeys(const QString& sentence) {
  static const QRegularExpression kResume(QStringLiteral(", or (?:go on with|continue) it: rosa resume .*$"));
  static const QRegularExpression kChoice(QStringLiteral("(?:--|\\b)(task|method) ([a-z0-9_]+)"));
  static const QRegularExpression kFlag(QStringLiteral("(?<!\\S)--([a-z][a-z0-9-]*[a-z0-9])"));
  static const QRegularExpression kKey(
      QStringLiteral("(?<![\\w./-])([a-z]+(?:-[a-z]+)+|beta[12])(?![\\w./-]*[\\w/-])"));
  QString words = sentence;
  words.replace(kResume, QObject::tr(", or continue it from History."));
  words = replaced(words, kChoice, [](const QRegularExpressionMatch& match) {
    const std::string key = match.captured(1).toStdString();
    const QString name = choiceName(key, match.captured(2));
    return name == match.captured(2) ? QString() : QObject::tr("the task %1").arg(quoted(name));
  });
  const auto name = [](const QRegularExpressionMatch& match) {
    return isSetting(match.captured(1)) ? quoted(settingName(match.captured(1).toStdString())) : QString();
  };
  return replaced(replaced(words, kFlag, name), kKey, name);
}

}  // namespace

QString settingName(std::string_view key) {
  const auto* const found =
      std::find_if(kNames.begin(), kNames.end(), [&](const Name& name) { return name.key == key; });
  if (found != kNames.end()) return QObject::tr(found->name);
  QString name = text(key).replace(QLatin1Char('-'), QLatin1Char(' '));
  if (!name.isEmpty()) name[0] = name[0].toUpper();
  return name;
}

QString choiceName(std::string_view key, const QString& value) {
  const auto* const found = std::find_if(kChoices.begin(), kChoices.end(), [&](const Choice& choice) {
    return choice.key == key && value == QLatin1String(choice.value);
  });
  return found == kChoices.end() ? value : QObject::tr(found->name);
}

QString inWindowWords(const QString& sentence) {
  QString words = sentence;
  QString subject;
  const qsizetype colon = words.indexOf(QLatin1String(": "));
  if (colon > 0 && isSetting(words.left(colon))) {
    subject = settingName(words.left(colon).toStdString());
    words = words.mid(colon + 2);
  }
  words = withoutKeys(words);
  if (subject.isEmpty() || words.isEmpty()) return words;
  // The engine's sentence goes on after the key ("is not set; ..."), or begins anew ("0 is too small; ...").
  static const QRegularExpression kGoesOn(QStringLiteral("^(is|must|names|contains|holds|needs|lists|may) "));
  if (kGoesOn.match(words).hasMatch()) {
    words.prepend(subject + QLatin1Char(' '));
  } else {
    words[0] = words[0].toUpper();
  }
  if (words.back().isLetterOrNumber() || words.back() == QLatin1Char('%') || words.back() == QLatin1Char(')')) {
    words += QLatin1Char('.');
  }
  return words;
}

}  // namespace rosa::ui
