// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/usual_values.h"

#include <algorithm>

#include "pages/configure/config_draft.h"
#include "widgets/format.h"

namespace rosa::ui {

UsualValues::UsualValues(ConfigDraft& draft, QObject* parent) : QObject(parent), draft_(draft) {
  connect(&draft_, &ConfigDraft::changed, this, &UsualValues::draftChanged);
}

QStringList UsualValues::keys() {
  return {QStringLiteral("lr"), QStringLiteral("batch"), QStringLiteral("max-length")};
}

QStringList UsualValues::following() const {
  QStringList names = keys();
  names.removeIf([this](const QString& key) { return !following_.contains(key); });
  return names;
}

void UsualValues::begin(const QStringList& following) {
  loaded_ = draft_.config();
  following_.clear();
  for (const QString& key : following) following_[key] = draft_.text(key.toStdString());
}

void UsualValues::draftChanged() {
  following_.removeIf([this](const auto& entry) { return draft_.text(entry.key().toStdString()) != entry.value(); });
  Q_EMIT changed();
}

bool UsualValues::put(const QString& key, const QString& value) {
  following_[key] = value;
  if (draft_.text(key.toStdString()) == value) return false;
  draft_.put(key.toStdString(), value);
  return true;
}

bool UsualValues::setUsual(const std::vector<UsualSetting>& usual) {
  usual_ = usual;
  const RunConfig& now = draft_.config();
  const bool asLoaded = now.model == loaded_.model && now.task == loaded_.task && now.method == loaded_.method;
  bool put = false;
  for (const auto& [key, value, source] : usual) {
    const QString name = toQString(key);
    if (!following_.contains(name)) continue;
    put = this->put(name, toQString(asLoaded ? configFieldText(loaded_, key) : value)) || put;
  }
  Q_EMIT changed();
  return put;
}

bool UsualValues::differs() const {
  return std::ranges::any_of(
      usual_, [this](const UsualSetting& setting) { return draft_.text(setting.key) != toQString(setting.value); });
}

void UsualValues::take() {
  // They are what is usual from now on, also where the loaded settings had others.
  for (const auto& [key, value, source] : usual_) static_cast<void>(setConfigField(loaded_, key, value));
  for (const auto& [key, value, source] : usual_) put(toQString(key), toQString(value));
}

}  // namespace rosa::ui
