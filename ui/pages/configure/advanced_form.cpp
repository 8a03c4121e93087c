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

/// Whether the method takes directions of W itself, and does not make up random factors beside it.
bool drawsDirections(const RunConfig& config) {
  return config.method == Method::Rosa &&
         (config.factorise == Factorise::SvdEqual || config.factorise == Factorise::SvdAdd ||
          config.factorise == Factorise::Additive);
}

bool isAdam(Optimizer optimizer) {
  return optimizer == Optimizer::AdamW || optimizer == Optimizer::Adam || optimizer == Optimizer::AdamW8bit;
}

/// Whether the engine reads the setting at all in this task and method.
bool applies(std::string_view key, const RunConfig& config) {
  const bool completion = config.task == Task::Completion;
  const bool language = completion || config.task == Task::LanguageModelling;
  const bool adapted = config.method != Method::Full;
  if (key == "separator" || key == "loss-on") return completion;
  if (key == "train-head") return !language;
  if (key == "train-bias") return choosesLayers(config.method);
  if (key == "alpha") return hasRank(config.method) && !isBottleneck(config.method);
  if (key == "form") return hasForm(config.method);
  if (key == "lora-start" || key == "rslora" || key == "lora-plus") return isLora(config.method);
  if (key == "moment-prune") return hasCycles(config.method) && config.momentReset == MomentReset::Prune;
  if (key == "moment-reset" || key == "resample-plateau" || key == "rewarm") return hasCycles(config.method);
  if (key == "stagger") return hasCycles(config.method) && config.resampleEvery.unit != Interval::Unit::Never;
  if (key == "train-also") return adapted;
  if (key == "layer-rank") return hasRank(config.method);
  if (key == "factorise" || key == "adapt") return config.method == Method::Rosa;
  if (key == "basis") return drawsDirections(config);
  if (key == "slice" || key == "windows") return drawsDirections(config) && config.basis != Basis::Fast;
  if (key == "epsilon") return isAdam(config.optimizer) || config.optimizer == Optimizer::Muon;
  if (key == "beta1" || key == "beta2") {
    return isAdam(config.optimizer) || config.optimizer == Optimizer::Muon || config.optimizer == Optimizer::Lion;
  }
  if (key == "momentum") return config.optimizer == Optimizer::Sgd || config.optimizer == Optimizer::Muon;
  if (key == "scale-parameter") return config.optimizer == Optimizer::Adafactor;
  if (key == "label-smoothing") return config.task != Task::Regression;
  if (key == "early-stopping" || key == "keep-best") return config.evalEvery.unit != Interval::Unit::Never;
  if (key == "schedule-cycles") return config.schedule == Schedule::CosineWithRestarts;
  if (key == "schedule-power") return config.schedule == Schedule::Polynomial;
  if (key == "schedule-timescale") return config.schedule == Schedule::InverseSqrt;
  if (key == "schedule-minimum") {
    return config.schedule == Schedule::Polynomial || config.schedule == Schedule::CosineWithMinLr ||
           config.schedule == Schedule::WarmupStableDecay;
  }
  if (key == "warmup-shape" || key == "schedule-decay" || key == "decay-shape") {
    return config.schedule == Schedule::WarmupStableDecay;
  }
  if (key == "tf32") return config.device != DeviceChoice::Cpu;
  if (key == "sample-every" || key == "sample-prompt" || key == "sample-tokens") return language;
  return true;
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
    const bool shown = applies(entry.key, draft_.config()) && !hasPlaceOnPage(entry.key, draft_.config().method);
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
    entry.row->setFieldVisible(entry.field, applies(entry.key, config) && !hasPlaceOnPage(entry.key, config.method));
  }
}

}  // namespace rosa::ui
