// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/config_draft.h"

#include <QRegularExpression>
#include <QStringList>
#include <algorithm>

#include "models/setting_words.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

QString keyOf(std::string_view key) {
  return QString::fromUtf8(key.data(), static_cast<qsizetype>(key.size()));
}

bool isRepeatable(std::string_view key) {
  const auto fields = configFields();
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const ConfigField& f) { return f.key == key; });
  return found != fields.end() && found->repeatable;
}

/// What is wrong with a text, and what to write instead, by the example of `good`, the last text that was taken.
QString refusal(const QString& text, const QString& sentence, const QString& good) {
  if (text.isEmpty() && !good.isEmpty())
    return QObject::tr("Nothing is written here; write a value such as %1.").arg(good);
  if (!sentence.endsWith(QLatin1String("is not a whole number"))) return sentence;
  return QObject::tr("%1; write one such as %2.").arg(sentence, good.isEmpty() ? QStringLiteral("100") : good);
}

/// Prompts may have several lines; in a field of one prompt a line, "\n" stands for a line's end, and "\\" for a
/// backslash that would be read with what follows it.
constexpr std::string_view kPrompts = "sample-prompt";

QString onOneLine(QString text) {
  static const QRegularExpression kMistaken(QStringLiteral("\\\\(?=[\\\\n])"));
  return text.replace(kMistaken, QStringLiteral("\\\\")).replace(QLatin1Char('\n'), QStringLiteral("\\n"));
}

QString ofOneLine(const QString& line) {
  QString text;
  for (qsizetype i = 0; i < line.size(); ++i) {
    const bool more = line[i] == QLatin1Char('\\') && i + 1 < line.size();
    const QChar next = more ? line[i + 1] : QChar();
    const bool escape = next == QLatin1Char('\\') || next == QLatin1Char('n');
    if (escape) ++i;
    text += !escape ? line[i] : next == QLatin1Char('n') ? QLatin1Char('\n') : next;
  }
  return text;
}

Status setText(RunConfig& config, std::string_view key, const QString& text) {
  if (!isRepeatable(key)) return setConfigField(config, key, text.toStdString());
  ROSA_CHECK(setConfigField(config, key, ""));
  for (const QString& line : text.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
    ROSA_CHECK(setConfigField(config, key, (key == kPrompts ? ofOneLine(line) : line).toStdString()));
  }
  return {};
}

}  // namespace

ConfigDraft::ConfigDraft(QObject* parent) : QObject(parent) {
  collectProblems();
}

RunConfig ConfigDraft::effective() const {
  const RunConfig usual;
  RunConfig config = typed_.config;
  for (const ConfigProblem& idle : settingsWithoutEffect(typed_.config)) {
    // The text of a default can be read.
    static_cast<void>(setText(config, idle.key, toQString(configFieldText(usual, idle.key))));
  }
  return config;
}

QString ConfigDraft::text(std::string_view key) const {
  const auto refused = typed_.refused.constFind(keyOf(key));
  if (refused != typed_.refused.constEnd()) return *refused;
  if (key != kPrompts) return toQString(configFieldText(typed_.config, key));
  QStringList lines;
  for (const std::string& prompt : typed_.config.samplePrompts) lines << onOneLine(toQString(prompt));
  return lines.join(QLatin1Char('\n'));
}

QString ConfigDraft::problem(std::string_view key) const {
  const auto found =
      std::find_if(problems_.begin(), problems_.end(), [&](const ConfigProblem& p) { return p.key == key; });
  return found == problems_.end() ? QString() : toQString(found->message);
}

void ConfigDraft::set(std::string_view key, const QString& text) {
  RunConfig next = typed_.config;
  const Status status = setText(next, key, text);
  const QString name = keyOf(key);
  if (status) {
    const bool same = next == typed_.config && !typed_.refused.contains(name);
    typed_.refused.remove(name);
    typed_.refusedSentences.remove(name);
    if (same) return;
    typed_.config = std::move(next);
  } else {
    typed_.refused[name] = text;
    typed_.refusedSentences[name] =
        refusal(text, toQString(status.error().message), toQString(configFieldText(typed_.config, key)));
  }
  planProblems_.clear();
  collectProblems();
  Q_EMIT changed();
}

void ConfigDraft::put(std::string_view key, const QString& text) {
  set(key, text);
  Q_EMIT rewritten();
}

void ConfigDraft::replace(const RunConfig& config) {
  restore({config, {}, {}});
}

void ConfigDraft::restore(const Typed& typed) {
  typed_ = typed;
  planProblems_.clear();
  Q_EMIT replaced();
  collectProblems();
  Q_EMIT changed();
}

void ConfigDraft::setPlanProblems(std::vector<ConfigProblem> problems) {
  planProblems_ = std::move(problems);
  collectProblems();
}

void ConfigDraft::collectProblems() {
  problems_.clear();
  const auto add = [this](const ConfigProblem& found) {
    const ConfigProblem problem{found.key, inWindowWords(toQString(found.message)).toStdString()};
    const bool known = std::any_of(problems_.begin(), problems_.end(), [&](const ConfigProblem& other) {
      return other.message == problem.message || (!problem.key.empty() && other.key == problem.key);
    });
    if (!known) problems_.push_back(problem);
  };
  for (const ConfigField& field : configFields()) {
    const auto sentence = typed_.refusedSentences.constFind(keyOf(field.key));
    // A field that is hidden cannot be put right, and need not be.
    if (sentence != typed_.refusedSentences.constEnd() && fieldHasEffect(typed_.config, field.key))
      add({std::string(field.key), sentence->toStdString()});
  }
  for (const ConfigProblem& problem : checkConfig(effective())) add(problem);
  for (const ConfigProblem& problem : planProblems_) add(problem);
  Q_EMIT problemsChanged();
}

}  // namespace rosa::ui
