// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/chat_fields.h"

#include <QFileDialog>
#include <QLineEdit>
#include <QPushButton>
#include <array>
#include <initializer_list>
#include <utility>

#include "models/setting_words.h"
#include "pages/configure/config_draft.h"
#include "pages/configure/draft_fields.h"
#include "widgets/buttons.h"
#include "widgets/combo_box.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr const char* kShape = "shape";
constexpr const char* kTemplate = "chat-template";
constexpr const char* kLossOn = "loss-on";

/// A choice that was made stays in sight, whatever the file, so that it can be taken back.
bool isSet(const ConfigDraft& draft, const char* key) {
  static const RunConfig kUsual;
  return draft.text(key) != toQString(configFieldText(kUsual, key));
}

}  // namespace

ChatFields::ChatFields(ConfigDraft& draft, std::function<QString()> folder, QWidget* parent)
    : FieldRow(FieldLayout::Overflow::NarrowerColumns, parent),
      draft_(draft),
      folder_(std::move(folder)),
      shape_(makeChoiceField(
          draft, kShape, {"auto", "messages", "sharegpt", "alpaca", "prompt-completion", "preference-chosen", "text"})),
      template_(makeChoiceField(draft, kTemplate, {"", "chatml", "llama3", "gemma", "mistral", "phi", "alpaca"}, true)),
      file_(makeButton(tr("File…"))),
      lossOn_(makeChoiceField(draft, kLossOn, {"auto", "assistant", "last-assistant", "completion", "all"})) {
  auto* combo = static_cast<ComboBox*>(template_->editor());
  combo->lineEdit()->setPlaceholderText(choiceName(kTemplate, {}));
  file_->setAccessibleName(tr("Choose a template's file"));
  add(shape_, 7);
  add(template_, 6);
  addBeside(file_, 3);
  add(lossOn_, 8);

  connect(file_, &QPushButton::clicked, this, &ChatFields::chooseFile);
  connect(&draft_, &ConfigDraft::changed, this, &ChatFields::showFields);
  connect(&draft_, &ConfigDraft::problemsChanged, this, &ChatFields::showFields);
  showFields();
}

void ChatFields::setHasColumns(bool columns) {
  hasColumns_ = columns;
  showFields();
}

void ChatFields::chooseFile() {
  const QString path = QFileDialog::getOpenFileName(this, tr("Open a chat template"), folder_(),
                                                    tr("Chat templates (*.jinja *.json *.txt);;All files (*)"));
  if (!path.isEmpty()) draft_.put(kTemplate, path);
}

void ChatFields::showFields() {
  const RunConfig& config = draft_.config();
  const bool here = config.task == Task::LanguageModelling;
  const auto shown = [&](const char* key) {
    return here && fieldHasEffect(config, key) && (hasColumns_ || isSet(draft_, key) || !draft_.problem(key).isEmpty());
  };
  const bool templates = shown(kTemplate);
  setFieldVisible(shape_, shown(kShape));
  setFieldVisible(template_, templates);
  file_->parentWidget()->setVisible(templates);
  setFieldVisible(lossOn_, shown(kLossOn));
  setVisible(shown(kShape) || templates || shown(kLossOn));
}

}  // namespace rosa::ui
