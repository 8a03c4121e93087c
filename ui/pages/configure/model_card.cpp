// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/model_card.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>

#include "jobs/latest_job.h"
#include "models/model_finder.h"
#include "models/setting_tips.h"
#include "models/setting_words.h"
#include "pages/configure/config_draft.h"
#include "settings/preferences.h"
#include "widgets/buttons.h"
#include "widgets/field.h"
#include "widgets/format.h"
#include "widgets/labels.h"
#include "widgets/path_combo.h"
#include "widgets/pill.h"

namespace rosa::ui {
namespace {

QString factsOf(const ModelSummary& model) {
  QStringList facts = {toQString(model.family), QObject::tr("%1 parameters").arg(formatBigCount(model.parameters)),
                       toQString(model.dtype), formatBytes(model.bytes)};
  if (model.maxPositions > 0) facts << QObject::tr("%1 positions").arg(formatCount(model.maxPositions));
  if (!model.license.empty()) facts << toQString(model.license);
  if (!model.hasTokenizer) facts << QObject::tr("no tokenizer");
  facts.removeAll(QString());
  return facts.join(QStringLiteral(" · "));
}

/// The folder that the model's folder is chosen from; of a snapshot in a hub cache the cache's.
QString listOf(const std::filesystem::path& folder) {
  auto list = folder.parent_path();
  if (list.filename() == "snapshots") list = list.parent_path().parent_path();
  return toQString(list);
}

}  // namespace

ModelCard::ModelCard(ConfigDraft& draft, Engine& engine, JobPool& pool, Preferences& preferences, const Theme& theme,
                     QWidget* parent)
    : Card(tr("1  Model"), parent),
      draft_(draft),
      engine_(engine),
      preferences_(preferences),
      inspection_(new LatestJob(pool, this)),
      combo_(new PathCombo),
      field_(new Field(tr("Folder or GGUF file"), settingTip("model"), combo_)),
      facts_(new ElidedLabel),
      fit_(new Pill(theme)) {
  header()->addWidget(fit_);
  combo_->setObjectName(QStringLiteral("model"));
  field_->setKeys({QStringLiteral("model")});
  combo_->lineEdit()->setPlaceholderText(tr("Choose a model, or type its path"));
  auto* openButton = makeButton(tr("Open…"));
  openButton->setAccessibleName(tr("Open a model"));
  auto* menu = new QMenu(openButton);
  menu->addAction(tr("Folder…"), this, [this] { open(false); });
  menu->addAction(tr("GGUF file…"), this, [this] { open(true); });
  auto* row = new FieldRow;
  row->add(field_, 8);
  row->addBeside(openButton, 3);
  row->addBeside(facts_, 13);
  body()->addWidget(row);
  facts_->setFont(textFont(TextSize::Small));
  facts_->setMinimumHeight(openButton->sizeHint().height());
  setTone(*facts_, Tone::Muted);
  fit_->hide();

  connect(openButton, &QPushButton::clicked, this,
          [openButton, menu] { menu->popup(openButton->mapToGlobal(QPoint(0, openButton->height() + 4))); });
  connect(combo_, &PathCombo::pathChosen, this, &ModelCard::choose);
  connect(&draft_, &ConfigDraft::replaced, this, &ModelCard::inspect);
  connect(&draft_, &ConfigDraft::problemsChanged, this, &ModelCard::showProblem);
}

void ModelCard::setFoundModels(const QStringList& folders) {
  found_ = folders;
  QStringList choices = preferences_.recentModels();
  for (const QString& folder : folders) {
    if (!choices.contains(folder)) choices << folder;
  }
  combo_->setChoices(choices);
}

void ModelCard::setFit(const QString& word, bool good) {
  fit_->setVisible(!word.isEmpty() && unreadable_.isEmpty());
  fit_->setText(word);
  fit_->setTextColor(good ? &ThemeColors::good : &ThemeColors::bad);
}

void ModelCard::open(bool file) {
  // Beside the chosen folder, which has no folder in it to choose.
  const QString start = combo_->path().isEmpty() ? preferences_.lastFolder() : listOf(toPath(combo_->path()));
  const QString path =
      file ? QFileDialog::getOpenFileName(this, tr("Open a GGUF file"), start, tr("GGUF (*.gguf);;All files (*)"))
           : QFileDialog::getExistingDirectory(this, tr("Open a model folder"), start);
  if (path.isEmpty()) return;
  preferences_.setLastFolder(file ? QFileInfo(path).path() : path);
  choose(path);
}

void ModelCard::choose(const QString& folder) {
  setFit({}, true);
  draft_.set("model", toQString(modelFolder(toPath(folder))));
  inspect();
}

void ModelCard::inspect() {
  const QString folder = toQString(draft_.config().model);
  combo_->setPath(folder);
  if (folder == inspected_) return;
  inspected_ = folder;
  unreadable_.clear();
  inspection_->cancel();
  facts_->clear();
  if (folder.isEmpty()) {
    showProblem();
    Q_EMIT modelRead(std::nullopt);
    return;
  }
  showProblem();
  facts_->setText(tr("Reading %1 …").arg(pathName(toPath(folder))));
  inspection_->ask([&engine = engine_, path = toPath(folder)] { return engine.inspectModel(path); },
                   [this, folder](const Expected<ModelSummary>& summary) {
                     if (summary) {
                       facts_->setText(factsOf(*summary));
                       preferences_.addRecentModel(folder);
                       Q_EMIT modelRead(*summary);
                     } else {
                       facts_->clear();
                       unreadable_ = inWindowWords(toQString(summary.error().message));
                       setFit({}, true);
                       Q_EMIT modelRead(std::nullopt);
                     }
                     showProblem();
                   });
}

void ModelCard::showProblem() {
  field_->setProblem(unreadable_.isEmpty() ? draft_.problem("model") : unreadable_);
}

}  // namespace rosa::ui
