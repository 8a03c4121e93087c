// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/experiment_dialog.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <array>

#include "settings/preferences.h"
#include "widgets/buttons.h"
#include "widgets/combo_box.h"
#include "widgets/field.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

struct Kind {
  const char* name;
  const char* title;
  const char* about;
};

constexpr std::array<Kind, 5> kKinds = {
    Kind{"nlu", QT_TRANSLATE_NOOP("ExperimentDialog", "Understanding (GLUE)"),
         QT_TRANSLATE_NOOP("ExperimentDialog",
                           "Methods and seeds on tasks of GLUE and SuperGLUE, with intervals and paired differences. "
                           "The data folder holds a folder for each task.")},
    Kind{
        "nlg", QT_TRANSLATE_NOOP("ExperimentDialog", "Writing (E2E)"),
        QT_TRANSLATE_NOOP("ExperimentDialog",
                          "Methods and seeds put properties of restaurants into words: validation loss and five scores "
                          "of the texts. The data folder holds the files of E2E.")},
    Kind{
        "spectrum", QT_TRANSLATE_NOOP("ExperimentDialog", "Directions that training moves"),
        QT_TRANSLATE_NOOP("ExperimentDialog",
                          "Singular values of the layers before and after training, and the directions that each cycle "
                          "moved.")},
    Kind{"synthetic", QT_TRANSLATE_NOOP("ExperimentDialog", "Low-rank maps (synthetic)"),
         QT_TRANSLATE_NOOP(
             "ExperimentDialog",
             "Recovery of a low-rank map by ROSA, LoRA and full training, and the paper's theorem checked. "
             "Needs no model and no data.")},
    Kind{"cost", QT_TRANSLATE_NOOP("ExperimentDialog", "Time and memory"),
         QT_TRANSLATE_NOOP("ExperimentDialog",
                           "What methods and ranks cost in training and inference, on random weights.")}};

}  // namespace

ExperimentDialog::ExperimentDialog(const Preferences& preferences, QWidget* parent)
    : QDialog(parent),
      kind_(new ComboBox),
      about_(makeLabel({}, TextSize::Small, Tone::Muted)),
      paths_(new FieldRow),
      seeds_(new QLineEdit),
      more_(new QLineEdit),
      command_(makeLabel({}, TextSize::Small, Tone::Muted)),
      start_(makePrimaryButton(tr("Add to queue"))) {
  setWindowTitle(tr("Experiments"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 24, 24, 24);
  column->setSpacing(12);
  for (const Kind& kind : kKinds) kind_->addItem(tr(kind.title), QString::fromLatin1(kind.name));
  auto* first = new FieldRow;
  first->add(new Field(tr("Experiment"), tr("Which of the paper's experiments is run again."), kind_),
             FieldRow::kColumns / 2);
  seedsField_ = new Field(tr("Seeds"),
                          tr("Each method is trained once with each seed, from 0 on; more of them make the "
                             "intervals narrower."),
                          seeds_);
  seedsField_->setHelp(tr("empty: as the experiment has it"));
  first->add(seedsField_, FieldRow::kColumns / 4);
  column->addWidget(first);
  about_->setWordWrap(true);
  about_->setMinimumHeight(2 * about_->fontMetrics().lineSpacing());
  column->addWidget(about_);
  addPath(model_, modelField_, tr("Model"), tr("A Hugging Face folder, which every method starts from."),
          preferences.recentModels().value(0));
  addPath(data_, dataField_, tr("Data"), tr("The folder of the experiment's data, as its description says."), {});
  column->addWidget(paths_);
  auto* last = new FieldRow;
  auto* more = new Field(tr("More options"),
                         tr("Anything else that rosa experiment takes, as it is written in a "
                            "terminal: --rows 1000 --method rosa,lora."),
                         more_);
  last->add(more, FieldRow::kColumns);
  column->addWidget(last);
  command_->setWordWrap(true);
  command_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  column->addWidget(command_, 1);
  auto* buttons = new QHBoxLayout;
  buttons->addStretch();
  QPushButton* cancel = makeButton(tr("Cancel"));
  buttons->addWidget(cancel);
  buttons->addWidget(start_);
  column->addLayout(buttons);
  start_->setDefault(true);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(start_, &QPushButton::clicked, this, &QDialog::accept);
  connect(kind_, &ComboBox::currentIndexChanged, this, &ExperimentDialog::showKind);
  for (QLineEdit* edit : {model_, data_, seeds_, more_}) {
    connect(edit, &QLineEdit::textChanged, this, &ExperimentDialog::showCommand);
  }
  resize(fontMetrics().averageCharWidth() * 110, sizeHint().height());
  showKind();
}

void ExperimentDialog::addPath(QLineEdit*& edit, Field*& field, const QString& label, const QString& tip,
                               const QString& recent) {
  edit = new QLineEdit(recent);
  field = new Field(label, tip, edit);
  paths_->add(field, FieldRow::kColumns / 2);
}

bool ExperimentDialog::asksForModel() const {
  const QString kind = kind_->currentData().toString();
  return kind != QLatin1String("synthetic") && kind != QLatin1String("cost");
}

bool ExperimentDialog::asksForSeeds() const {
  const QString kind = kind_->currentData().toString();
  return kind != QLatin1String("spectrum") && kind != QLatin1String("cost");
}

void ExperimentDialog::showKind() {
  about_->setText(tr(kKinds.at(static_cast<std::size_t>(kind_->currentIndex())).about));
  for (Field* field : {modelField_, dataField_}) paths_->setFieldVisible(field, asksForModel());
  seedsField_->setEnabled(asksForSeeds());
  showCommand();
}

void ExperimentDialog::showCommand() {
  bool whole = true;
  const QString seeds = seeds_->text().trimmed();
  const bool wrong = !seeds.isEmpty() && (seeds.toInt(&whole) < 1 || !whole);
  seedsField_->setProblem(wrong ? tr("Seeds is a whole number from 1 on.") : QString());
  const bool missing = asksForModel() && (model_->text().trimmed().isEmpty() || data_->text().trimmed().isEmpty());
  start_->setEnabled(!wrong && !missing);
  QStringList words{QStringLiteral("rosa experiment --background"), kind_->currentData().toString()};
  for (const std::string& argument : order().arguments) {
    const QString word = toQString(argument);
    words << (word.contains(QLatin1Char(' ')) ? QLatin1Char('"') + word + QLatin1Char('"') : word);
  }
  command_->setText(words.join(QLatin1Char(' ')));
}

ExperimentOrder ExperimentDialog::order() const {
  ExperimentOrder order;
  order.name = kind_->currentData().toString().toStdString();
  order.directory = std::filesystem::current_path();
  const auto add = [&order](const char* option, const QString& value) {
    if (value.isEmpty()) return;
    order.arguments.insert(order.arguments.end(), {option, value.toStdString()});
  };
  if (asksForModel()) {
    order.model = toPath(model_->text().trimmed());
    order.data = toPath(data_->text().trimmed());
    add("--model", model_->text().trimmed());
    add("--data", data_->text().trimmed());
  }
  if (asksForSeeds()) add("--seeds", seeds_->text().trimmed());
  for (const QString& word : QProcess::splitCommand(more_->text())) order.arguments.push_back(word.toStdString());
  return order;
}

}  // namespace rosa::ui
