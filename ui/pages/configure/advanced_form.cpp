// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/advanced_form.h"

#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <string_view>

#include "pages/configure/config_draft.h"
#include "pages/configure/draft_fields.h"
#include "pages/configure/setting_words.h"
#include "rosa/method_traits.h"
#include "widgets/field.h"
#include "widgets/field_layout.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

/// Settings with a place of their own on the page.
constexpr std::array<std::string_view, 18> kOnPage = {
    "model", "data",           "task",   "text",   "text-pair", "label", "prompt", "completion",     "method",
    "rank",  "resample-every", "layers", "epochs", "steps",     "lr",    "batch",  "virtual-tokens", "name"};
constexpr std::string_view kMaxLength = "max-length";
constexpr std::string_view kAlpha = "alpha";

struct GroupTitle {
  std::string_view group;
  const char* title;
};
constexpr std::array kGroups = {
    GroupTitle{"data", QT_TRANSLATE_NOOP("AdvancedForm", "Data")},
    GroupTitle{"method", QT_TRANSLATE_NOOP("AdvancedForm", "Method")},
    GroupTitle{"training", QT_TRANSLATE_NOOP("AdvancedForm", "Training")},
    GroupTitle{"watch", QT_TRANSLATE_NOOP("AdvancedForm", "Watching and saving")},
};

constexpr int kFieldSpan = 8;

bool hasPlaceOnPage(std::string_view key, Method method) {
  if (key == kAlpha) return isLora(method);
  return key == kMaxLength || std::find(kOnPage.begin(), kOnPage.end(), key) != kOnPage.end();
}

/// "a|b|c" in small letters is a choice; capitals stand for something to type.
bool isChoice(const QString& value) {
  return value.contains(QLatin1Char('|')) && value == value.toLower() && !value.contains(QLatin1Char(' '));
}

Field* makeField(ConfigDraft& draft, const ConfigField& info) {
  const std::string key(info.key);
  const auto value = QString::fromUtf8(info.value.data(), static_cast<qsizetype>(info.value.size()));
  if (value.endsWith(QLatin1String("|never"))) return makeIntervalField(draft, key, settingName(key));
  if (value == QLatin1String("yes|no")) return makeSwitchField(draft, key, settingName(key));
  if (isChoice(value)) {
    Choices choices;
    for (const QString& word : value.split(QLatin1Char('|'))) choices.append({word, word});
    return makeChoiceField(draft, key, settingName(key), choices);
  }
  if (info.repeatable) return makeLinesField(draft, key, settingName(key));
  return makeTextField(draft, key, settingName(key));
}

QString helpOf(const ConfigField& info) {
  if (info.key == "adapter") return QObject::tr("continue from it, or merge it under another method");
  if (info.key == "out") return QObject::tr("normally made among the other runs");
  return inWindowWords(QString::fromUtf8(info.help.data(), static_cast<qsizetype>(info.help.size())));
}

}  // namespace

AdvancedForm::AdvancedForm(ConfigDraft& draft, QWidget* parent) : QWidget(parent), draft_(draft) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(8);
  for (const GroupTitle& group : kGroups) {
    column->addWidget(makeLabel(tr(group.title), TextSize::Body, Tone::Normal, QFont::DemiBold));
    auto* row = new FieldRow(FieldLayout::Overflow::NextLine);
    for (const ConfigField& info : configFields()) {
      // Alpha has a place on the page for LoRA and its kin and stands here for ROSA.
      if (info.group != group.group || (hasPlaceOnPage(info.key, Method::Rosa) && info.key != kAlpha)) continue;
      Field* field = makeField(draft_, info);
      field->setHelp(helpOf(info));
      row->add(field, kFieldSpan);
      entries_.append({std::string(info.key), field, row});
    }
    column->addWidget(row);
  }
  connect(&draft_, &ConfigDraft::changed, this, &AdvancedForm::showApplicable);
  showApplicable();
}

int AdvancedForm::changedCount() const {
  const RunConfig defaults;
  int count = 0;
  for (const Entry& entry : entries_) {
    const bool shown = fieldHasEffect(draft_.config(), entry.key) && !hasPlaceOnPage(entry.key, draft_.config().method);
    if (shown && draft_.text(entry.key) != toQString(configFieldText(defaults, entry.key))) ++count;
  }
  return count;
}

void AdvancedForm::setValidationFile(const QString& name) {
  for (const Entry& entry : entries_) {
    if (entry.key != "validation-split") continue;
    entry.field->editor()->setEnabled(name.isEmpty());
    const auto fields = configFields();
    const auto info =
        std::find_if(fields.begin(), fields.end(), [](const ConfigField& f) { return f.key == "validation-split"; });
    entry.field->setHelp(name.isEmpty() ? helpOf(*info) : tr("not used: %1 is validated on").arg(name));
  }
}

void AdvancedForm::showApplicable() {
  const RunConfig& config = draft_.config();
  for (const Entry& entry : entries_) {
    entry.row->setFieldVisible(entry.field,
                               fieldHasEffect(config, entry.key) && !hasPlaceOnPage(entry.key, config.method));
  }
}

}  // namespace rosa::ui
