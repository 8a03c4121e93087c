// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/advanced_form.h"

#include <QLabel>
#include <QLineEdit>
#include <QSet>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <string_view>

#include "models/setting_tips.h"
#include "models/setting_words.h"
#include "pages/configure/config_draft.h"
#include "pages/configure/draft_fields.h"
#include "rosa/method_traits.h"
#include "settings/icons.h"
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
/// How conversations are read: on the page for the task that reads them.
constexpr std::array<std::string_view, 3> kOfConversations = {"shape", "chat-template", "loss-on"};

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

bool hasPlaceOnPage(std::string_view key, const RunConfig& config) {
  if (key == kAlpha) return isLora(config.method);
  if (std::find(kOfConversations.begin(), kOfConversations.end(), key) != kOfConversations.end()) {
    return config.task == Task::LanguageModelling;
  }
  return key == kMaxLength || std::find(kOnPage.begin(), kOnPage.end(), key) != kOnPage.end();
}

/// What stands in an empty field whose form its name does not tell.
QString exampleOf(std::string_view key) {
  if (key == "mix") return QStringLiteral("more.jsonl=0.5");
  if (key == "layer-rank") return QStringLiteral("mlp=4");
  if (key == "sample-prompt") return QObject::tr("the first of the validation data");
  if (key == "memory") return QStringLiteral("6GB");
  return {};
}

/// "a|b|c" in small letters is a choice; capitals stand for something to type.
bool isChoice(const QString& value) {
  return value.contains(QLatin1Char('|')) && value == value.toLower() && !value.contains(QLatin1Char(' '));
}

Field* makeField(ConfigDraft& draft, const ConfigField& info) {
  const std::string key(info.key);
  const auto value = QString::fromUtf8(info.value.data(), static_cast<qsizetype>(info.value.size()));
  if (value.endsWith(QLatin1String("|never"))) return makeIntervalField(draft, key);
  if (value == QLatin1String("yes|no")) return makeSwitchField(draft, key);
  if (value == QLatin1String("auto|yes|no")) return makeSegmentsField(draft, key, value.split(QLatin1Char('|')));
  if (isChoice(value)) return makeChoiceField(draft, key, value.split(QLatin1Char('|')));
  if (info.repeatable) return makeLinesField(draft, key, exampleOf(key));
  return makeTextField(draft, key, exampleOf(key));
}

const ConfigField& fieldOf(std::string_view key) {
  const auto fields = configFields();
  return *std::find_if(fields.begin(), fields.end(), [&](const ConfigField& field) { return field.key == key; });
}

/// What a search looks at: all that is shown of a setting, and its spellings in files and commands.
QString searched(const ConfigField& info) {
  QStringList words = {settingName(info.key), toQString(std::string(info.key)), settingHelp(info),
                       settingTip(info.key)};
  for (const QString& word : toQString(std::string(info.value)).split(QLatin1Char('|'))) {
    words << word << choiceName(info.key, word);
  }
  return words.join(QLatin1Char(' '));
}

}  // namespace

AdvancedForm::AdvancedForm(ConfigDraft& draft, QWidget* parent)
    : QWidget(parent), draft_(draft), search_(new QLineEdit), nothing_(makeLabel({}, TextSize::Body, Tone::Muted)) {
  search_->setPlaceholderText(tr("Search settings …"));
  search_->setAccessibleName(tr("Search settings"));
  search_->setToolTip(tr("Shows the settings with these words in their name, their values or what is said of them."));
  search_->setClearButtonEnabled(true);
  search_->addAction(lineIcon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  nothing_->setWordWrap(true);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(8);
  column->addWidget(search_);
  column->addWidget(nothing_);
  // Alpha stands here for ROSA and on the page for LoRA and its kin; what conversations are read by likewise.
  RunConfig otherwise;
  otherwise.method = Method::Rosa;
  otherwise.task = Task::Completion;
  for (const GroupTitle& group : kGroups) {
    QLabel* title = makeLabel(tr(group.title), TextSize::Body, Tone::Normal, QFont::DemiBold);
    column->addWidget(title);
    auto* row = new FieldRow(FieldLayout::Overflow::NextLine);
    for (const ConfigField& info : configFields()) {
      if (info.group != group.group || hasPlaceOnPage(info.key, otherwise)) continue;
      Field* field = makeField(draft_, info);
      field->setHelp(settingHelp(info));
      row->add(field, kFieldSpan);
      entries_.append({std::string(info.key), searched(info), field, row});
    }
    column->addWidget(row);
    groups_.append({title, row});
  }
  connect(&draft_, &ConfigDraft::changed, this, &AdvancedForm::showFields);
  connect(&draft_, &ConfigDraft::problemsChanged, this, &AdvancedForm::showFields);
  connect(search_, &QLineEdit::textChanged, this, &AdvancedForm::showFields);
  showFields();
}

bool AdvancedForm::applies(const Entry& entry) const {
  return fieldHasEffect(draft_.config(), entry.key) && !hasPlaceOnPage(entry.key, draft_.config());
}

bool AdvancedForm::differs(const Entry& entry) const {
  static const RunConfig kDefaults;
  return draft_.text(entry.key) != toQString(configFieldText(kDefaults, entry.key));
}

int AdvancedForm::changedCount() const {
  return static_cast<int>(std::count_if(entries_.begin(), entries_.end(),
                                        [this](const Entry& entry) { return applies(entry) && differs(entry); }));
}

void AdvancedForm::setValidationFile(const QString& name) {
  for (const Entry& entry : entries_) {
    if (entry.key != "validation-split") continue;
    entry.field->editor()->setEnabled(name.isEmpty());
    entry.field->setHelp(name.isEmpty() ? settingHelp(fieldOf(entry.key))
                                        : tr("not used: %1 is validated on").arg(name));
  }
}

void AdvancedForm::showFields() {
  const QString wanted = search_->text().trimmed();
  QSet<const FieldRow*> filled;
  for (const Entry& entry : entries_) {
    const bool shown = applies(entry) && entry.searched.contains(wanted, Qt::CaseInsensitive);
    entry.row->setFieldVisible(entry.field, shown);
    if (shown) filled.insert(entry.row);
    entry.field->setChanged(differs(entry));
    entry.field->setExplanation(explanation(entry));
  }
  for (const auto& [title, row] : groups_) {
    title->setVisible(filled.contains(row));
    row->setVisible(filled.contains(row));
  }
  nothing_->setVisible(filled.isEmpty());
  nothing_->setText(tr("No setting that this run reads matches “%1”.").arg(shortName(wanted)));
}

QString AdvancedForm::explanation(const Entry& entry) const {
  static const RunConfig kDefaults;
  const auto spelt = [](const QString& value) { return value.isEmpty() ? tr("nothing") : value; };
  QString lines =
      settingTip(entry.key) + QLatin1Char('\n') +
      tr("In files and commands: %1: %2")
          .arg(toQString(entry.key), spelt(draft_.text(entry.key).replace(QLatin1Char('\n'), QStringLiteral(", "))));
  if (differs(entry))
    lines += QLatin1Char('\n') + tr("Unless set: %1").arg(spelt(toQString(configFieldText(kDefaults, entry.key))));
  return lines;
}

}  // namespace rosa::ui
