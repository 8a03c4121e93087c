// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/config_draft.h"

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

Status setText(RunConfig& config, std::string_view key, const QString& text) {
  if (!isRepeatable(key)) return setConfigField(config, key, text.toStdString());
  ROSA_CHECK(setConfigField(config, key, ""));
  for (const QString& line : text.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
    ROSA_CHECK(setConfigField(config, key, line.toStdString()));
  }
  return {};
}

}  // namespace

ConfigDraft::ConfigDraft(QObject* parent) : QObject(parent) {
  collectProblems();
}

RunConfig ConfigDraft::effective() const {
  const RunConfig usual;
  RunConfig config = config_;
  for (const ConfigProblem& idle : settingsWithoutEffect(config_)) {
    // The text of a default can be read.
    static_cast<void>(setText(config, idle.key, toQString(configFieldText(usual, idle.key))));
  }
  return config;
}

QString ConfigDraft::text(std::string_view key) const {
  const auto refused = refused_.constFind(keyOf(key));
  return refused != refused_.constEnd() ? *refused : toQString(configFieldText(config_, key));
}

QString ConfigDraft::problem(std::string_view key) const {
  const auto found =
      std::find_if(problems_.begin(), problems_.end(), [&](const ConfigProblem& p) { return p.key == key; });
  return found == problems_.end() ? QString() : toQString(found->message);
}

void ConfigDraft::set(std::string_view key, const QString& text) {
  RunConfig next = config_;
  const Status status = setText(next, key, text);
  const QString name = keyOf(key);
  if (status) {
    const bool same = next == config_ && !refused_.contains(name);
    refused_.remove(name);
    refusedSentences_.remove(name);
    if (same) return;
    config_ = std::move(next);
  } else {
    refused_[name] = text;
    refusedSentences_[name] =
        refusal(text, toQString(status.error().message), toQString(configFieldText(config_, key)));
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
  config_ = config;
  refused_.clear();
  refusedSentences_.clear();
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
    const auto sentence = refusedSentences_.constFind(keyOf(field.key));
    // A field that is hidden cannot be put right, and need not be.
    if (sentence != refusedSentences_.constEnd() && fieldHasEffect(config_, field.key))
      add({std::string(field.key), sentence->toStdString()});
  }
  for (const ConfigProblem& problem : checkConfig(effective())) add(problem);
  for (const ConfigProblem& problem : planProblems_) add(problem);
  Q_EMIT problemsChanged();
}

}  // namespace rosa::ui
