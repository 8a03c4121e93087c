// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <string>

namespace rosa::ui {

class ConfigDraft;
class Field;

/// Fields that edit one key of the draft: what is typed goes into it, what it holds is shown, what is wrong is framed.
/// `draft` must outlive the field; the field belongs to the layout it is put into. Its name and what is said of it are
/// those of the key.

[[nodiscard]] Field* makeTextField(ConfigDraft& draft, const std::string& key, const QString& placeholder = {});

/// Several texts, one a line, for a repeatable key.
[[nodiscard]] Field* makeLinesField(ConfigDraft& draft, const std::string& key, const QString& placeholder = {});

/// The values of a setting, each shown by its name.
/// `free`: other values than the choices may be typed.
[[nodiscard]] Field* makeChoiceField(ConfigDraft& draft, const std::string& key, const QStringList& values,
                                     bool free = false);

/// A few short values side by side.
[[nodiscard]] Field* makeSegmentsField(ConfigDraft& draft, const std::string& key, const QStringList& values);

/// Yes or no.
[[nodiscard]] Field* makeSwitchField(ConfigDraft& draft, const std::string& key);

/// "200 steps", "1 epoch" or "never": a number beside a unit.
[[nodiscard]] Field* makeIntervalField(ConfigDraft& draft, const std::string& key);

/// How long to train: a number beside "epochs" or "steps", of which exactly one key is set.
[[nodiscard]] Field* makeDurationField(ConfigDraft& draft);

}  // namespace rosa::ui
