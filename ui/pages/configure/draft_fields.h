// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QStringList>
#include <string>
#include <string_view>
#include <utility>

namespace rosa::ui {

class ConfigDraft;
class Field;

/// Fields that edit one key of the draft: what is typed goes into it, what it holds is shown, what is wrong is framed.
/// `draft` must outlive the field; the field belongs to the layout it is put into.

[[nodiscard]] Field* makeTextField(ConfigDraft& draft, const std::string& key, const QString& label,
                                   const QString& placeholder = {});

/// Several texts, one a line, for a repeatable key.
[[nodiscard]] Field* makeLinesField(ConfigDraft& draft, const std::string& key, const QString& label,
                                    const QString& placeholder = {});

/// What is shown and what is written.
using Choices = QList<std::pair<QString, QString>>;
/// Values of a setting, each by its name.
[[nodiscard]] Choices choicesOf(std::string_view key, const QStringList& values);
/// `free`: other values than the choices may be typed.
[[nodiscard]] Field* makeChoiceField(ConfigDraft& draft, const std::string& key, const QString& label,
                                     const Choices& choices, bool free = false);

/// Yes or no.
[[nodiscard]] Field* makeSwitchField(ConfigDraft& draft, const std::string& key, const QString& label);

/// "200 steps", "1 epoch" or "never": a number beside a unit.
[[nodiscard]] Field* makeIntervalField(ConfigDraft& draft, const std::string& key, const QString& label);

/// How long to train: a number beside "epochs" or "steps", of which exactly one key is set.
[[nodiscard]] Field* makeDurationField(ConfigDraft& draft, const QString& label);

}  // namespace rosa::ui
