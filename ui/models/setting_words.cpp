// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/setting_words.h"

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
    Name{"valid", QT_TRANSLATE_NOOP("QObject", "Validation file")},
    Name{"text-pair", QT_TRANSLATE_NOOP("QObject", "Second text")},
    Name{"shape", QT_TRANSLATE_NOOP("QObject", "Rows hold")},
    Name{"skip-bad", QT_TRANSLATE_NOOP("QObject", "Skip faulty rows")},
    Name{"max-length", QT_TRANSLATE_NOOP("QObject", "Longest text, tokens")},
    Name{"max-rows", QT_TRANSLATE_NOOP("QObject", "Rows to use")},
    Name{"epochs", QT_TRANSLATE_NOOP("QObject", "Train for")},
    Name{"steps", QT_TRANSLATE_NOOP("QObject", "Train for")},
    Name{"lr", QT_TRANSLATE_NOOP("QObject", "Learning rate")},
    Name{"weights", QT_TRANSLATE_NOOP("QObject", "Frozen weights")},
    Name{"memory", QT_TRANSLATE_NOOP("QObject", "Most memory")},
    Name{"tf32", QT_TRANSLATE_NOOP("QObject", "TF32 on a GPU")},
    Name{"beta1", QT_TRANSLATE_NOOP("QObject", "Adam beta1")},
    Name{"beta2", QT_TRANSLATE_NOOP("QObject", "Adam beta2")},
    Name{"ema", QT_TRANSLATE_NOOP("QObject", "EMA of weights")},
    Name{"neftune", QT_TRANSLATE_NOOP("QObject", "NEFTune noise")},
    Name{"lora-start", QT_TRANSLATE_NOOP("QObject", "LoRA start")},
    Name{"lora-plus", QT_TRANSLATE_NOOP("QObject", "LoRA+ ratio")},
    Name{"rslora", QT_TRANSLATE_NOOP("QObject", "rsLoRA scale")},
    Name{"adapter", QT_TRANSLATE_NOOP("QObject", "PEFT adapter to start from")},
    Name{"save-minutes", QT_TRANSLATE_NOOP("QObject", "Save at least every, minutes")},
    Name{"out", QT_TRANSLATE_NOOP("QObject", "Run folder")},
    Name{"train-also", QT_TRANSLATE_NOOP("QObject", "Train also")},
    Name{"train-tokens", QT_TRANSLATE_NOOP("QObject", "Train rows of tokens")},
    Name{"mix", QT_TRANSLATE_NOOP("QObject", "Mix in")},
    Name{"layer-rank", QT_TRANSLATE_NOOP("QObject", "Rank of some layers")},
    Name{"sample-prompt", QT_TRANSLATE_NOOP("QObject", "Sample prompts")},
};

struct Choice {
  std::string_view key;
  const char* value;
  const char* name;
};

constexpr std::array kChoices = {
    Choice{"task", "completion", QT_TRANSLATE_NOOP("QObject", "Answer prompts")},
    Choice{"task", "lm", QT_TRANSLATE_NOOP("QObject", "Continue text")},
    Choice{"task", "classification", QT_TRANSLATE_NOOP("QObject", "Classify text")},
    Choice{"task", "regression", QT_TRANSLATE_NOOP("QObject", "Score text")},
    Choice{"task", "token-classification", QT_TRANSLATE_NOOP("QObject", "Label words")},
    Choice{"task", "masked-lm", QT_TRANSLATE_NOOP("QObject", "Fill in hidden words")},
    Choice{"method", "rosa", QT_TRANSLATE_NOOP("QObject", "ROSA")},
    Choice{"method", "lora", QT_TRANSLATE_NOOP("QObject", "LoRA")},
    Choice{"method", "full", QT_TRANSLATE_NOOP("QObject", "Full")},
    Choice{"method", "dora", QT_TRANSLATE_NOOP("QObject", "DoRA")},
    Choice{"method", "ia3", QT_TRANSLATE_NOOP("QObject", "IA³")},
    Choice{"method", "relora", QT_TRANSLATE_NOOP("QObject", "ReLoRA")},
    Choice{"method", "galore", QT_TRANSLATE_NOOP("QObject", "GaLore")},
    Choice{"method", "bitfit", QT_TRANSLATE_NOOP("QObject", "BitFit")},
    Choice{"method", "head", QT_TRANSLATE_NOOP("QObject", "Head only")},
    Choice{"method", "houlsby", QT_TRANSLATE_NOOP("QObject", "Houlsby adapters")},
    Choice{"method", "pfeiffer", QT_TRANSLATE_NOOP("QObject", "Pfeiffer adapters")},
    Choice{"method", "prompt", QT_TRANSLATE_NOOP("QObject", "Prompt tuning")},
    Choice{"method", "prefix", QT_TRANSLATE_NOOP("QObject", "Prefix tuning")},
    Choice{"layers", "all", QT_TRANSLATE_NOOP("QObject", "all linear")},
    Choice{"layers", "attention", QT_TRANSLATE_NOOP("QObject", "attention")},
    Choice{"layers", "mlp", QT_TRANSLATE_NOOP("QObject", "MLP")},
    Choice{"weights", "fp32", QT_TRANSLATE_NOOP("QObject", "FP32")},
    Choice{"weights", "bf16", QT_TRANSLATE_NOOP("QObject", "BF16")},
    Choice{"weights", "int8", QT_TRANSLATE_NOOP("QObject", "INT8")},
    Choice{"weights", "auto", QT_TRANSLATE_NOOP("QObject", "as the model's files")},
    Choice{"shape", "auto", QT_TRANSLATE_NOOP("QObject", "as they look")},
    Choice{"shape", "messages", QT_TRANSLATE_NOOP("QObject", "conversations (messages)")},
    Choice{"shape", "sharegpt", QT_TRANSLATE_NOOP("QObject", "conversations (ShareGPT)")},
    Choice{"shape", "alpaca", QT_TRANSLATE_NOOP("QObject", "instructions (Alpaca)")},
    Choice{"shape", "prompt-completion", QT_TRANSLATE_NOOP("QObject", "prompts with completions")},
    Choice{"shape", "preference-chosen", QT_TRANSLATE_NOOP("QObject", "preference pairs, the chosen answer")},
    Choice{"shape", "text", QT_TRANSLATE_NOOP("QObject", "plain text")},
    Choice{"chat-template", "", QT_TRANSLATE_NOOP("QObject", "the model’s own")},
    Choice{"chat-template", "chatml", QT_TRANSLATE_NOOP("QObject", "ChatML")},
    Choice{"chat-template", "llama3", QT_TRANSLATE_NOOP("QObject", "Llama 3")},
    Choice{"chat-template", "gemma", QT_TRANSLATE_NOOP("QObject", "Gemma")},
    Choice{"chat-template", "mistral", QT_TRANSLATE_NOOP("QObject", "Mistral")},
    Choice{"chat-template", "phi", QT_TRANSLATE_NOOP("QObject", "Phi")},
    Choice{"chat-template", "alpaca", QT_TRANSLATE_NOOP("QObject", "Alpaca")},
    Choice{"loss-on", "auto", QT_TRANSLATE_NOOP("QObject", "what is to be answered")},
    Choice{"loss-on", "assistant", QT_TRANSLATE_NOOP("QObject", "the assistant’s turns")},
    Choice{"loss-on", "last-assistant", QT_TRANSLATE_NOOP("QObject", "the assistant’s last turn")},
    Choice{"loss-on", "completion", QT_TRANSLATE_NOOP("QObject", "the completion")},
    Choice{"loss-on", "all", QT_TRANSLATE_NOOP("QObject", "every token")},
    Choice{"form", "auto", QT_TRANSLATE_NOOP("QObject", "automatic")},
    Choice{"form", "merged", QT_TRANSLATE_NOOP("QObject", "inside the weight")},
    Choice{"form", "branch", QT_TRANSLATE_NOOP("QObject", "beside the weight")},
    Choice{"moment-reset", "resampled", QT_TRANSLATE_NOOP("QObject", "resampled layers")},
    Choice{"moment-reset", "all", QT_TRANSLATE_NOOP("QObject", "all layers")},
    Choice{"moment-reset", "keep-second", QT_TRANSLATE_NOOP("QObject", "all but the second")},
    Choice{"moment-reset", "prune", QT_TRANSLATE_NOOP("QObject", "the smallest")},
    Choice{"moment-reset", "rotate", QT_TRANSLATE_NOOP("QObject", "none, but turned")},
    Choice{"factorise", "svd_equal", QT_TRANSLATE_NOOP("QObject", "SVD, slice split off")},
    Choice{"factorise", "svd_add", QT_TRANSLATE_NOOP("QObject", "SVD, slice counted twice")},
    Choice{"factorise", "additive", QT_TRANSLATE_NOOP("QObject", "SVD, from zero beside it")},
    Choice{"factorise", "random_add", QT_TRANSLATE_NOOP("QObject", "random, beside it")},
    Choice{"factorise", "random_projection", QT_TRANSLATE_NOOP("QObject", "random projection")},
    Choice{"factorise", "random_orthogonal", QT_TRANSLATE_NOOP("QObject", "random, orthogonal")},
    Choice{"slice", "window", QT_TRANSLATE_NOOP("QObject", "a window anywhere")},
    Choice{"slice", "uniform", QT_TRANSLATE_NOOP("QObject", "any directions")},
    Choice{"slice", "sweep", QT_TRANSLATE_NOOP("QObject", "one after the other")},
    Choice{"slice", "top", QT_TRANSLATE_NOOP("QObject", "the largest")},
    Choice{"slice", "bottom", QT_TRANSLATE_NOOP("QObject", "the smallest")},
    Choice{"slice", "sigma", QT_TRANSLATE_NOOP("QObject", "by singular value")},
    Choice{"slice", "gradient", QT_TRANSLATE_NOOP("QObject", "by the gradient")},
    Choice{"adapt", "ab", QT_TRANSLATE_NOOP("QObject", "A and B")},
    Choice{"adapt", "a", QT_TRANSLATE_NOOP("QObject", "A alone")},
    Choice{"adapt", "b", QT_TRANSLATE_NOOP("QObject", "B alone")},
    Choice{"basis", "exact", QT_TRANSLATE_NOOP("QObject", "exact")},
    Choice{"basis", "reference", QT_TRANSLATE_NOOP("QObject", "as the paper’s code")},
    Choice{"basis", "fast", QT_TRANSLATE_NOOP("QObject", "fast, random")},
    Choice{"lora-start", "kaiming", QT_TRANSLATE_NOOP("QObject", "Kaiming")},
    Choice{"lora-start", "gaussian", QT_TRANSLATE_NOOP("QObject", "Gaussian")},
    Choice{"lora-start", "pissa", QT_TRANSLATE_NOOP("QObject", "PiSSA")},
    Choice{"lora-start", "orthogonal", QT_TRANSLATE_NOOP("QObject", "orthogonal")},
    Choice{"optimizer", "adamw", QT_TRANSLATE_NOOP("QObject", "AdamW")},
    Choice{"optimizer", "sgd", QT_TRANSLATE_NOOP("QObject", "SGD")},
    Choice{"optimizer", "adam", QT_TRANSLATE_NOOP("QObject", "Adam")},
    Choice{"optimizer", "adafactor", QT_TRANSLATE_NOOP("QObject", "Adafactor")},
    Choice{"optimizer", "lion", QT_TRANSLATE_NOOP("QObject", "Lion")},
    Choice{"optimizer", "muon", QT_TRANSLATE_NOOP("QObject", "Muon")},
    Choice{"optimizer", "adamw8bit", QT_TRANSLATE_NOOP("QObject", "AdamW, 8-bit state")},
    Choice{"schedule", "constant", QT_TRANSLATE_NOOP("QObject", "constant")},
    Choice{"schedule", "linear", QT_TRANSLATE_NOOP("QObject", "linear")},
    Choice{"schedule", "cosine", QT_TRANSLATE_NOOP("QObject", "cosine")},
    Choice{"schedule", "cosine_with_restarts", QT_TRANSLATE_NOOP("QObject", "cosine with restarts")},
    Choice{"schedule", "polynomial", QT_TRANSLATE_NOOP("QObject", "polynomial")},
    Choice{"schedule", "inverse_sqrt", QT_TRANSLATE_NOOP("QObject", "inverse square root")},
    Choice{"schedule", "cosine_with_min_lr", QT_TRANSLATE_NOOP("QObject", "cosine to a minimum")},
    Choice{"schedule", "warmup_stable_decay", QT_TRANSLATE_NOOP("QObject", "warm-up, stable, decay")},
    Choice{"warmup-shape", "linear", QT_TRANSLATE_NOOP("QObject", "linear")},
    Choice{"warmup-shape", "cosine", QT_TRANSLATE_NOOP("QObject", "cosine")},
    Choice{"warmup-shape", "1-sqrt", QT_TRANSLATE_NOOP("QObject", "1 − square root")},
    Choice{"decay-shape", "linear", QT_TRANSLATE_NOOP("QObject", "linear")},
    Choice{"decay-shape", "cosine", QT_TRANSLATE_NOOP("QObject", "cosine")},
    Choice{"decay-shape", "1-sqrt", QT_TRANSLATE_NOOP("QObject", "1 − square root")},
    Choice{"device", "auto", QT_TRANSLATE_NOOP("QObject", "a GPU if there is one")},
    Choice{"device", "cpu", QT_TRANSLATE_NOOP("QObject", "CPU")},
    Choice{"device", "cuda", QT_TRANSLATE_NOOP("QObject", "GPU")},
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

/// In the window an interval is a number beside a unit, not one word; empty for a sentence about anything else.
QString intervalWords(const QString& sentence) {
  static const QRegularExpression kNone(QStringLiteral("^\"(.*)(steps|epochs)\" is not an interval: "));
  static const QRegularExpression kNever(QStringLiteral("^(\\S+?)(steps|epochs?) never comes; "));
  static const QRegularExpression kPart(QStringLiteral("^(\\S+?)steps holds a part of a step; "));
  if (const auto none = kNone.match(sentence); none.hasMatch()) {
    const QString unit = none.captured(2);
    if (none.captured(1).isEmpty()) return QObject::tr("Write how many %1, or choose “never”.").arg(unit);
    const auto example = unit == QLatin1String("steps") ? QStringLiteral("200") : QStringLiteral("0.5");
    return QObject::tr("%1 is not a number of %2; write one such as %3, or choose “never”.")
        .arg(quoted(none.captured(1)), unit, example);
  }
  if (const auto never = kNever.match(sentence); never.hasMatch()) {
    return QObject::tr("%1 %2 never come; write a number above 0, or choose “never”.")
        .arg(never.captured(1), never.captured(2));
  }
  if (const auto part = kPart.match(sentence); part.hasMatch()) {
    return QObject::tr("%1 is not a whole number of steps; write one such as 200, or choose “epochs”.")
        .arg(part.captured(1));
  }
  return {};
}

/// What rows hold and how they are written, where a sentence spells the choices without their flags.
QString withChoiceNames(const QString& sentence) {
  static const QRegularExpression kShape(QStringLiteral("holds [a-z ]+ \\(shape ([a-z-]+)\\)"));
  static const QRegularExpression kTemplates(QStringLiteral("Name one of ((?:[a-z0-9]+, )+)or a file"));
  static const QRegularExpression kTemplate(QStringLiteral("the built-in template ([a-z0-9]+)"));
  static const QRegularExpression kWord(QStringLiteral("[a-z0-9]+"));
  const auto templateName = [](const QRegularExpressionMatch& word) {
    return choiceName("chat-template", word.captured());
  };
  QString words = sentence;
  words.replace(QLatin1String("write all, attention, mlp, or names"),
                QObject::tr("choose “all linear”, “attention” or “MLP”, or write names"));
  words = replaced(words, kShape, [](const QRegularExpressionMatch& match) {
    return QObject::tr("holds %1").arg(choiceName("shape", match.captured(1)));
  });
  words = replaced(words, kTemplates, [&](const QRegularExpressionMatch& match) {
    return QObject::tr("Choose %1or a file").arg(replaced(match.captured(1), kWord, templateName));
  });
  return replaced(words, kTemplate, [](const QRegularExpressionMatch& match) {
    return QObject::tr("the built-in template %1").arg(choiceName("chat-template", match.captured(1)));
  });
}

/// Flags with a choice, flags, and keys that no word of a sentence could be.
QString withoutKeys(const QString& sentence) {
  static const QRegularExpression kResume(QStringLiteral(", or (?:go on with|continue) it: rosa resume .*$"));
  static const QRegularExpression kTask(QStringLiteral("(?:--|\\b)task ([a-z0-9_-]+)"));
  // "method rosa, relora or galore"
  static const QRegularExpression kMethods(
      QStringLiteral("(?:--|\\b)method ([a-z0-9]+(?:(?:, | or | and )[a-z0-9]+)*)"));
  static const QRegularExpression kWord(QStringLiteral("[a-z0-9]+"));
  static const QRegularExpression kFlag(QStringLiteral("(?<!\\S)--([a-z][a-z0-9-]*[a-z0-9])"));
  static const QRegularExpression kFlagWithChoice(
      QStringLiteral("(?<!\\S)--([a-z][a-z0-9-]*[a-z0-9]) ([a-z0-9][a-z0-9_-]*)"));
  static const QRegularExpression kKey(
      QStringLiteral("(?<![\\w./-])([a-z]+(?:-[a-z]+)+|beta[12])(?![\\w./-]*[\\w/-])"));
  QString words = sentence;
  words.replace(kResume, QObject::tr(", or continue it from History."));
  words = replaced(words, kTask, [](const QRegularExpressionMatch& match) {
    const QString name = choiceName("task", match.captured(1));
    return name == match.captured(1) ? QString() : QObject::tr("the task %1").arg(quoted(name));
  });
  words = replaced(words, kMethods, [](const QRegularExpressionMatch& match) {
    return QObject::tr("method %1").arg(replaced(match.captured(1), kWord, [](const QRegularExpressionMatch& word) {
      return choiceName("method", word.captured());
    }));
  });
  words = replaced(words, kFlagWithChoice, [](const QRegularExpressionMatch& match) {
    const std::string key = match.captured(1).toStdString();
    const QString choice = choiceName(key, match.captured(2));
    return choice == match.captured(2) ? QString() : quoted(settingName(key)) + QLatin1Char(' ') + quoted(choice);
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
  return QObject::tr(name.toUtf8().constData());
}

QString choiceName(std::string_view key, const QString& value) {
  const auto* const found = std::find_if(kChoices.begin(), kChoices.end(), [&](const Choice& choice) {
    return choice.key == key && value == QLatin1String(choice.value);
  });
  if (found != kChoices.end()) return QObject::tr(found->name);
  // "50steps" and the like.
  static const QRegularExpression kInterval(QStringLiteral("^([0-9.]+)(steps?|epochs?)$"));
  const auto interval = kInterval.match(value);
  const QString word = interval.hasMatch() ? interval.captured(2) : value;
  const QString inWords = QObject::tr(word.toUtf8().constData());
  return interval.hasMatch() ? interval.captured(1) + QLatin1Char(' ') + inWords : inWords;
}

QString methodName(const std::string& spelling) {
  return choiceName("method", QString::fromStdString(spelling));
}

QString settingHelp(const ConfigField& field) {
  if (field.key == "adapter") return QObject::tr("continue from it, or merge it under another method");
  if (field.key == "out") return QObject::tr("normally made among the other runs");
  return inWindowWords(QObject::tr(std::string(field.help).c_str()));
}

QString inWindowWords(const QString& sentence) {
  QString words = sentence;
  QString subject;
  const qsizetype colon = words.indexOf(QLatin1String(": "));
  if (colon > 0 && isSetting(words.left(colon))) {
    subject = settingName(words.left(colon).toStdString());
    words = words.mid(colon + 2);
  }
  if (const QString interval = intervalWords(words); !interval.isEmpty()) return interval;
  words = withChoiceNames(withoutKeys(words));
  if (subject.isEmpty() || words.isEmpty()) return words;
  static const QRegularExpression kUnset(QStringLiteral("^is not set; name (?=the )"));
  words.replace(kUnset, QObject::tr("choose "));
  // The engine's sentence goes on after the key ("is not set; ..."), or begins anew ("0 is too small; ...").
  static const QRegularExpression kGoesOn(QStringLiteral("^(is|must|names|contains|holds|needs|lists|may) "));
  if (kGoesOn.match(words).hasMatch()) {
    words.prepend(subject + QLatin1Char(' '));
  } else if (const QString first = words.section(QLatin1Char(' '), 0, 0); !first.contains(QLatin1Char('.'))) {
    // The name of a file stays as it is.
    words[0] = words[0].toUpper();
  }
  if (words.back().isLetterOrNumber() || words.back() == QLatin1Char('%') || words.back() == QLatin1Char(')')) {
    words += QLatin1Char('.');
  }
  return words;
}

}  // namespace rosa::ui
