// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/advanced_form.h"

#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <string_view>

#include "pages/configure/config_draft.h"
#include "pages/configure/draft_fields.h"
#include "widgets/field.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

/// Settings with a place of their own on the page.
constexpr std::array<std::string_view, 16> kOnPage = {
    "model",  "data", "task",           "text",   "text-pair", "label", "prompt", "completion",
    "method", "rank", "resample-every", "layers", "epochs",    "steps", "lr",     "batch"};
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
  if (key == kAlpha) return method == Method::Lora;
  return key == kMaxLength || std::find(kOnPage.begin(), kOnPage.end(), key) != kOnPage.end();
}

/// Whether the engine reads the setting at all in this task and method.
bool applies(std::string_view key, const RunConfig& config) {
  const bool completion = config.task == Task::Completion;
  const bool language = completion || config.task == Task::LanguageModelling;
  const bool adapted = config.method != Method::Full;
  if (key == "separator" || key == "loss-on") return completion;
  if (key == "train-head") return !language;
  if (key == "alpha" || key == "train-bias" || key == "form") return adapted;
  if (key == "moment-reset" || key == "windows") return config.method == Method::Rosa;
  if (key == "beta1" || key == "beta2" || key == "epsilon") return config.optimizer == Optimizer::AdamW;
  if (key == "momentum") return config.optimizer == Optimizer::Sgd;
  if (key == "sample-every" || key == "sample-prompt" || key == "sample-tokens") return language;
  return true;
}

QString labelOf(std::string_view key) {
  if (key == "valid") return QObject::tr("Validation file");
  if (key == "beta1" || key == "beta2")
    return QObject::tr("Adam %1").arg(QLatin1String(key.data(), static_cast<qsizetype>(key.size())));
  if (key == "out") return QObject::tr("Run folder");
  QString label =
      QString::fromUtf8(key.data(), static_cast<qsizetype>(key.size())).replace(QLatin1Char('-'), QLatin1Char(' '));
  label[0] = label[0].toUpper();
  return label;
}

/// "a|b|c" in small letters is a choice; capitals stand for something to type.
bool isChoice(const QString& value) {
  return value.contains(QLatin1Char('|')) && value == value.toLower() && !value.contains(QLatin1Char(' '));
}

Field* makeField(ConfigDraft& draft, const ConfigField& info) {
  const std::string key(info.key);
  const auto value = QString::fromUtf8(info.value.data(), static_cast<qsizetype>(info.value.size()));
  if (value.endsWith(QLatin1String("|never"))) return makeIntervalField(draft, key, labelOf(key));
  if (isChoice(value)) {
    Choices choices;
    for (const QString& word : value.split(QLatin1Char('|'))) choices.append({word, word});
    return makeChoiceField(draft, key, labelOf(key), choices);
  }
  if (info.repeatable) return makeLinesField(draft, key, labelOf(key));
  return makeTextField(draft, key, labelOf(key));
}

}  // namespace

AdvancedForm::AdvancedForm(ConfigDraft& draft, QWidget* parent) : QWidget(parent), draft_(draft) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(8);
  for (const GroupTitle& group : kGroups) {
    column->addWidget(makeLabel(tr(group.title), TextSize::Body, Tone::Normal, QFont::DemiBold));
    FieldRow* row = nullptr;
    int used = 0;
    for (const ConfigField& info : configFields()) {
      // Alpha has a place on the page for LoRA and stands here for ROSA.
      if (info.group != group.group || (hasPlaceOnPage(info.key, Method::Rosa) && info.key != kAlpha)) continue;
      if (row == nullptr || used + kFieldSpan > FieldRow::kColumns) {
        row = new FieldRow;
        column->addWidget(row);
        used = 0;
      }
      Field* field = makeField(draft_, info);
      field->setHelp(QString::fromUtf8(info.help.data(), static_cast<qsizetype>(info.help.size())));
      row->add(field, kFieldSpan);
      used += kFieldSpan;
      entries_.append({std::string(info.key), field, row});
    }
  }
  connect(&draft_, &ConfigDraft::changed, this, &AdvancedForm::showApplicable);
  showApplicable();
}

int AdvancedForm::changedCount() const {
  const RunConfig defaults;
  int count = 0;
  for (const Entry& entry : entries_) {
    const bool shown = applies(entry.key, draft_.config()) && !hasPlaceOnPage(entry.key, draft_.config().method);
    if (shown && draft_.text(entry.key) != toQString(configFieldText(defaults, entry.key))) ++count;
  }
  return count;
}

void AdvancedForm::showApplicable() {
  const RunConfig& config = draft_.config();
  for (const Entry& entry : entries_) {
    entry.row->setFieldVisible(entry.field, applies(entry.key, config) && !hasPlaceOnPage(entry.key, config.method));
  }
}

}  // namespace rosa::ui
