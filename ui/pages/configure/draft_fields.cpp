// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/draft_fields.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSignalBlocker>

#include "models/setting_tips.h"
#include "models/setting_words.h"
#include "pages/configure/config_draft.h"
#include "widgets/combo_box.h"
#include "widgets/field.h"
#include "widgets/segmented_control.h"
#include "widgets/switch.h"

namespace rosa::ui {
namespace {

/// Keeps `field`'s frame and sentence equal to the draft's problem with `key`.
void bindProblem(ConfigDraft& draft, const std::string& key, Field* field) {
  field->setKeys({QString::fromStdString(key)});
  QObject::connect(&draft, &ConfigDraft::problemsChanged, field,
                   [&draft, key, field] { field->setProblem(draft.problem(key)); });
  field->setProblem(draft.problem(key));
}

/// `show` is called whenever the draft changed from elsewhere than by the editor itself.
template <typename Show>
void bindText(ConfigDraft& draft, QWidget* editor, const Show& show) {
  QObject::connect(&draft, &ConfigDraft::replaced, editor, show);
  QObject::connect(&draft, &ConfigDraft::rewritten, editor, show);
}

void setTextQuietly(QLineEdit& edit, const QString& text) {
  if (edit.text() != text) edit.setText(text);
}

/// A number edit and a unit combo that count as one editor.
struct NumberAndUnit {
  QWidget* editor = new QWidget;
  QLineEdit* number = new QLineEdit;
  ComboBox* unit = new ComboBox;

  NumberAndUnit() {
    auto* row = new QHBoxLayout(editor);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    row->addWidget(number, 1);
    row->addWidget(unit, 1);
    editor->setFocusProxy(number);
  }
};

QString formatCountText(double count) {
  return QString::number(count, 'g', 12);
}

}  // namespace

Field* makeTextField(ConfigDraft& draft, const std::string& key, const QString& placeholder) {
  auto* edit = new QLineEdit;
  edit->setPlaceholderText(placeholder);
  auto* field = new Field(settingName(key), settingTip(key), edit);
  const auto show = [&draft, key, edit] { setTextQuietly(*edit, draft.text(key)); };
  QObject::connect(edit, &QLineEdit::textEdited, &draft,
                   [&draft, key](const QString& text) { draft.set(key, text.trimmed()); });
  bindText(draft, edit, show);
  bindProblem(draft, key, field);
  show();
  return field;
}

Field* makeLinesField(ConfigDraft& draft, const std::string& key, const QString& placeholder) {
  auto* edit = new QPlainTextEdit;
  edit->setPlaceholderText(placeholder);
  edit->setTabChangesFocus(true);
  // The rounded field is drawn with the frame; square corners of the text's ground would stand out of it.
  edit->viewport()->setAutoFillBackground(false);
  edit->setFixedHeight(edit->fontMetrics().lineSpacing() * 3 + 12);
  auto* field = new Field(settingName(key), settingTip(key), edit);
  const auto show = [&draft, key, edit] {
    const QSignalBlocker blocker(edit);
    const QString text = draft.text(key);
    if (edit->toPlainText() != text) edit->setPlainText(text);
  };
  QObject::connect(edit, &QPlainTextEdit::textChanged, &draft,
                   [&draft, key, edit] { draft.set(key, edit->toPlainText()); });
  bindText(draft, edit, show);
  bindProblem(draft, key, field);
  show();
  return field;
}

Field* makeChoiceField(ConfigDraft& draft, const std::string& key, const QStringList& values, bool free) {
  auto* combo = new ComboBox;
  for (const QString& value : values) {
    const QString shown = choiceName(key, value);
    combo->addItem(shown, value);
    if (shown != value) combo->setItemData(combo->count() - 1, value, Qt::ToolTipRole);
  }
  combo->setEditable(free);
  combo->setInsertPolicy(QComboBox::NoInsert);
  auto* field = new Field(settingName(key), settingTip(key), combo);

  const auto show = [&draft, key, combo, free] {
    const QSignalBlocker blocker(combo);
    const QString value = draft.text(key);
    if (!combo->selectData(value) && free) combo->setEditText(value);
  };
  if (free) {
    combo->setCompleter(nullptr);
    QObject::connect(combo, &QComboBox::editTextChanged, &draft, [&draft, key, combo](const QString& text) {
      const int index = combo->findText(text);
      draft.set(key, index >= 0 ? combo->itemData(index).toString() : text.trimmed());
    });
  } else {
    QObject::connect(combo, &QComboBox::currentIndexChanged, &draft,
                     [&draft, key, combo] { draft.set(key, combo->currentData().toString()); });
  }
  bindText(draft, combo, show);
  bindProblem(draft, key, field);
  show();
  return field;
}

Field* makeSegmentsField(ConfigDraft& draft, const std::string& key, const QStringList& values) {
  auto* control = new SegmentedControl;
  for (const QString& value : values) control->addSegment(choiceName(key, value));
  auto* field = new Field(settingName(key), settingTip(key), control);
  const auto show = [&draft, key, control, values] {
    const QSignalBlocker blocker(control);
    control->setCurrent(static_cast<int>(values.indexOf(draft.text(key))));
  };
  QObject::connect(control, &SegmentedControl::currentChanged, &draft,
                   [&draft, key, values](int index) { draft.set(key, values[index]); });
  bindText(draft, control, show);
  bindProblem(draft, key, field);
  show();
  return field;
}

Field* makeSwitchField(ConfigDraft& draft, const std::string& key) {
  auto* button = new Switch;
  auto* field = new Field(settingName(key), settingTip(key), button);
  const auto show = [&draft, key, button] {
    const QSignalBlocker blocker(button);
    button->setChecked(draft.text(key) == QLatin1String("yes"));
  };
  QObject::connect(button, &Switch::toggled, &draft,
                   [&draft, key](bool on) { draft.set(key, on ? QStringLiteral("yes") : QStringLiteral("no")); });
  bindText(draft, button, show);
  bindProblem(draft, key, field);
  show();
  return field;
}

Field* makeIntervalField(ConfigDraft& draft, const std::string& key) {
  NumberAndUnit parts;
  const QString steps = QStringLiteral("steps");
  const QString epochs = QStringLiteral("epochs");
  const QString never = QStringLiteral("never");
  for (const QString& unit : {steps, epochs, never}) parts.unit->addItem(QObject::tr(unit.toUtf8().constData()), unit);
  auto* field = new Field(settingName(key), settingTip(key), parts.editor);
  parts.number->setAccessibleName(field->label());
  parts.unit->setAccessibleName(field->label() + QObject::tr(", unit"));

  const auto write = [&draft, key, parts, never] {
    const QString unit = parts.unit->currentData().toString();
    parts.number->setEnabled(unit != never);
    draft.set(key, unit == never ? never : parts.number->text().trimmed() + unit);
  };
  const auto show = [&draft, key, parts, steps, epochs, never] {
    const QSignalBlocker blocker(parts.unit);
    const QString text = draft.text(key);
    const QString unit = text == never ? never : text.contains(QLatin1String("epoch")) ? epochs : steps;
    parts.unit->selectData(unit);
    parts.number->setEnabled(unit != never);
    if (unit != never) setTextQuietly(*parts.number, text.left(text.indexOf(unit.front())).trimmed());
  };
  QObject::connect(parts.number, &QLineEdit::textEdited, &draft, write);
  QObject::connect(parts.unit, &QComboBox::currentIndexChanged, &draft, write);
  bindText(draft, parts.editor, show);
  bindProblem(draft, key, field);
  show();
  return field;
}

Field* makeDurationField(ConfigDraft& draft) {
  NumberAndUnit parts;
  const QString epochs = QStringLiteral("epochs");
  const QString steps = QStringLiteral("steps");
  for (const QString& unit : {epochs, steps}) parts.unit->addItem(QObject::tr(unit.toUtf8().constData()), unit);
  auto* field = new Field(settingName("epochs"), settingTip("epochs"), parts.editor);
  field->setKeys({epochs, steps});
  parts.number->setAccessibleName(field->label());
  // What the engine takes when neither is set.
  parts.number->setPlaceholderText(QObject::tr("3 epochs"));
  parts.unit->setAccessibleName(field->label() + QObject::tr(", unit"));

  const auto write = [&draft, parts, epochs, steps] {
    const bool inSteps = parts.unit->currentData().toString() == steps;
    draft.set(inSteps ? "epochs" : "steps", {});
    draft.set(inSteps ? "steps" : "epochs", parts.number->text().trimmed());
  };
  const auto show = [&draft, parts, epochs, steps] {
    const QSignalBlocker blocker(parts.unit);
    const RunConfig& config = draft.config();
    parts.unit->selectData(config.steps ? steps : epochs);
    // 3 epochs is what the engine takes when neither is set.
    const QString count = config.steps    ? QString::number(*config.steps)
                          : config.epochs ? formatCountText(*config.epochs)
                                          : QStringLiteral("3");
    setTextQuietly(*parts.number, count);
  };
  QObject::connect(parts.number, &QLineEdit::textEdited, &draft, write);
  QObject::connect(parts.unit, &QComboBox::currentIndexChanged, &draft, write);
  bindText(draft, parts.editor, show);
  QObject::connect(&draft, &ConfigDraft::problemsChanged, field, [&draft, field] {
    const QString epochsProblem = draft.problem("epochs");
    field->setProblem(epochsProblem.isEmpty() ? draft.problem("steps") : epochsProblem);
  });
  show();
  return field;
}

}  // namespace rosa::ui
