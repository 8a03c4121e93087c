// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/try/try_page.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>
#include <initializer_list>
#include <set>
#include <system_error>
#include <utility>

#include "jobs/latest_job.h"
#include "models/model_finder.h"
#include "models/setting_words.h"
#include "pages/try/answer_view.h"
#include "pages/try/mistakes_card.h"
#include "pages/try/sampling_card.h"
#include "pages/try/try_side.h"
#include "settings/preferences.h"
#include "widgets/buttons.h"
#include "widgets/combo_box.h"
#include "widgets/field.h"
#include "widgets/format.h"
#include "widgets/labels.h"
#include "widgets/path_combo.h"
#include "widgets/scroll.h"
#include "widgets/segmented_control.h"
#include "widgets/switch.h"

namespace rosa::ui {
namespace {

constexpr int kLikeliest = 5;     ///< tokens told beside each
constexpr int kChoiceWidth = 44;  ///< of the left column, in characters

/// A field of some lines; see the fields of Configure.
QPlainTextEdit* makeLines(int lines, const QString& name) {
  auto* edit = new QPlainTextEdit;
  edit->setTabChangesFocus(true);
  // The rounded field is drawn with the frame; square corners of the text's ground would stand out of it.
  edit->viewport()->setAutoFillBackground(false);
  edit->setFixedHeight(edit->fontMetrics().lineSpacing() * lines + 12);
  edit->setAccessibleName(name);
  return edit;
}

QString factsOf(const ModelFacts& facts) {
  QStringList parts = {toQString(facts.architecture), QObject::tr("%1 positions").arg(formatCount(facts.positions))};
  if (facts.writes && !facts.noChat.empty()) parts << QObject::tr("no chat template: continues text");
  if (!facts.classes.empty()) {
    parts << plural(static_cast<std::int64_t>(facts.classes.size()), QObject::tr("class"), QObject::tr("classes"));
  }
  return parts.join(QStringLiteral(" · "));
}

}  // namespace

TryPage::TryPage(Engine& engine, JobPool& pool, const Theme& theme, Preferences& preferences,
                 std::vector<std::filesystem::path> modelRoots, QWidget* parent)
    : QWidget(parent),
      engine_(engine),
      theme_(theme),
      preferences_(preferences),
      modelRoots_(std::move(modelRoots)),
      trial_(new Trial(engine, pool, this)),
      finding_(new LatestJob(pool, this)),
      checkpointsJob_(new LatestJob(pool, this)),
      source_(new PathCombo),
      sourceField_(new Field(tr("Run, model folder or GGUF file"),
                             tr("What answers: a checkpoint of a run, or any model."), source_)),
      checkpoint_(new ComboBox),
      checkpointField_(new Field(tr("Checkpoint"), tr("Which state of the run answers."), checkpoint_)),
      runRow_(new FieldRow),
      base_(new Switch),
      baseField_(
          new Field(tr("Base model beside it"), tr("Lets the model that the run began with answer the same."), base_)),
      system_(makeLines(3, tr("System prompt"))),
      systemField_(
          new Field(tr("System prompt"), tr("What the model is told before the conversation begins."), system_)),
      sampling_(new SamplingCard),
      mode_(new SegmentedControl),
      input_(makeLines(3, tr("What you say"))),
      second_(new QLineEdit),
      send_(makePrimaryButton(tr("Send"))),
      stop_(makeButton(tr("Stop"))),
      regenerate_(makeLinkButton(tr("Regenerate"))),
      edit_(makeLinkButton(tr("Edit last"))),
      new_(makeLinkButton(tr("Begin anew"))),
      facts_(makeLabel({}, TextSize::Body, Tone::Muted)),
      sides_({new TrySide(theme), new TrySide(theme)}),
      mistakes_(new MistakesCard(engine, pool, theme)),
      footer_(new ElidedLabel(Qt::ElideMiddle, this)) {
  footer_->hide();
  setTone(*footer_, Tone::Muted);
  auto* header = new QHBoxLayout;
  header->addStrut(send_->sizeHint().height());
  header->setSpacing(8);
  header->addWidget(makeLabel(tr("Try"), TextSize::Title, Tone::Normal, QFont::DemiBold), 0, Qt::AlignBaseline);
  header->addWidget(facts_, 0, Qt::AlignBaseline);
  header->addStretch();
  header->addWidget(mode_);

  auto* answers = new QHBoxLayout;
  answers->setSpacing(12);
  for (TrySide* side : sides_) answers->addWidget(side, 1);
  auto* right = new QVBoxLayout;
  right->setSpacing(12);
  right->addLayout(answers, 1);
  right->addWidget(mistakes_, 2);
  right->addWidget(makeInput());
  auto* columns = new QHBoxLayout;
  columns->setSpacing(12);
  columns->addWidget(makeChoice());
  columns->addLayout(right, 1);

  auto* page = new QVBoxLayout(this);
  page->setContentsMargins(24, 16, 24, 16);
  page->setSpacing(12);
  page->addLayout(header);
  page->addLayout(columns, 1);

  connectParts();
  showOpened({}, {});
}

QWidget* TryPage::footer() const {
  return footer_;
}

QWidget* TryPage::makeChoice() {
  auto* model = new Card(tr("Model"));
  source_->setObjectName(QStringLiteral("tried"));
  source_->setAccessibleName(tr("Run or model"));
  source_->lineEdit()->setPlaceholderText(tr("Choose one, or type its path"));
  auto* openButton = makeButton(tr("Open…"));
  openButton->setAccessibleName(tr("Open a model to try"));
  connect(openButton, &QPushButton::clicked, this, [this] {
    const QString path = QFileDialog::getExistingDirectory(this, tr("Open a model folder"), preferences_.lastFolder());
    if (path.isEmpty()) return;
    preferences_.setLastFolder(path);
    choose(path);
  });
  auto* row = new FieldRow;
  row->add(sourceField_, 17);
  row->addBeside(openButton, 7);
  model->body()->addWidget(row);
  checkpoint_->setAccessibleName(tr("Checkpoint"));
  base_->setAccessibleName(tr("Base model beside it"));
  base_->setChecked(true);
  runRow_->add(checkpointField_, 12);
  runRow_->add(baseField_, 12);
  model->body()->addWidget(runRow_);
  model->body()->addWidget(systemField_);

  auto* content = new QWidget;
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(12);
  column->addWidget(model);
  column->addWidget(sampling_);
  column->addStretch();
  QScrollArea* scroll = makeScroll(content);
  scroll->setFixedWidth(fontMetrics().averageCharWidth() * kChoiceWidth);
  return scroll;
}

QWidget* TryPage::makeInput() {
  auto* card = new Card;
  mode_->addSegment(tr("Chat"), tr("What you say, in the model's chat template"));
  mode_->addSegment(tr("Continue"), tr("A text that the model goes on with"));
  mode_->setAccessibleName(tr("Chat or continue"));
  second_->setPlaceholderText(tr("Second text, of a pair"));
  second_->setAccessibleName(tr("Second text"));
  second_->setToolTip(tr("The second of the two texts that the model judges."));
  input_->setToolTip(tr("What the model answers, goes on with, or judges."));
  send_->setObjectName(QStringLiteral("send"));
  send_->setToolTip(tr("Ctrl+Return"));
  stop_->setToolTip(tr("Esc"));
  regenerate_->setToolTip(tr("Answers the last question again, with the next seed (Ctrl+R)"));
  edit_->setToolTip(tr("Takes the last question back to be asked otherwise"));
  new_->setToolTip(tr("Forgets the conversation"));
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(16);
  for (QPushButton* button : {regenerate_, edit_, new_}) buttons->addWidget(button);
  buttons->addStretch();
  buttons->addWidget(stop_);
  buttons->addWidget(send_);
  card->body()->addWidget(input_);
  card->body()->addWidget(second_);
  card->body()->addLayout(buttons);
  return card;
}

void TryPage::connectParts() {
  connect(source_, &PathCombo::pathChosen, this, &TryPage::choose);
  connect(checkpoint_, &QComboBox::activated, this, &TryPage::open);
  connect(base_, &QAbstractButton::toggled, this, &TryPage::open);
  connect(mode_, &SegmentedControl::currentChanged, this, [this] {
    clearTurns();
    showActions();
  });
  connect(input_, &QPlainTextEdit::textChanged, this, &TryPage::showActions);
  connect(send_, &QPushButton::clicked, this, &TryPage::send);
  connect(stop_, &QPushButton::clicked, trial_, &Trial::stop);
  connect(regenerate_, &QPushButton::clicked, this, &TryPage::regenerate);
  connect(edit_, &QPushButton::clicked, this, &TryPage::editLast);
  connect(new_, &QPushButton::clicked, this, &TryPage::clearTurns);
  connect(mistakes_, &MistakesCard::picked, this, [this](const QString& text) {
    input_->setPlainText(text);
    send();
  });
  connect(trial_, &Trial::opened, this, &TryPage::showOpened);
  connect(trial_, &Trial::stateChanged, this, &TryPage::showActions);
  connect(trial_, &Trial::pieceCame, this, [this](int side, const TextPiece& piece) {
    if (turns_.empty()) return;
    turns_.back().answers.at(static_cast<std::size_t>(side)).push_back(piece);
    sides_.at(static_cast<std::size_t>(side))->answers().addPiece(piece);
  });
  connect(trial_, &Trial::answered, this, [this](int side, const Completion& completion) {
    sides_.at(static_cast<std::size_t>(side))->showEnd(completion);
  });
  connect(trial_, &Trial::judged, this, [this](int side, const Classification& judged) {
    sides_.at(static_cast<std::size_t>(side))->showClasses(judged);
  });
  connect(trial_, &Trial::refused, this, [this](int side, const QString& sentence) {
    sides_.at(static_cast<std::size_t>(side))->setProblem(inWindowWords(sentence));
    sides_.at(static_cast<std::size_t>(side))->setState({});
  });
  // The colours of what was said are those of the look that was on then.
  connect(&theme_, &Theme::changed, this, &TryPage::rewrite);
}

void TryPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  findChoices();
}

void TryPage::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && trial_->answering()) {
    trial_->stop();
  } else if (event->matches(QKeySequence::Refresh) ||
             (event->key() == Qt::Key_R && event->modifiers() == Qt::ControlModifier)) {
    if (regenerate_->isEnabled()) regenerate();
  } else {
    QWidget::keyPressEvent(event);
  }
}

void TryPage::findChoices() {
  struct Choices {
    QStringList runs, models;
  };
  finding_->ask(
      [&engine = engine_, roots = modelRoots_] {
        Choices all;
        if (auto records = engine.runs()) {
          std::stable_sort(records->begin(), records->end(), [](const RunRecord& one, const RunRecord& other) {
            return one.startedAt > other.startedAt;
          });
          for (const RunRecord& record : *records) {
            if (record.resumable && !record.isExperiment()) all.runs << toQString(record.directory);
          }
        }
        for (const auto& folder : findModels(roots)) all.models << toQString(folder);
        return all;
      },
      [this](const Choices& all) {
        runs_ = all.runs;
        QStringList choices = all.runs;
        for (const QString& folder : preferences_.recentModels() + all.models) {
          if (!choices.contains(folder)) choices << folder;
        }
        source_->setChoices(choices);
        // At first the run that one has just trained.
        if (source_->path().isEmpty() && !runs_.isEmpty()) choose(runs_.front());
      });
}

void TryPage::tryRun(const RunRecord& record) {
  const QString path = toQString(record.directory);
  if (!runs_.contains(path)) runs_.prepend(path);
  choose(path);
}

void TryPage::choose(const QString& path) {
  source_->setPath(path);
  const QSignalBlocker blocker(checkpoint_);
  checkpoint_->clear();
  checkpoint_->addItem(tr("Newest"), QStringLiteral("last"));
  if (isRun(path)) {
    checkpoint_->addItem(tr("Best"), QStringLiteral("best"));
    checkpointsJob_->ask(
        [&engine = engine_, folder = toPath(path)] {
          std::set<std::int64_t> steps;
          std::error_code ignored;
          if (const auto events = engine.runEvents(folder)) {
            for (const Event& event : *events) {
              const auto* saved = std::get_if<CheckpointSaved>(&event);
              if (saved == nullptr) continue;
              // Older ones are removed as a run goes on; the run's folder may have been moved.
              const auto name = std::filesystem::path(saved->directory).filename();
              if (std::filesystem::exists(folder / "checkpoints" / name, ignored)) steps.insert(saved->step);
            }
          }
          return steps;
        },
        [this](const std::set<std::int64_t>& steps) {
          const QSignalBlocker quiet(checkpoint_);
          for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
            checkpoint_->addItem(tr("Step %1").arg(formatCount(*step)), QString::number(*step));
          }
        });
  }
  open();
}

void TryPage::open() {
  clearTurns();
  const QString path = source_->path();
  const bool run = isRun(path);
  runRow_->setVisible(run);
  footer_->setText(path);
  Trial::Source source;
  source.path = toPath(path);
  source.checkpoint = checkpoint_->currentData().toString().toStdString();
  source.withBase = run && base_->isChecked();
  source.threads = preferences_.threads();
  trial_->open(source);
  mistakes_->setSource(source);
  if (!path.isEmpty()) facts_->setText(tr("Opening %1 …").arg(pathName(toPath(path))));
  showActions();
}

void TryPage::showOpened(const QString& tunedProblem, const QString& baseProblem) {
  const bool run = isRun(source_->path());
  runRow_->setVisible(run);
  sourceField_->setProblem(inWindowWords(tunedProblem));
  sides_[Trial::Base]->setVisible(run && base_->isChecked());
  const ModelFacts* facts = trial_->facts(Trial::Tuned);
  facts_->setText(facts != nullptr ? factsOf(*facts) : QString());
  const bool classifies = facts != nullptr && facts->classifies;
  for (TrySide* side : sides_) side->setClassifies(classifies);
  second_->setVisible(classifies);
  mistakes_->setVisible(classifies && run && !facts->classes.empty());
  const bool chats = facts == nullptr || facts->noChat.empty();
  mode_->setVisible(facts != nullptr && chats);
  facts_->setToolTip(chats ? QString() : inWindowWords(toQString(facts->noChat)));
  mode_->setCurrent(chats ? Chat : Continue);
  sampling_->setVisible(!classifies);
  sides_[Trial::Tuned]->setTitle(run ? tr("Tuned") : tr("Answer"));
  sides_[Trial::Base]->setTitle(tr("Base"));
  // Last: another mode has taken away what was told of the answers before.
  sides_[Trial::Base]->setProblem(inWindowWords(baseProblem));
  showActions();
}

CompletionRequest TryPage::requestFor(Trial::Side side, const GenerationSettings& settings) const {
  CompletionRequest request;
  request.settings = settings;
  request.likeliest = kLikeliest;
  if (mode_->current() == Continue) {
    request.prompt = turns_.back().user.toStdString();
    return request;
  }
  const QString system = system_->toPlainText().trimmed();
  if (!system.isEmpty()) request.messages.push_back({"system", system.toStdString()});
  for (const Turn& turn : turns_) {
    request.messages.push_back({"user", turn.user.toStdString()});
    std::string answer;
    for (const TextPiece& piece : turn.answers.at(side)) answer += piece.text;
    if (&turn != &turns_.back()) request.messages.push_back({"assistant", answer});
  }
  return request;
}

void TryPage::send() {
  if (!send_->isEnabled()) return;
  const QString text = input_->toPlainText();
  const ModelFacts* facts = trial_->facts(Trial::Tuned);
  if (facts->classifies) {
    trial_->judge(text, second_->text());
    return;
  }
  if (!sampling_->settings()) return;
  // Texts that are continued do not follow each other.
  if (mode_->current() == Continue) clearTurns();
  turns_.push_back({text, {}});
  for (TrySide* side : sides_) side->answers().addQuestion(text, mode_->current() == Continue);
  if (mode_->current() == Chat) input_->clear();
  ask();
}

void TryPage::ask() {
  const auto settings = sampling_->settings();
  if (!settings) return;
  for (TrySide* side : sides_) {
    side->setProblem({});
    side->setState(tr("…"));
  }
  trial_->ask({requestFor(Trial::Tuned, *settings), requestFor(Trial::Base, *settings)});
}

void TryPage::regenerate() {
  if (turns_.empty() || trial_->answering()) return;
  sampling_->nextSeed();
  turns_.back().answers = {};
  rewrite();
  ask();
}

void TryPage::editLast() {
  if (turns_.empty()) return;
  input_->setPlainText(turns_.back().user);
  turns_.pop_back();
  rewrite();
  input_->setFocus();
  input_->moveCursor(QTextCursor::End);
  showActions();
}

void TryPage::clearTurns() {
  trial_->stop();
  turns_.clear();
  for (TrySide* side : sides_) side->clear();
  showActions();
}

void TryPage::rewrite() {
  for (std::size_t side = 0; side < sides_.size(); ++side) {
    AnswerView& view = sides_[side]->answers();
    view.clearAll();
    for (const Turn& turn : turns_) {
      view.addQuestion(turn.user, mode_->current() == Continue);
      for (const TextPiece& piece : turn.answers[side]) view.addPiece(piece);
    }
  }
}

void TryPage::showActions() {
  const ModelFacts* facts = trial_->facts(Trial::Tuned);
  const bool classifies = facts != nullptr && facts->classifies;
  input_->setPlaceholderText(classifies                     ? tr("A text to be judged")
                             : mode_->current() == Continue ? tr("The beginning of a text")
                                                            : tr("What you say"));
  send_->setText(classifies ? tr("Judge") : mode_->current() == Continue ? tr("Continue it") : tr("Send"));
  for (QWidget* widget : std::initializer_list<QWidget*>{stop_, regenerate_, new_}) widget->setVisible(!classifies);
  const bool talks = !classifies && mode_->current() == Chat;
  edit_->setVisible(talks);
  systemField_->setVisible(talks);
  const bool ready = facts != nullptr && !trial_->opening();
  const bool answering = trial_->answering();
  const bool asked = !turns_.empty();
  send_->setEnabled(ready && !answering && !input_->toPlainText().trimmed().isEmpty());
  stop_->setEnabled(answering);
  regenerate_->setEnabled(ready && asked && !answering);
  edit_->setEnabled(asked && !answering);
  new_->setEnabled(asked);
}

}  // namespace rosa::ui
